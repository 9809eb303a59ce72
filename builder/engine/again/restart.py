"""What a person may do to an execution from outside its course: restart it, mark a run, see whether it can be resumed.

These are the only moves out of a terminal state. The result is RESTARTED; a runner that takes it up goes on from there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from builder.engine.execution import Execution, TaskRun
from builder.engine.moving.asking import at_end
from builder.engine.moving.inside import batches
from builder.engine.moving.overall import notes
from builder.engine.plan import Plan
from builder.engine.states import TERMINAL, State
from builder.errors import Conflict, NotFound

RESTARTABLE = frozenset({State.FAILED, State.KILLED, State.CANCELLED, State.PAUSED, State.RETRIED})
"""The states of runs that a restart begins again."""
NOTHING_FAILED = "No task found to restart execution from!"
_HANDLERS = frozenset({"errors", "finally", "after"})


def restarted(plan: Plan, execution: Execution, at: datetime, *, same: bool = True) -> Execution:
    """The execution made ready to go on from what failed: same id, what succeeded stays. Raises Conflict.

    Failed runs become RESTARTED with their earlier attempts kept, the blocks around them RUNNING; the runs of error
    handlers and finally are removed and will be made again.
    """
    if execution.state not in TERMINAL and execution.state is not State.PAUSED:
        raise Conflict(f"The execution is {execution.state}: only one that has ended or is paused can be restarted.")
    if execution.state is State.RETRIED:
        raise Conflict(f"It was tried again as execution {execution.notes.get(notes.NEXT)}: restart that one.")
    runs = begun_again(plan, execution.runs, at, same=same)
    if runs == execution.runs and not execution.message:
        raise Conflict(NOTHING_FAILED)
    return ready(execution, runs, at)


def begun_again(
    plan: Plan, runs: Mapping[str, TaskRun], at: datetime, first: Iterable[str] = (), *, same: bool = False
) -> dict[str, TaskRun]:
    """The runs with every failed one (and `first`) RESTARTED and the blocks around them RUNNING.

    `same`: the execution stays the same, so that children of it that failed may be restarted too.
    """
    first = {_whole_of(plan, runs, path) for path in first}
    again = {_whole_of(plan, runs, path) for path in _failed(runs)} | first
    around = {ancestor for path in again for ancestor in ancestors(runs, path)}
    inside = {path for path, run in runs.items() if run.parent in again and _is_whole(plan, runs[run.parent])}
    kept = without(
        runs, (path for path, run in runs.items() if path in inside or _made_again(plan, run, again | around, around))
    )
    roots = again - around | first
    return {path: _begun_again(plan, run, path in roots, path in around, at, same) for path, run in kept.items()}


def _whole_of(plan: Plan, runs: Mapping[str, TaskRun], path: str) -> str:
    """The outermost block around a run that is done again as a whole; the run itself without one."""
    wholes = [above for above in ancestors(runs, path) if _is_whole(plan, runs[above])]
    return wholes[-1] if wholes else path


def _is_whole(plan: Plan, run: TaskRun) -> bool:
    node = plan.by_id.get(run.task_id)
    return node is not None and node.flow is not None and node.flow.whole


def _failed(runs: Mapping[str, TaskRun]) -> set[str]:
    """The runs whose failure made the whole fail; where every failure was allowed, all that failed."""
    failed = {path for path, run in runs.items() if run.state in RESTARTABLE}
    weighty = {
        path
        for path in failed
        if all(runs[above].state in RESTARTABLE or runs[above].state not in TERMINAL for above in ancestors(runs, path))
    }
    return weighty or failed


def _made_again(plan: Plan, run: TaskRun, touched: set[str], around: set[str]) -> bool:
    return run.task_id not in plan.by_id or (
        run.branch in _HANDLERS and (run.parent in around or (run.parent is None and bool(touched)))
    )


def _begun_again(plan: Plan, run: TaskRun, root: bool, around: bool, at: datetime, same: bool = False) -> TaskRun:
    if root:
        flow = plan.node(run).flow
        again = same and flow is not None and flow.restarts_children
        child, noted = (run.child, batches.kept(run)) if again else (None, {})
        block = flow is not None and not run.attempts and not _is_whole(plan, run)
        state = State.RUNNING if block else State.RESTARTED
        return revived(run, state, at, evaluated=noted, wake_at=None, child=child, outputs=None, message="")
    if around:
        void = at_end(plan.node(run))
        kept = {name: value for name, value in run.evaluated.items() if name not in void}
        return revived(run, State.RUNNING, at, wake_at=None, message="", evaluated=kept)
    return run


def marked(plan: Plan, execution: Execution, path: str, state: State, at: datetime) -> Execution:
    """The execution with the run at `path` (and its last attempt) in `state`, ready to go on from there.

    Raises NotFound and Conflict. `state` is SUCCESS, WARNING, FAILED or SKIPPED.
    """
    run = execution.runs.get(path)
    if run is None:
        raise NotFound(f'The execution has no task run "{path}".')
    if (whole := _whole_of(plan, execution.runs, path)) != path:
        raise Conflict(f'The run is part of "{whole}", which is done again as a whole: mark that one.')
    if execution.state not in TERMINAL and execution.state is not State.PAUSED:
        raise Conflict(f"The execution is {execution.state}: wait for its end, or pause it, before a run is marked.")
    if state not in TERMINAL:
        raise Conflict(f"A run cannot be marked as {state}: choose a final state.")
    around = set(ancestors(execution.runs, path))
    handlers = [
        other.path
        for other in execution.runs.values()
        if other.branch in _HANDLERS
        and (other.parent in around or other.parent is None)
        and other.path not in around
        and other.path != path
    ]
    runs = without(execution.runs, handlers)
    attempts = (*run.attempts[:-1], replace(run.attempts[-1], state=state)) if run.attempts else ()
    runs[path] = revived(run, state, at, attempts=attempts, wake_at=None, message="")
    for ancestor in around:
        runs[ancestor] = _begun_again(plan, runs[ancestor], root=False, around=True, at=at)
    if any(other.state is State.PAUSED for other in runs.values()):
        return replace(execution, runs=runs)
    return ready(execution, runs, at)


def broken_off(execution: Execution, message: str, at: datetime) -> Execution:
    """The execution FAILED because nothing can be decided on it any more; what had not ended is KILLED."""
    runs = {path: run if run.state in TERMINAL else _broken_off(run, at) for path, run in execution.runs.items()}
    history = (*execution.history, (State.FAILED, at))
    return replace(execution, runs=runs, state=State.FAILED, history=history, message=message, wake_at=None)


def _broken_off(run: TaskRun, at: datetime) -> TaskRun:
    last = run.attempts[-1:]
    if last and last[0].ended_at is None:
        last = (replace(last[0], state=State.KILLED, ended_at=at),)
    return revived(run, State.KILLED, at, attempts=(*run.attempts[:-1], *last), wake_at=None)


def resumable(execution: Execution, path: str | None = None) -> TaskRun | None:
    """The paused run that a resume goes on with; None when a person paused the whole. Raises Conflict."""
    if execution.state is not State.PAUSED:
        raise Conflict(f"The execution is {execution.state}, not paused, so it cannot be resumed.")
    paused = [run for run in execution.runs.values() if run.state is State.PAUSED and path in (None, run.path)]
    if path is not None and not paused:
        raise Conflict(f'The task run "{path}" is not paused, so it cannot be resumed.')
    return paused[0] if paused else None


def ready(execution: Execution, runs: Mapping[str, TaskRun], at: datetime) -> Execution:
    """The execution with these runs, RESTARTED, with no result yet."""
    history = (*execution.history, (State.RESTARTED, at))
    return replace(
        execution, runs=dict(runs), state=State.RESTARTED, history=history, outputs=None, message="", wake_at=None,
        notes=notes.lasting(execution.notes),
    )  # fmt: skip


def revived(run: TaskRun, state: State, at: datetime, **changes: Any) -> TaskRun:
    """The run in a state that MOVES would not give it: a person's will."""
    history = run.history if run.state is state else (*run.history, (state, at))
    return replace(run, state=state, history=history, **changes)


def ancestors(runs: Mapping[str, TaskRun], path: str) -> list[str]:
    """The paths of the blocks around a run, nearest first."""
    found = []
    parent = runs[path].parent
    while parent is not None:
        found.append(parent)
        parent = runs[parent].parent
    return found


def without(runs: Mapping[str, TaskRun], paths: Iterable[str]) -> dict[str, TaskRun]:
    """The runs without those at `paths` and all inside them."""
    gone = set(paths)
    kept = {}
    for path, run in runs.items():
        if path in gone or run.parent in gone:
            gone.add(path)
        else:
            kept[path] = run
    return kept
