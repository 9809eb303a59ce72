"""The assertions of SLAs: asked after each change, and once more before the end; their answers noted."""

from typing import Any

from builder.engine.moving.overall import notes, sla
from builder.engine.moving.work import Work
from builder.engine.states import TERMINAL
from builder.expressions.values import truthy
from builder.flows.model import Sla


def ask(work: Work) -> bool:
    """Asks every assertion that has not been asked since the last change; whether one is to be waited for."""
    if work.execution.state in TERMINAL or work.killing:
        return False
    waiting = sla.waiting(work.plan, work.execution)
    if not work.moves:
        return bool(waiting)
    work.moves = 0
    for one in sla.asserting(work.plan, work.execution):
        number = work.execution.notes.get(notes.ASKED, {}).get(one.key, 0) + 1
        work.note(notes.ASKED, {**work.execution.notes.get(notes.ASKED, {}), one.key: number})
        work.commands.append(sla.ask(one, number))
    return bool(sla.waiting(work.plan, work.execution))


def answered(work: Work, name: str, holds: Any) -> None:
    """An assertion was told."""
    one = _heard(work, name)
    if one is not None and not truthy(holds):
        work.broken.append((one, f"{one.assertion} is false"))


def untold(work: Work, name: str, message: str) -> None:
    """An assertion could not be told, for instance since its task has not run yet: it is asked again later."""
    one = _heard(work, name)
    if one is not None:
        work.note(notes.UNTOLD, {**work.execution.notes.get(notes.UNTOLD, {}), one.key: message})


def _heard(work: Work, name: str) -> Sla | None:
    found = sla.answered(work.plan, work.execution, name)
    if found is None:
        return None
    one, number = found
    work.note(notes.ANSWERED, {**work.execution.notes.get(notes.ANSWERED, {}), one.key: number})
    if not work.board.live:
        work.todo.append(("enter", ""))
    return one
