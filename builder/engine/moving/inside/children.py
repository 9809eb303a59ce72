"""What becomes of the executions that runs started: one (Subflow), or many in batches (ForEachItem)."""

from builder.engine.commands import KillChild
from builder.engine.events import ChildEnded, ChildStarted
from builder.engine.execution import TaskRun
from builder.engine.moving import asking, attempts
from builder.engine.moving.happenings import attempt_failed
from builder.engine.moving.ids import next_id
from builder.engine.moving.inside import batches
from builder.engine.moving.steps import end, layout_of
from builder.engine.moving.work import Work
from builder.engine.states import TERMINAL, State
from builder.tasks.flow import FlowTask


def child_started(work: Work, event: ChildStarted) -> None:
    """A child execution was created; where nobody waits for it, that is the end."""
    batch = batches.batch_of(work.runs, event.path)
    if batch is not None:
        _batch_started(work, *batch)
        return
    run = work.runs.get(event.path)
    if run is None or run.child != event.child or not attempts.present(run, 0):
        return
    if asking.AGAIN in run.evaluated:
        run = work.change(run, evaluated=asking.without(run, asking.AGAIN))
    layout = layout_of(work.node(run), run)
    if layout.child is not None and not layout.child.wait:
        end(work, run, State.SUCCESS, attempts=attempts.closed(work, run, State.SUCCESS))


def child_ended(work: Work, event: ChildEnded) -> None:
    """The child execution a run waits for came to an end."""
    batch = batches.batch_of(work.runs, event.path)
    if batch is not None:
        _batch_ended(work, event, *batch)
        return
    run = work.runs.get(event.path)
    if run is None or run.child != event.child or event.state not in TERMINAL or not attempts.present(run, 0):
        return
    node = work.node(run)
    assert node.flow is not None
    if event.state is State.RETRIED:
        _follow(work, run, node.flow, next_id(event.child))
        return
    ending = node.flow.child_ended(event.child, event.state.value, event.outputs)
    if run.state is State.KILLING:
        end(work, run, State.KILLED, attempts=attempts.closed(work, run, State.KILLED), outputs=ending.outputs)
    elif event.message or ending.state == "FAILED":
        attempt_failed(work, run, event.message or ending.message, ending.outputs)
    else:
        state = State(ending.state)
        end(
            work,
            run,
            State(node.mapped(state)),
            attempts=attempts.closed(work, run, state),
            outputs=ending.outputs,
            message=ending.message,
        )


def _follow(work: Work, run: TaskRun, flow: FlowTask, child: str) -> None:
    """The child is tried again as another execution: that one is waited for now."""
    outputs = {**(run.outputs or {}), **flow.child_started(child)}
    work.change(run, child=child, outputs=outputs, evaluated=asking.without(run, asking.AGAIN))
    if run.state is State.KILLING:
        work.commands.append(KillChild(child))


def _batch_started(work: Work, run: TaskRun, number: int) -> None:
    if run.evaluated[asking.BATCHES][number] in "AB" and attempts.present(run, 0):
        asked = layout_of(work.node(run), run).batches
        _note_batch(work, run, number, "R" if asked is None or asked.wait else "S")


def _batch_ended(work: Work, event: ChildEnded, run: TaskRun, number: int) -> None:
    """A child that is tried again as another execution goes on running."""
    is_open = batches.is_open(run, number) and attempts.present(run, 0)
    if is_open and event.state in TERMINAL and event.state is not State.RETRIED:
        if event.message and not run.message:
            run = work.change(run, message=event.message)
        _note_batch(work, run, number, batches.letter_of(event.state))


def _note_batch(work: Work, run: TaskRun, number: int, letter: str) -> None:
    letters = run.evaluated[asking.BATCHES]
    run = work.change(run, evaluated={**run.evaluated, asking.BATCHES: batches.with_letter(letters, number, letter)})
    if run.state is State.KILLING and not batches.are_open(run):
        end(work, run, State.KILLED, attempts=attempts.closed(work, run, State.KILLED))
    elif run.state is State.RUNNING and batches.are_over(run):
        _batches_ended(work, run)
    elif run.state is State.RUNNING and not work.held:
        work.todo.append(("enter", run.path))


def _batches_ended(work: Work, run: TaskRun) -> None:
    node = work.node(run)
    assert node.flow is not None
    ending = node.flow.batches_ended(batches.counts(run))
    if ending.state == "FAILED":
        why = " ".join(filter(None, (ending.message, run.message)))
        attempt_failed(work, work.change(run, message=""), why, ending.outputs)
        return
    state = State(ending.state)
    closed = attempts.closed(work, run, state)
    end(work, run, State(node.mapped(state)), attempts=closed, outputs=ending.outputs, message=ending.message)
