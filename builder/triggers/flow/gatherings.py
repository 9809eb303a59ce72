"""What a flow trigger waits for when it waits for several things: its parts, and within which time they count."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pydantic import ValidationError

from builder.errors import BuilderError, InvalidInput, Unavailable
from builder.expressions import truthy
from builder.schedule.windows import Window
from builder.tasks.condition import Upstream
from builder.tasks.core.condition.multiple_condition import MultipleCondition
from builder.tasks.core.trigger.flow import Flow
from builder.tasks.core.trigger.waiting import DependsOn, Preconditions, TimeWindow, UpstreamFlow, Where, pairs_of
from builder.tasks.judge import Judge
from builder.triggers.conditions import gathers
from builder.triggers.flow.filters import holds as filter_holds

DEPENDS_ON = "dependsOn"


@dataclass(frozen=True, slots=True)
class Look:
    """One look at an execution. `render`: with all that expressions about it may read."""

    execution: Upstream
    judge: Judge
    render: Callable[[str], Any]


Part = Callable[[Look], bool]


@dataclass(frozen=True, slots=True)
class Gathering:
    """`parts`: what must have been seen, `needed` of them, within the same span of `window`. `words` tells them."""

    name: str
    window: Window
    parts: Mapping[str, Part]
    needed: int
    resets: bool = True
    words: Mapping[str, str] = field(default_factory=dict)

    def met(self, look: Look) -> tuple[frozenset[str], list[str]]:
        """The parts that this execution meets, and what could not be told (which counts as not met)."""
        found, broken = set(), []
        for name, part in self.parts.items():
            try:
                if part(look):
                    found.add(name)
            except Unavailable:
                raise
            except BuilderError as error:
                broken.append(f"{self.name}, {name}, counts as not met: {error.message}")
        return frozenset(found), broken


def gatherings_of(definition: Mapping[str, Any]) -> list[Gathering]:
    """All that this trigger gathers; empty when each execution counts for itself. Raises InvalidInput."""
    try:
        found = [_of_conditions(MultipleCondition.read(one)) for one in _multiple(definition)]
        if definition.get("preconditions"):
            found.append(_of_preconditions(Preconditions.read(definition["preconditions"])))
        if definition.get("dependsOn"):
            found.append(_of_entries(Flow.read({**definition, "inputs": None, "preconditions": None})))
    except ValidationError as error:
        raise InvalidInput(f"What it waits for cannot be read: {error.errors()[0]['msg']}.") from error
    return found


def _multiple(definition: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    inside = [one for one in definition.get("conditions") or () if gathers(one)]
    named = {"type": MultipleCondition.type_name}
    return [*inside, *({**named, **one} for one in definition.get("multipleConditions") or ())]


def _of_conditions(written: MultipleCondition) -> Gathering:
    parts = {name: partial(_condition, one) for name, one in written.conditions.items()}
    return Gathering(written.id, written.cut(), parts, len(parts), written.reset_on_success)


def _of_preconditions(written: Preconditions) -> Gathering:
    parts: dict[str, Part] = {
        f"flow {place + 1}": partial(_entry, one) for place, one in enumerate(written.flows or ())
    }
    parts |= {f"where {one.id}": partial(_where, one) for one in written.where or ()}
    window = (written.time_window or TimeWindow()).cut()
    words = {f"flow {place + 1}": _told(one) for place, one in enumerate(written.flows or ())}
    return Gathering(written.id, window, parts, len(parts), written.reset_on_success, words)


def _of_entries(written: Flow) -> Gathering:
    entries = written.depends_on or []
    parts = {str(place + 1): partial(_entry, one) for place, one in enumerate(entries)}
    needed = {"ANY": 1, "AT_LEAST": written.min_satisfied or 1}.get(written.mode or "ALL", len(parts))
    window = written.window.cut() if written.window else TimeWindow().cut()
    return Gathering(DEPENDS_ON, window, parts, needed, words={str(n + 1): _told(one) for n, one in enumerate(entries)})


def _told(entry: UpstreamFlow) -> str:
    """`lab.import, SUCCESS or WARNING, customer acme`."""
    flow = ".".join(filter(None, (entry.namespace, entry.flow_id)))
    what = flow if entry.flow_id else f"any flow of {flow}" if flow else "any flow"
    labels = (f"{key} {value}" for key, value in pairs_of(entry.labels))
    when = entry.when if isinstance(entry, DependsOn) else None
    return ", ".join([what, *([" or ".join(entry.states)] if entry.states else []), *labels, *filter(None, [when])])


def _condition(written: Mapping[str, Any], look: Look) -> bool:
    return look.judge.holds(written)


def _entry(entry: UpstreamFlow, look: Look) -> bool:
    execution = look.execution
    fits = (
        entry.namespace in (None, execution.namespace)
        and entry.flow_id in (None, execution.flow_id)
        and (not entry.states or execution.state in entry.states)
        and all(execution.labels.get(key) == value for key, value in pairs_of(entry.labels))
    )
    when = entry.when if isinstance(entry, DependsOn) else None
    return fits and (when is None or truthy(str(look.render(when))))


def _where(where: Where, look: Look) -> bool:
    results = (filter_holds(one, look.execution, look.render) for one in where.filters)
    return any(results) if where.operand == "OR" else all(results)
