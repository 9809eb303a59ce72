"""Blocks that are done as a whole, in one folder on one worker (WorkingDirectory): what it means to lose the folder."""

from collections.abc import Iterator

from builder.engine.events import BlockLost
from builder.engine.execution import TaskRun
from builder.engine.moving import asking, attempts
from builder.engine.moving.inside.turns import tree
from builder.engine.moving.steps import fail
from builder.engine.moving.work import Work
from builder.engine.states import State

GAVE_UP = (
    f"The worker process stopped {attempts.LOSSES} times while it ran these tasks alone, so they were given up. "
    "They may need more memory than there is, or crash Python; see the worker's log."
)


def has_lost_its_folder(work: Work, run: TaskRun) -> bool:
    """Whether a runner that takes the execution up must do the block again: its tasks were at work in a folder."""
    node = work.node(run)
    if node.flow is None or not node.flow.whole or run.state is not State.RUNNING or asking.TURN not in run.evaluated:
        return False
    is_closed = all(asking.turn_name(name, 1) in run.evaluated for name in node.flow.turn_asks())
    return not is_closed and all(not child.branch for child in _children(work, run))


def block_lost(work: Work, event: BlockLost) -> None:
    """The block begins anew, unless it keeps taking its runner with it."""
    run = work.alive(event.path)
    if run is None or not has_lost_its_folder(work, run):
        return
    work.remove(tree(work.runs, tuple(child.path for child in list(_children(work, run)))))
    work.board.blocks.pop(run.path, None)
    lost = run.evaluated.get(asking.LOST, 0) + event.alone
    if lost >= attempts.LOSSES:
        fail(work, run, GAVE_UP)
        return
    kept = {name: run.evaluated[name] for name in ("runIf",) if name in run.evaluated}
    work.change(run, evaluated={**kept, asking.LOST: lost}, outputs=None)
    work.todo.append(("enter", run.path))


def _children(work: Work, run: TaskRun) -> Iterator[TaskRun]:
    return (child for child in work.runs.values() if child.parent == run.path)
