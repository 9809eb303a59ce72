"""Flows that would start each other in a circle as long as all goes well: by flow triggers, and by calls of flows."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Protocol

from builder.errors import Path
from builder.flows.catalogue import Catalogue
from builder.flows.checks.calls import sure_calls
from builder.flows.checks.findings import Findings

Flow = tuple[str, str]
"""Namespace and id."""
_Hears = Callable[[Flow], bool]
_Step = tuple[Flow, bool]
"""The flow that is started, and whether the end of the one before it does that; else that one calls it."""
_FLOW = "io.kestra.plugin.core.trigger.Flow"
_CONDITION = "io.kestra.plugin.core.condition."
_GUARDS = ("when", "multipleConditions")
_SUCCESS = "SUCCESS"
_MOST = 200
"""How many flows are followed."""


class Others(Protocol):
    """What there is to know of other flows."""

    def flow_triggers(self) -> Iterable[tuple[Flow, Mapping[str, Any]]]: ...

    def flow_map(self, namespace: str, id: str) -> Mapping[str, Any] | None: ...


def check_circles(findings: Findings, flow: Mapping[str, Any], catalogue: Catalogue, others: Others) -> None:
    """Warns at the trigger that closes a circle, else at the call that opens it, else at the flow's id."""
    own = (str(flow.get("namespace")), str(flow.get("id")))
    written = flow.get("triggers")
    mine = [(index, _heard(one, catalogue)) for index, one in enumerate(written if isinstance(written, list) else ())]
    listening = [
        (place, hears) for place, one in others.flow_triggers() if place != own and (hears := _heard(one, catalogue))
    ]
    if flow.get("disabled") is True or not (listening or any(hears for _, hears in mine)):
        return
    own_calls = dict(sure_calls(flow, own[0], catalogue))

    @cache
    def calls(place: Flow) -> tuple[Flow, ...]:
        called = own_calls if place == own else _called_by(others.flow_map(*place), place[0], catalogue)
        return tuple(one for one in called if one == own or _is_on(others.flow_map(*one)))

    ways = _started_by(own, listening, calls)
    closing = {
        index: (*min(found, key=len), (own, True))
        for index, hears in mine
        if hears and (found := [way for (place, _), way in ways.items() if place != own and hears(place)])
    }
    for index, way in closing.items():
        _warn(findings, ("triggers", index), own, way)
    if not closing and (own, True) in ways:
        way = ways[own, True]
        _warn(findings, ("id",) if way[0][1] else own_calls[way[0][0]], own, way)


def _warn(findings: Findings, path: Path, own: Flow, way: Iterable[_Step]) -> None:
    findings.warning(
        path,
        f"these flows would start each other in a circle: {_told(own, way)}",
        "Let one of them wait for less (name another flow, other states, or a condition under `when`), or call less.",
    )


def _told(own: Flow, way: Iterable[_Step]) -> str:
    """`lab.a calls lab.b, whose end starts lab.a`."""
    (first, by_end), *later = way
    own_name, name = ".".join(own), ".".join(first)
    told = f"the end of {own_name} starts {name}" if by_end else f"{own_name} calls {name}"
    steps = [f"{', whose end starts' if by_end else ', which calls'} {'.'.join(place)}" for place, by_end in later]
    return told + "".join(steps)


def _started_by(
    first: Flow, listening: list[tuple[Flow, _Hears]], calls: Callable[[Flow], Iterable[Flow]]
) -> Mapping[tuple[Flow, bool], tuple[_Step, ...]]:
    """What a run of one flow would start, at once or by others, each with the shortest way to it.

    Apart: the flows that are only called, and those on whose way an end is listened to. Calls alone are no circle that
    goes on by itself: a task that calls its own flow is there on purpose, and ends.
    """
    found: dict[tuple[Flow, bool], tuple[_Step, ...]] = {(first, False): ()}
    waiting = [(first, False)]
    for place, heard in waiting:
        by_end = [(other, True) for other, hears in listening if hears(place)]
        for other, is_end in [*by_end, *((other, False) for other in calls(place))]:
            key = (other, heard or is_end)
            if key not in found and len(found) < _MOST:
                found[key] = (*found[place, heard], (other, is_end))
                waiting.append(key)
    del found[first, False]
    return found


