"""SLAs as far as they follow from the notes: until when the execution may last, what is asked, what is overdue."""

from collections.abc import Iterator
from datetime import datetime

from builder.engine.commands import Evaluate
from builder.engine.execution import Execution
from builder.engine.moving.overall import notes
from builder.engine.plan import Plan
from builder.flows.durations import format_duration
from builder.flows.model import Sla

_PREFIX = "sla:"


def deadline(plan: Plan, execution: Execution) -> datetime | None:
    """When the next SLA is not kept any more by the time alone."""
    return min((at for _, at in _deadlines(plan, execution)), default=None)


def overdue(plan: Plan, execution: Execution, at: datetime) -> list[tuple[Sla, str]]:
    """The SLAs whose time is over, each with the reason."""
    return [
        (one, f"the execution takes longer than {format_duration(one.duration)}")
        for one, until in _deadlines(plan, execution)
        if until <= at and one.duration is not None
    ]


def _deadlines(plan: Plan, execution: Execution) -> Iterator[tuple[Sla, datetime]]:
    begun = notes.moment(execution, notes.BEGUN)
    if begun is None:
        return
    for one in _kept(plan, execution):
        if one.duration is not None:
            yield one, begun + one.duration


def asserting(plan: Plan, execution: Execution) -> list[Sla]:
    """The SLAs whose assertion is asked after each change."""
    return [one for one in _kept(plan, execution) if one.duration is None]


def _kept(plan: Plan, execution: Execution) -> Iterator[Sla]:
    """Those not yet violated: an SLA acts once."""
    violated = execution.notes.get(notes.VIOLATED, {})
    return (one for one in plan.flow.sla if one.key not in violated)


def ask(one: Sla, number: int) -> Evaluate:
    """The question for an assertion; numbered, so that a late answer is known as such."""
    return Evaluate(None, f"{_PREFIX}{number}:{one.key}", one.assertion)


def asked(plan: Plan, execution: Execution) -> list[Evaluate]:
    """The questions that are not answered yet."""
    return [ask(one, execution.notes[notes.ASKED][one.key]) for one in waiting(plan, execution)]


def waiting(plan: Plan, execution: Execution) -> list[Sla]:
    """The SLAs whose assertion was asked and not answered."""
    numbers, answered = execution.notes.get(notes.ASKED, {}), execution.notes.get(notes.ANSWERED, {})
    return [one for one in asserting(plan, execution) if numbers.get(one.key, 0) > answered.get(one.key, 0)]


def is_question(name: str) -> bool:
    """Whether a question of the flow itself is an SLA's."""
    return name.startswith(_PREFIX)


def answered(plan: Plan, execution: Execution, name: str) -> tuple[Sla, int] | None:
    """The SLA that an answer belongs to, with the question's number; None when nobody waits for it any more."""
    _, number, key = name.split(":", 2)
    before = execution.notes.get(notes.ANSWERED, {}).get(key, 0)
    one = next((one for one in waiting(plan, execution) if one.key == key), None)
    return (one, int(number)) if one is not None and int(number) > before else None
