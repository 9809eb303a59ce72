"""A new execution with the inputs of an old one: from the start, or from one of its runs with what came before kept."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from builder.engine.again.restart import NOTHING_FAILED, ancestors, begun_again, restarted, without
from builder.engine.execution import Execution, History, TaskRun
from builder.engine.moving.ids import next_id, run_id
from builder.engine.moving.overall import notes
from builder.engine.moving.steps import layout_of
from builder.engine.moving.work import child_path
from builder.engine.plan import Plan
from builder.engine.states import TERMINAL, State
from builder.errors import Conflict, NotFound, TaskFailure
from builder.tasks.flow.layout import Lane, Layout


def replayed(
    plan: Plan,
    execution: Execution,
    at: datetime,
    new_id: str,
    from_path: str | None = None,
    revision: int | None = None,
) -> Execution:
    """A new execution, child of the old one, on `plan` (that of `revision`, if another one). Raises NotFound, Conflict.

    With `from_path` that run is begun again, what follows it and what is inside it is made again, what came before is
    kept with its outputs; runs beside it that had failed are begun again too. As in Kestra the history goes on from the
    old execution's; `created_at` is when the new one was made.
    """
    new = _empty_copy(execution, at, new_id, revision)
    if from_path is None:
        return new
    if from_path not in execution.runs:
        raise NotFound(f'The execution has no task run "{from_path}".')
    if execution.state not in TERMINAL:
        raise Conflict(f"The execution is {execution.state}: it can be replayed from a task once it has ended.")
    kept = without(execution.runs, {*_after(plan, execution.runs, from_path), *_inside(execution.runs, from_path)})
    return _with_runs(new, execution.history, begun_again(plan, kept, at, (from_path,)), at)


def restarted_anew(plan: Plan, execution: Execution, at: datetime, new_id: str, revision: int) -> Execution:
    """A restart on another revision: a new execution, child of the old one, that goes on from what failed."""
    again = restarted(plan, execution, at, same=False)
    if not again.runs:
        raise Conflict(NOTHING_FAILED)
    return _with_runs(_empty_copy(execution, at, new_id, revision), execution.history, again.runs, at)


def tried_again(execution: Execution, at: datetime) -> Execution:
    """The execution that follows one that ended RETRIED: from the beginning, with the same inputs and text.

    Whoever waits for the old one (a Subflow) waits for it now.
    """
    new = replace(
        _empty_copy(execution, at, next_id(execution.id), None),
        attempt_number=execution.attempt_number + 1,
        notes={notes.ORIGINAL_CREATED: notes.original_created(execution).isoformat()},
    )
    if execution.parent_path is not None:
        return replace(new, parent_id=execution.parent_id, parent_path=execution.parent_path)
    return new


def _empty_copy(execution: Execution, at: datetime, new_id: str, revision: int | None) -> Execution:
    return replace(
        execution,
        id=new_id,
        revision=execution.revision if revision is None else revision,
        state=State.CREATED,
        history=((State.CREATED, at),),
        created_at=at,
        outputs=None,
        parent_id=execution.id,
        parent_path=None,
        original_id=execution.original_id or execution.id,
        attempt_number=1,
        runs={},
        wake_at=None,
        message="",
        variables=None,
        notes={},
    )


def _with_runs(new: Execution, history: History, runs: Mapping[str, TaskRun], at: datetime) -> Execution:
    copies = {path: replace(run, id=run_id(new.id, path)) for path, run in runs.items()}
    return replace(new, state=State.RESTARTED, history=(*history, (State.RESTARTED, at)), runs=copies)


def _inside(runs: Mapping[str, TaskRun], path: str) -> set[str]:
    return {other.path for other in runs.values() if other.parent == path}


def _after(plan: Plan, runs: Mapping[str, TaskRun], path: str) -> Iterator[str]:
    """The runs that come after the one at `path` in its own block and in the blocks around it."""
    for inner in (path, *ancestors(runs, path)):
        parent = runs[inner].parent
        layout = _layout(plan, runs, parent)
        yield from (later for later in _later(layout, parent or "", inner) if later in runs)


def _layout(plan: Plan, runs: Mapping[str, TaskRun], parent: str | None) -> Layout:
    if parent is None:
        return Layout((Lane("", tuple(node.id for node in plan.tasks)),))
    node = plan.node(runs[parent]) if runs[parent].task_id in plan.by_id else None
    try:
        return layout_of(node, runs[parent]) if node is not None and node.flow is not None else Layout(())
    except TaskFailure:
        return Layout(())


def _later(layout: Layout, parent: str, path: str) -> Iterator[str]:
    places = {
        child_path(parent, lane.key, task): (number, position)
        for number, lane in enumerate(layout.lanes)
        for position, task in enumerate(lane.tasks)
    }
    if path not in places:
        return
    number, position = places[path]
    lane = layout.lanes[number]
    following = {lane.tasks[position]}
    for other, (other_number, other_position) in places.items():
        same = other_number == number and other_position > position
        turn = layout.concurrency == 1 and other_number > number
        waits = not following.isdisjoint(layout.lanes[other_number].after)
        if waits:
            following.update(layout.lanes[other_number].tasks)
        if same or turn or waits:
            yield other
