"""A flow's listeners: their conditions are asked once the execution has come to its end, then their tasks run."""

from builder.engine.commands import Evaluate
from builder.engine.execution import Execution
from builder.engine.moving.overall import notes
from builder.engine.moving.work import Work
from builder.engine.plan import Plan
from builder.expressions.values import truthy
from builder.tasks.flow.layout import Lane

_PREFIX = "listener:"


def is_question(name: str) -> bool:
    """Whether a question of the flow itself is about a listener; its template is the list of conditions."""
    return name.startswith(_PREFIX)


def asked(plan: Plan, execution: Execution) -> list[Evaluate]:
    """The questions that are not answered yet; none before the first was asked."""
    told = execution.notes.get(notes.LISTENERS)
    if told is None:
        return []
    return [
        Evaluate(None, f"{_PREFIX}{number}", list(one.conditions))
        for number, one in enumerate(plan.flow.listeners)
        if one.conditions and str(number) not in told
    ]


def ask(work: Work) -> bool:
    """Asks the conditions, once; whether an answer is to be waited for."""
    if work.killing:
        return False
    if any(one.conditions for one in work.plan.flow.listeners) and notes.LISTENERS not in work.execution.notes:
        work.note(notes.LISTENERS, {})
        work.commands += asked(work.plan, work.execution)
    return bool(asked(work.plan, work.execution))


def answered(work: Work, name: str, holds: object) -> None:
    """Conditions were told; those that cannot be told do not hold."""
    if not any(one.name == name for one in asked(work.plan, work.execution)):
        return
    told = work.execution.notes[notes.LISTENERS]
    work.note(notes.LISTENERS, {**told, name.removeprefix(_PREFIX): truthy(holds)})
    work.todo.append(("enter", ""))


def lanes(plan: Plan, execution: Execution) -> list[Lane]:
    """The tasks of each listener that is meant; one listener's failure does not keep the next from running."""
    told = execution.notes.get(notes.LISTENERS, {})
    return [
        Lane("", tuple(node.id for node in nodes))
        for number, (one, nodes) in enumerate(zip(plan.flow.listeners, plan.listeners, strict=True))
        if nodes and (not one.conditions or told.get(str(number)))
    ]
