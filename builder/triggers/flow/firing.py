"""Fires flow triggers: each looks once at every change of state of another flow's execution that it means."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from builder.clock import Clock
from builder.engine.execution import Execution
from builder.engine.states import State
from builder.errors import BuilderError, Unavailable
from builder.schedule.windows import Span
from builder.store import executions, triggers
from builder.store.births import CORRELATION
from builder.store.gate import write
from builder.store.triggers import Trigger, changes, states, windows
from builder.store.triggers.changes import Change
from builder.store.triggers.windows import Seen
from builder.tasks.core.trigger import FLOWS
from builder.triggers import asking
from builder.triggers.flow.chains import DEEPEST, depth
from builder.triggers.flow.gatherings import Gathering, Look, gatherings_of
from builder.triggers.flow.listening import hears_pauses, listens
from builder.triggers.flow.upstream import outputs_of, sight_of
from builder.triggers.opening import Opening
from builder.triggers.stopping import heed_end, stopped

_TOO_DEEP = (f"Not started after execution %s: {DEEPEST} flow triggers have fired one because of the other, so these "
             "flows start each other in a loop. Narrow the conditions of one of them.")  # fmt: skip

AT_ONCE = 200
"""How many changes one look takes."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Found:
    """What one change means for one trigger: what it met of what the trigger waits for.

    `loops`: too many flow triggers have led to it, so that it may be counted but starts nothing.
    """

    opening: Opening
    met: Sequence[tuple[Gathering, Span, frozenset[str]]] = ()
    loops: bool = False


@dataclass(slots=True)
class _Turn:
    """`behind`: the change that was looked at last. Where more wait than one look takes, the next look goes on there:
    those that cannot be settled yet (what they ask takes its time) hold up no others."""

    behind: int = 0

    def next(self) -> list[Change]:
        found = changes.waiting(AT_ONCE, after=self.behind)
        self.behind = found[-1].id if found else 0
        return sorted({*found, *asking.changes_asked()}, key=lambda change: change.id)


_turn = _Turn()


def fire_flows(clock: Clock) -> int:
    """Looks at what has happened since the last look; returns how many executions were started."""
    happened = _turn.next()
    if not happened:
        return 0
    listening = triggers.of_types(FLOWS)
    found = executions.load_many([change.execution_id for change in happened], with_runs=False)
    started = 0
    for change in happened:
        execution = found[change.execution_id][0] if change.execution_id in found else None
        try:
            started += _heard(change, execution, listening, clock)
        except Unavailable:
            raise
        except BuilderError as error:
            log.warning("Execution %s, %s, for flow triggers: %s", change.execution_id, change.state, error.message)
    return started


def _heard(change: Change, execution: Execution | None, listening: Sequence[Trigger], clock: Clock) -> int:
    if execution is not None:
        heed_end(change, execution, clock.now())
    meant = [trigger for trigger in listening if execution and listens(trigger, change, execution)]
    return _look_at(change, meant, clock)


def _look_at(change: Change, meant: Sequence[Trigger], clock: Clock) -> int:
    found: list[_Found] = []
    labels: list[tuple[str, str]] = []
    if meant:
        execution = executions.load(change.execution_id)[0]
        labels = [pair for pair in execution.labels if pair[0] == CORRELATION]
        meant = sorted(meant, key=lambda trigger: trigger.place)  # they are held in this order
        found = [one for trigger in meant if (one := _found(trigger, execution, change, clock))]
    known = [_answered(one, change, clock.now()) for one in found]
    if not all(known):
        return 0  # it is looked at again when all is known
    with write():
        held = [one for one in known if one and triggers.hold(one.opening.trigger)]
        # one that cannot be held was changed meanwhile, and is looked at again; not taken: another scheduler has
        is_mine = len(held) == len(known) and changes.take(change)
        started = sum(_heed(one, change, labels, clock) for one in held) if is_mine else 0
    for one in found:
        asking.settle(one.opening.trigger, change)
    return started


def _answered(found: _Found, change: Change, now: datetime) -> _Found | None:
    known = asking.answered(found.opening, change, now, None, require_inputs=False)
    return replace(found, opening=known) if known else None


