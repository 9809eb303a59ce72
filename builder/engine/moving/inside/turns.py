"""Loops that ask after each turn whether to go on (LoopUntil): one set of child runs a turn, earlier ones removed."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from builder.engine.execution import TaskRun
from builder.engine.moving import asking
from builder.engine.moving.board import Block
from builder.engine.moving.work import Work
from builder.engine.plan import Node
from builder.engine.states import State
from builder.errors import TaskFailure
from builder.tasks.flow.layout import Again, Ending, Layout


def begin_turn(work: Work, run: TaskRun, node: Node) -> Layout:
    """The lanes of the run's present turn, the first one if it had none."""
    assert node.flow is not None
    run = work.runs[run.path]
    turn = run.evaluated.get(asking.TURN, 1)
    layout = node.flow.turn_lanes(node.group_ids, turn)
    if asking.TURN not in run.evaluated or run.outputs != layout.outputs:
        work.change(run, evaluated={**run.evaluated, asking.TURN: turn}, outputs=dict(layout.outputs))
    return layout


def goes_on(work: Work, run: TaskRun, block: Block) -> bool:
    """Whether the loop asks or takes another turn; if not, its block is told how it came out."""
    assert block.node is not None and block.node.flow is not None
    asks = asking.turn_awaited(block.node, run)
    if asks:
        work.commands += asks
        return True
    turn = run.evaluated[asking.TURN]
    answers = {name: run.evaluated[asking.turn_name(name, turn)] for name in block.node.flow.turn_asks()}
    try:
        verdict = block.node.flow.turn_ended(answers, turn, (work.at - _begun(run)).total_seconds())
    except TaskFailure as failure:
        verdict = Ending("FAILED", message=failure.message)
    block.turning = False
    if isinstance(verdict, Again):
        _next_turn(work, run, block, verdict)
        return True
    block.worst = max(block.worst, State(verdict.state), key=lambda state: state in (State.FAILED, State.KILLED))
    if verdict.message:
        work.change(work.runs[run.path], message=verdict.message)
    if verdict.outputs is not None:
        work.change(work.runs[run.path], outputs=verdict.outputs)
    return False


def _next_turn(work: Work, run: TaskRun, block: Block, again: Again) -> None:
    work.remove(tree(work.runs, tuple(block.places)))
    del work.board.blocks[run.path]
    turn = run.evaluated[asking.TURN]
    kept = {name: value for name, value in run.evaluated.items() if not name.endswith(f"#{turn}")}
    wake_at = work.at + timedelta(seconds=again.seconds) if again.seconds > 0 else None
    work.change(run, evaluated={**kept, asking.TURN: turn + 1}, wake_at=wake_at)
    if wake_at is None:
        work.todo.append(("enter", run.path))


def tree(runs: Iterable[str], roots: tuple[str, ...]) -> list[str]:
    """The paths of these runs and of all inside them."""
    below = tuple(f"{root}{mark}" for root in roots for mark in "/[")
    return [path for path in runs if path in roots or path.startswith(below)]


def _begun(run: TaskRun) -> datetime:
    return next(at for state, at in run.history if state is State.RUNNING)
