"""Flow triggers by which flows would start each other in a circle as long as all goes well."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from builder.flows.catalogue import Catalogue
from builder.flows.checks.findings import Findings

Flow = tuple[str, str]
"""Namespace and id."""
_Hears = Callable[[Flow], bool]
_FLOW = "io.kestra.plugin.core.trigger.Flow"
_CONDITION = "io.kestra.plugin.core.condition."
_GUARDS = ("when", "multipleConditions")
_SUCCESS = "SUCCESS"


def check_circles(
    findings: Findings,
    flow: Mapping[str, Any],
    catalogue: Catalogue,
    others: Callable[[], Iterable[tuple[Flow, Mapping[str, Any]]]],
) -> None:
    """`others`: the flow triggers of all flows there are."""
    own = (str(flow.get("namespace")), str(flow.get("id")))
    written = flow.get("triggers")
    mine = [(index, _heard(one, catalogue)) for index, one in enumerate(written if isinstance(written, list) else ())]
    if flow.get("disabled") is True or not any(hears for _, hears in mine):
        return
    listening = [(place, hears) for place, one in others() if place != own and (hears := _heard(one, catalogue))]
    started = _started_by(own, listening)
    for index, hears in mine:
        ways = [way for place, way in started.items() if hears is not None and hears(place)]
        if ways:
            names = ", ".join(".".join(place) for place in (own, *min(ways, key=len), own))
            findings.warning(
                ("triggers", index),
                f"these flows would start each other in a circle, each when the one before it has ended: {names}",
                "Let one of them wait for less: name another flow, other states, or a condition under `when`.",
            )


def _started_by(first: Flow, listening: list[tuple[Flow, _Hears]]) -> Mapping[Flow, tuple[Flow, ...]]:
    """The flows that one flow's end would start, at once or by others, each with the way to it."""
    found: dict[Flow, tuple[Flow, ...]] = {first: ()}
    waiting = [first]
    for ended in waiting:
        for place, hears in listening:
            if place not in found and hears(ended):
                found[place] = (*found[ended], place)
                waiting.append(place)
    del found[first]
    return found


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
