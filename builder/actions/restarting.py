"""An execution begun again: from its failed task runs, or anew from some task run on. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from builder.engine.execution import Execution, TaskRun
from builder.engine.ids import run_id
from builder.engine.states import TERMINAL, State
from builder.errors import Conflict, NotFound

_AGAIN = frozenset({State.FAILED, State.PAUSED, State.KILLED})


def restarted(execution: Execution, now: datetime) -> Execution:
    """The same execution, its failed task runs to be run again. Raises Conflict when there is nothing to restart."""
    if execution.state not in TERMINAL and execution.state is not State.PAUSED:
        raise Conflict(f"Execution `{execution.id}` is {execution.state}; only one that ended or is paused can be restarted.")
    runs = {path: run for path, run in execution.runs.items() if not _in_handler(execution, run)}
    leaves = [run for run in runs.values() if run.state in _AGAIN and not _has_child_again(runs, run)]
    if not leaves:
        raise Conflict("No task found to restart execution from!")
    return _resumed(execution, _begun(runs, leaves, now), now)


def replayed(
    execution: Execution, new_id: str, now: datetime, *, from_path: str | None = None, revision: int | None = None,
) -> Execution:
    """A new execution with the same inputs; from a task run on (those before it are kept), else from the start.

    Raises NotFound when it has no such task run.
    """
    fresh = replace(
        execution, id=new_id, state=State.CREATED, history=((State.CREATED, now),), created_at=now, runs={}, outputs=None,
        revision=revision or execution.revision, parent_id=execution.id, parent_path=None, wake_at=None, message="",
        attempt_number=1, original_id=execution.original_id or execution.id)
    if from_path is None:
        return fresh
    if from_path not in execution.runs:
        raise NotFound(f"Execution `{execution.id}` has no task run `{from_path}` to replay from.")
    runs = _renamed(_before(execution, from_path), new_id)
    return _resumed(fresh, _begun(runs, [runs[from_path]], now), now)


def _resumed(execution: Execution, runs: dict[str, TaskRun], now: datetime) -> Execution:
    return replace(execution, state=State.RESTARTED, history=(*execution.history, (State.RESTARTED, now)), runs=runs,
                   outputs=None, wake_at=None, message="")


def _begun(runs: dict[str, TaskRun], leaves: Iterable[TaskRun], now: datetime) -> dict[str, TaskRun]:
    """The leaves to be run again, the blocks around them running."""
    changed = dict(runs)
    for leaf in leaves:
        changed[leaf.path] = _moved(leaf, State.RESTARTED, now)
        parent = leaf.parent
        while parent is not None and parent in changed:
            changed[parent] = _moved(changed[parent], State.RUNNING, now)
            parent = changed[parent].parent
    return changed


def _moved(run: TaskRun, state: State, now: datetime) -> TaskRun:
    if run.state is state:
        return run
    begun = state is State.RESTARTED
    return replace(run, state=state, history=(*run.history, (state, now)), message="", wake_at=None,
                   outputs=None if begun else run.outputs, evaluated={} if begun else run.evaluated,
                   child=None if begun else run.child)


def _in_handler(execution: Execution, run: TaskRun) -> bool:
    """Whether it is a run of an error handler or of finally, or inside one."""
    while not run.branch and run.parent is not None and run.parent in execution.runs:
        run = execution.runs[run.parent]
    return bool(run.branch)


def _has_child_again(runs: dict[str, TaskRun], run: TaskRun) -> bool:
    return any(child.parent == run.path and child.state in _AGAIN for child in runs.values())


def _before(execution: Execution, from_path: str) -> dict[str, TaskRun]:
    """The runs that come before this one in time of creation, its blocks, and itself without what is inside it."""
    kept: dict[str, TaskRun] = {}
    for path, run in execution.runs.items():
        if path == from_path:
            kept[path] = run
            return kept
        if not _in_handler(execution, run):
            kept[path] = run
    return kept


def _renamed(runs: dict[str, TaskRun], execution_id: str) -> dict[str, TaskRun]:
    return {path: replace(run, id=run_id(execution_id, path)) for path, run in runs.items()}
