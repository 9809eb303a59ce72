"""The one function that moves an execution. Pure: no clock, no database, no network; time comes with the events."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from builder.engine import events as happened
from builder.engine.commands import BeginAgain, CancelTask, Command, Evaluate, KillChild, RunTask, StartChild
from builder.engine.events import Event
from builder.engine.execution import Execution, TaskRun
from builder.engine.moving import asking, effects, happenings, signals
from builder.engine.moving.inside import batches, children, wholes
from builder.engine.moving.overall import agreements, asserting, listening, sla
from builder.engine.moving.steps import enter, layout_of, outputs_ask, take_steps, wants_outputs
from builder.engine.moving.work import Work
from builder.engine.plan import Plan
from builder.engine.states import TERMINAL, State


@dataclass(frozen=True, slots=True)
class Decision:
    """The execution after the event, what to do now, and the paths of the task runs that changed.

    A changed path that is no longer among the runs was removed (a loop's earlier turn): delete its row.
    """

    execution: Execution
    commands: tuple[Command, ...]
    changed: frozenset[str]


_MEANINGS: dict[type, Callable[[Work, Any], None]] = {
    happened.Started: happenings.started,
    happened.Evaluated: happenings.evaluated,
    happened.EvaluationFailed: happenings.evaluation_failed,
    happened.TaskSucceeded: effects.task_succeeded,
    happened.TaskFailed: happenings.task_failed,
    happened.TaskKilled: happenings.task_killed,
    happened.LogKept: happenings.log_kept,
    happened.AttemptLost: happenings.attempt_lost,
    happened.BlockLost: wholes.block_lost,
    happened.ChildStarted: children.child_started,
    happened.ChildEnded: children.child_ended,
    happened.Woken: happenings.woken,
    happened.KillRequested: signals.killed,
    happened.PauseRequested: signals.paused,
    happened.ResumeRequested: signals.resumed,
}


def decide(plan: Plan, execution: Execution, event: Event) -> Decision:
    """Applies one event."""
    return decide_all(plan, execution, (event,))


def decide_all(plan: Plan, execution: Execution, events: Iterable[Event]) -> Decision:
    """Applies several events in their order, at the cost of what they change.

    A command may be overtaken by a later event of the same batch; carrying it out all the same is harmless.
    """
    work = Work(plan, execution)
    for event in events:
        if work.execution.state in TERMINAL:
            break
        work.at = event.at
        work.held = work.paused_by_hand
        _MEANINGS[type(event)](work, event)
        agreements.look(work)
        take_steps(work)
        _show_state(work)
        asserting.ask(work)
    work.held = work.paused_by_hand
    return Decision(work.finished(), tuple(work.commands), frozenset(work.changed))


def pending(plan: Plan, execution: Execution) -> tuple[Command, ...]:
    """The commands that are under way by the execution's state: what a runner that takes it up must (re)do."""
    if execution.state in TERMINAL or execution.state in (State.CREATED, State.QUEUED):
        return ()
    work = Work(plan, replace(execution, runs=dict(execution.runs)))
    held = work.paused_by_hand
    around = {work.runs[path].parent for path in work.board.live}
    live = [work.runs[path] for path in work.board.live]
    commands = [command for run in live for command in _under_way(work, run, held, around)]
    asserted = [] if work.killing else sla.asked(plan, execution)
    commands += asserted
    if execution.state is State.RESTARTED:  # Started asks its questions; what a lost runner was at is done again
        return tuple(command for command in commands if not isinstance(command, Evaluate))
    if not work.board.live and not held:
        heard = listening.asked(work.plan, execution)
        commands += heard or ([outputs_ask(work)] if not asserted and wants_outputs(work) else [])
    return tuple(commands)


def _under_way(work: Work, run: TaskRun, held: bool, around: Collection[str | None]) -> Iterator[Command]:
    node = work.node(run)
    if run.state is State.KILLING:
        yield from _ending(run)
    elif run.child is not None and asking.has_children(run):
        child = layout_of(node, run).child
        if child is not None and run.state is State.RUNNING:
            yield StartChild(run.path, run.child, child.request, child.wait, again=asking.AGAIN in run.evaluated)
    elif asking.has_children(run) and run.state is State.RUNNING:
        asked = layout_of(node, run).batches
        yield from batches.being_begun(work, run, asked) if asked is not None else ()
    elif node.flow is None and run.state is State.RUNNING:
        yield RunTask(run.path, run.attempts[-1].number)
    elif wholes.has_lost_its_folder(work, run):
        yield BeginAgain(run.path)
    elif not held and run.wake_at is None:
        yield from asking.awaited(node, run) or (() if run.path in around else _block_questions(work, run))


def _ending(run: TaskRun) -> Iterator[Command]:
    if run.child is not None:
        yield KillChild(run.child)
    elif asking.BATCHES in run.evaluated:
        yield from batches.kills(run)
    elif run.attempts:
        yield CancelTask(run.path, run.attempts[-1].number)


def _block_questions(work: Work, run: TaskRun) -> Iterable[Command]:
    """What a block asks whose children have all ended: it stands where it asked, so entering it asks again."""
    if work.node(run).flow is None or run.state is not State.RUNNING:
        return ()
    work.commands.clear()
    enter(work, run.path)
    return tuple(work.commands)


def _show_state(work: Work) -> None:
    """PAUSED or RETRYING while one of the runs is, else RUNNING."""
    state = work.execution.state
    if state not in (State.RUNNING, State.PAUSED, State.RETRYING) or work.held:
        return
    wanted = State.RUNNING
    if work.board.counts[State.PAUSED]:
        wanted = State.PAUSED
    elif work.board.counts[State.RETRYING]:
        wanted = State.RETRYING
    if wanted is State.RETRYING and state is State.PAUSED:
        work.move_execution(State.RUNNING)
    work.move_execution(wanted)
