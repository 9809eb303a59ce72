"""What each event means. An event about something that is over changes nothing."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from builder.engine.again.retries import Retry
from builder.engine.commands import Evaluate, RunTask
from builder.engine.events import (
    AttemptLost,
    Evaluated,
    EvaluationFailed,
    LogKept,
    Started,
    TaskFailed,
    TaskKilled,
    TaskSucceeded,
    Woken,
)
from builder.engine.execution import TaskRun
from builder.engine.moving import asking, attempts
from builder.engine.moving.overall import notes, questions
from builder.engine.moving.steps import end, fail, layout_of, take_up
from builder.engine.moving.work import Work
from builder.engine.plan import Node
from builder.engine.states import State
from builder.tasks.flow.layout import Resume


def started(work: Work, event: Started) -> None:
    """The execution begins, or goes on after a restart."""
    if work.execution.state in (State.CREATED, State.QUEUED, State.RESTARTED):
        work.move_execution(State.RUNNING)
        if work.plan.flow.sla:
            work.note(notes.BEGUN, work.at.isoformat())
        take_up(work)


def evaluated(work: Work, event: Evaluated) -> None:
    """An answer is kept, and its run goes on."""
    if event.path is None:
        questions.answered(work, event.name, event.value)
        return
    run = _asked(work, event.path, event.name)
    if run is not None:
        before = asking.awaited(work.node(run), run)
        run = work.change(run, evaluated={**run.evaluated, event.name: event.value})
        still = asking.awaited(work.node(run), run)
        if run.state is State.RUNNING and still and still[0] in before:
            return  # the other answers are on their way
        work.todo.append(("enter" if work.node(run).flow else "begin", run.path))


def evaluation_failed(work: Work, event: EvaluationFailed) -> None:
    """A question without an answer fails its run; a failed runIf fails it even with allowFailure."""
    if event.path is None:
        questions.unanswered(work, event.name, event.message)
        return
    run = _asked(work, event.path, event.name)
    if run is not None:
        fail(work, run, event.message, mapped=event.name != "runIf")


def _asked(work: Work, path: str, name: str) -> TaskRun | None:
    run = work.alive(path)
    if run is None or name in run.evaluated:
        return None
    node = work.node(run)
    if run.state is State.RUNNING and name == asking.KEPT and node.flow is not None:
        return run
    return run if any(ask.name == name for ask in _open_questions(node, run)) else None


def _open_questions(node: Node, run: TaskRun) -> tuple[Evaluate, ...]:
    asks = asking.awaited(node, run)
    if asks or run.state is not State.RUNNING:
        return asks
    return asking.turn_awaited(node, run) + asking.end_awaited(node, run)


def task_succeeded(work: Work, event: TaskSucceeded) -> None:
    """An attempt did its work."""
    run = work.runs.get(event.path)
    if run is None or not attempts.present(run, event.attempt):
        return
    node = work.node(run)
    retried = len(attempts.tries(run, run.attempts)) > 1
    warned = node.retry is not None and node.retry.warning and retried
    closed = attempts.closed(work, run, State.SUCCESS, cached_from=event.cached_from)
    state = State(node.mapped("WARNING")) if warned else State.SUCCESS
    end(work, run, state, attempts=closed, outputs=dict(event.outputs))


def task_failed(work: Work, event: TaskFailed) -> None:
    """An attempt failed: it is tried again, or its run fails."""
    run = work.runs.get(event.path)
    if run is None or not attempts.present(run, event.attempt):
        return
    if run.child is not None:  # it could not be made: nobody shall look for it
        run = work.change(run, child=None, outputs=None)
    attempt_failed(work, run, event.message, event.outputs, retryable=event.retryable)


def attempt_failed(
    work: Work,
    run: TaskRun,
    message: str,
    outputs: Mapping[str, Any] | None,
    *,
    retryable: bool = True,
) -> None:
    """Ends the run's attempt as failed, and plans the next one where its retry allows it."""
    closed = attempts.closed(work, run, State.FAILED, message)
    kept = dict(outputs) if outputs is not None else run.outputs
    policy = work.node(run).retry if retryable and run.state is State.RUNNING else None
    if policy is None:
        fail(work, run, message, attempts=closed, outputs=kept)
    elif policy.new_execution:
        _try_all_again(work, run, policy, message, attempts=closed, outputs=kept)
    elif (due := policy.next_try(attempts.tries(run, closed), work.at, run.id)) is None:
        fail(work, run, message, attempts=closed, outputs=kept)
    else:
        work.move(run, State.RETRYING, attempts=closed, outputs=kept, wake_at=due, message=message, child=None)
        work.board.blocks.pop(run.path, None)