def _called_by(flow: Mapping[str, Any] | None, namespace: str, catalogue: Catalogue) -> Iterator[Flow]:
    if _is_on(flow):
        yield from (called for called, _ in sure_calls(flow or {}, namespace, catalogue))


def _is_on(flow: Mapping[str, Any] | None) -> bool:
    return flow is not None and flow.get("disabled") is not True


def _heard(trigger: Any, catalogue: Catalogue) -> _Hears | None:
    """Whose success starts a flow by this trigger; None where it needs more than that, or cannot be told."""
    try:
        return _heard_plainly(trigger, catalogue)
    except (TypeError, AttributeError):  # another flow's text may be anything; its own check says what is wrong
        return None


def _heard_plainly(trigger: Any, catalogue: Catalogue) -> _Hears | None:
    if not isinstance(trigger, Mapping) or _name(trigger, catalogue) != _FLOW or trigger.get("disabled") is True:
        return None
    if any(trigger.get(name) for name in _GUARDS) or not _is_meant(trigger.get("states")):
        return None
    of_conditions = [_of_condition(one, catalogue) for one in trigger.get("conditions") or ()]
    of_entries = _of_entries(trigger)
    if of_entries is None or any(one is None for one in of_conditions):
        return None
    return lambda flow: all(one(flow) for one in of_conditions if one) and any(one(flow) for one in of_entries)


def _of_entries(trigger: Mapping[str, Any]) -> list[_Hears] | None:
    """One each of what it waits for, as long as one of them is enough."""
    preconditions = trigger.get("preconditions") or {}
    entries = [*(trigger.get("dependsOn") or ()), *(preconditions.get("flows") or ())]
    enough = trigger.get("mode") == "ANY" or trigger.get("minSatisfied") == 1 or len(entries) == 1
    if preconditions.get("where") or (entries and not enough):
        return None
    return [_of_entry(one) for one in entries if _is_plain(one)] if entries else [lambda _: True]


def _is_plain(entry: Any) -> bool:
    return isinstance(entry, Mapping) and not entry.get("labels") and not entry.get("when")


def _of_entry(entry: Mapping[str, Any]) -> _Hears:
    namespace, flow_id, is_meant = entry.get("namespace"), entry.get("flowId"), _is_meant(entry.get("states"))
    return lambda flow: is_meant and namespace in (None, flow[0]) and flow_id in (None, flow[1])


def _of_condition(condition: Any, catalogue: Catalogue) -> _Hears | None:
    if not isinstance(condition, Mapping):
        return None
    kind, namespace = _name(condition, catalogue).removeprefix(_CONDITION), str(condition.get("namespace"))
    if kind == "ExecutionFlow":
        return lambda flow: flow == (namespace, condition.get("flowId"))
    if kind == "ExecutionNamespace":
        how = condition.get("comparison") or ("PREFIX" if condition.get("prefix") is True else "EQUALS")
        compare = {"PREFIX": str.startswith, "SUFFIX": str.endswith}.get(str(how), str.__eq__)
        return lambda flow: bool(compare(flow[0], namespace))
    if kind == "ExecutionStatus":
        is_meant = _is_meant(condition.get("in")) and _SUCCESS not in (condition.get("notIn") or ())
        return lambda _: is_meant
    return None


def _is_meant(states: Any) -> bool:
    return states is None or _SUCCESS in states


def _name(written: Mapping[str, Any], catalogue: Catalogue) -> str:
    found = catalogue.find(str(written.get("type")))
    return found.name if found else ""
