"""Answers to what is asked of the execution as a whole: assertions of SLAs, conditions of listeners, its outputs."""

from typing import Any

from builder.engine.moving.overall import asserting, listening, sla
from builder.engine.moving.steps import advance, block_at
from builder.engine.moving.work import Work
from builder.engine.states import State


def answered(work: Work, name: str, value: Any) -> None:
    """The answer is kept, and the execution goes on."""
    if sla.is_question(name):
        asserting.answered(work, name, value)
    elif listening.is_question(name):
        listening.answered(work, name, value)
    elif _wants_outputs(work):
        work.move_execution(work.execution.state, outputs=value)
        advance(work, block_at(work, ""))


def unanswered(work: Work, name: str, message: str) -> None:
    """There is no answer: without its outputs the execution fails."""
    if sla.is_question(name):
        asserting.untold(work, name, message)
    elif listening.is_question(name):
        listening.answered(work, name, False)
    elif _wants_outputs(work):
        work.move_execution(State.FAILED, message=message)


def _wants_outputs(work: Work) -> bool:
    return work.execution.state is State.RUNNING and work.execution.outputs is None and not work.board.live