def _try_all_again(work: Work, run: TaskRun, policy: Retry, message: str, **changes: Any) -> None:
    """The run, the blocks around it and the execution end RETRIED, and a new execution follows.

    A handler's failure is no reason for that: the execution has come to what it came to.
    """
    execution = work.execution
    first = notes.original_created(execution)
    due = policy.after(execution.attempt_number, first, work.at, execution.original_id or execution.id)
    if due is None or any(one.branch for one in work.line_of(run)):
        fail(work, run, message, **changes)
        return
    work.note(notes.AGAIN_AT, due.isoformat())
    end(work, run, State.RETRIED, message=message, **changes)


def task_killed(work: Work, event: TaskKilled) -> None:
    """An attempt was cancelled."""
    run = work.runs.get(event.path)
    if run is not None and attempts.present(run, event.attempt):
        end(work, run, State.KILLED, attempts=attempts.closed(work, run, State.KILLED))


def log_kept(work: Work, event: LogKept) -> None:
    """The log of an attempt is in a file."""
    run = work.runs.get(event.path)
    if run is not None and attempts.present(run, event.attempt):
        last = replace(run.attempts[-1], log_file=event.uri)
        work.change(run, attempts=(*run.attempts[:-1], last))


def attempt_lost(work: Work, event: AttemptLost) -> None:
    """An attempt vanished with its runner: it is done again, unless it keeps taking its runner with it."""
    run = work.runs.get(event.path)
    if run is None or not attempts.present(run, event.attempt) or asking.has_children(run):
        return
    closed = attempts.closed(work, run, State.KILLED, attempts.LOST, "alone" if event.alone else "shared")
    if run.state is State.KILLING:
        end(work, run, State.KILLED, attempts=closed)
    elif attempts.lost_alone_in_a_row(closed) >= attempts.LOSSES:
        fail(work, run, _GAVE_UP, attempts=closed)
    else:
        number = attempts.started(work, work.change(run, attempts=closed))
        work.commands.append(RunTask(run.path, number))


_GAVE_UP = (
    f"The worker process stopped {attempts.LOSSES} times while it ran this task alone, so the task was given up. "
    "It may need more memory than there is, or crash Python; see the worker's log."
)


def woken(work: Work, event: Woken) -> None:
    """Time has passed: retries begin, waits end."""
    if work.held or work.killing:
        return
    for path, wake_at in sorted(work.board.waking.items(), key=lambda item: (item[1], item[0])):
        run = work.alive(path)
        if run is None or wake_at > event.at:
            continue
        if run.state is State.RETRYING:
            work.move(run, State.CREATED, wake_at=None)
            work.todo.append(("begin", path))
        else:
            _wait_over(work, run)


def _wait_over(work: Work, run: TaskRun) -> None:
    node = work.node(run)
    wait = layout_of(node, run).wait
    if wait is None:  # a loop between two turns
        work.change(run, wake_at=None)
        work.todo.append(("enter", run.path))
    elif wait.at_end == "FAIL":
        fail(work, run, wait.message)
    elif wait.at_end == "CANCEL":
        end(work, run, State.CANCELLED, message=wait.message)
    else:
        go_on_after_wait(work, run, Resume(work.at.isoformat()), warn=wait.at_end == "WARN")


def go_on_after_wait(work: Work, run: TaskRun, resume: Resume, *, warn: bool = False) -> None:
    """The wait of a run is over: its tasks begin."""
    node = work.node(run)
    assert node.flow is not None
    given = node.flow.resumed(resume)
    noted = {**run.evaluated, asking.WAITED: "WARN" if warn else given.get("decision", True)}
    outputs = {**(run.outputs or {}), **given}
    work.move(run, State.RUNNING, wake_at=None, evaluated=noted, outputs=outputs)
    work.todo.append(("enter", run.path))