def _found(trigger: Trigger, execution: Execution, change: Change, clock: Clock) -> _Found | None:
    """What is to be done about it, or nothing; what could not be told is told on the trigger."""
    sight = sight_of(execution, change)
    opening = Opening(trigger, sight.variables, clock, sight=sight)
    if change.state == State.PAUSED and not hears_pauses(trigger, opening.compat):
        return None
    objection = opening.objection()
    if objection is not None and objection.broken:
        _tell(opening, objection.reason, clock)
    if objection is not None or stopped(trigger, clock.now()):
        return None
    try:
        gatherings = gatherings_of(trigger.definition)
    except BuilderError as error:
        _tell(opening, error.message, clock)
        return None
    found = _gathered(opening, gatherings, change, clock) if gatherings else _Found(opening)
    return found and replace(found, loops=depth(execution) >= DEEPEST)


def _gathered(opening: Opening, gatherings: Sequence[Gathering], change: Change, clock: Clock) -> _Found | None:
    assert opening.sight is not None
    look = Look(opening.sight.facts, opening.judge, opening.about)
    met = []
    for one in gatherings:
        span = one.window.around(change.at)
        parts, broken = one.met(look) if span else (frozenset(), [])
        for reason in broken:
            _tell(opening, reason, clock)
        if span:
            met.append((one, span, parts))
    return _Found(opening, met) if len(met) == len(gatherings) and any(parts for _, _, parts in met) else None


def _heed(found: _Found, change: Change, labels: Sequence[tuple[str, str]], clock: Clock) -> bool:
    """Inside the transaction that takes the change, and holds the triggers."""
    opening, now = found.opening, clock.now()
    if not found.met:
        return _stop_loop(opening, clock) if found.loops else _start(opening, labels, clock)
    seen = Seen(change.execution_id, change.at)
    all_seen = [
        windows.note(opening.trigger.key, gathering.name, span, parts, seen, now)
        for gathering, span, parts in found.met
    ]
    together = zip(found.met, all_seen, strict=True)
    if any(len(so_far) < gathering.needed for (gathering, _, _), so_far in together):
        return False
    if found.loops:
        return _stop_loop(opening, clock)
    for gathering, span, _ in found.met:
        windows.close(opening.trigger.key, gathering.name, span, now, forget=gathering.resets)
    return _start(_with_outputs(opening, all_seen), labels, clock)


def _with_outputs(opening: Opening, all_seen: Sequence[Mapping[str, Seen]]) -> Opening:
    waited_for = sorted((one for seen in all_seen for one in seen.values()), key=lambda one: one.at)
    outputs = outputs_of(one.execution_id for one in waited_for)
    return opening.with_variables({**opening.variables, **({"outputs": outputs} if outputs else {})})


def _start(opening: Opening, labels: Sequence[tuple[str, str]], clock: Clock) -> bool:
    trigger = opening.trigger
    try:
        with write():
            execution = opening.start(labels, require_inputs=False)
    except Unavailable:
        raise
    except BuilderError as error:
        reason = f"Not started after execution {opening.variables['executionId']}: {error.message}"
        _fail(opening, reason, labels, clock)
        return False
    triggers.note_execution(trigger, execution.id, clock.now())
    return True


def _stop_loop(opening: Opening, clock: Clock) -> bool:
    """What it has met stays met; it starts nothing, and people are called to it."""
    execution_id = str(opening.variables["executionId"])
    _tell(opening, _TOO_DEEP % execution_id, clock)
    states.alarm(opening.trigger, _TOO_DEEP % execution_id, execution_id, clock.now())
    return False


def _fail(opening: Opening, reason: str, labels: Sequence[tuple[str, str]], clock: Clock) -> None:
    """A failed execution tells of it, as in Kestra 2."""
    definition = opening.trigger.definition
    asked_for = definition.get("failOnTriggerError") is True or bool(definition.get("dependsOn"))
    failed_id = None
    if asked_for or opening.compat.unreadable_trigger_inputs_fail_an_execution:
        try:
            with write():
                failed_id = opening.fail(reason, labels).id
        except Unavailable:
            raise
        except BuilderError as error:
            log.warning("Flow trigger %s: %s", opening.trigger.key, opening.told(error.message))
    _tell(opening, reason, clock, failed_id)


def _tell(opening: Opening, reason: str, clock: Clock, failed_id: str | None = None) -> None:
    told = opening.told(reason)
    log.warning("Flow trigger %s: %s", opening.trigger.key, told)
    triggers.note_failure(opening.trigger, told, clock.now(), failed_id)
