"""Plays of executions for tests: events by hand (`play`), or a whole flow carried out with a function for each task.

Shipped with the engine so that whoever tests against it uses the same double. Nothing here waits: time is moved on.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from builder.engine import events as happened
from builder.engine.commands import (
    BeginAgain,
    CancelTask,
    Command,
    Evaluate,
    KeepRows,
    KillChild,
    RunTask,
    StartChild,
    TryAgain,
)
from builder.engine.decide import Decision, decide
from builder.engine.events import Event
from builder.engine.execution import Execution
from builder.engine.moving.inside.progress import state_so_far
from builder.engine.moving.overall import listening
from builder.engine.plan import Plan
from builder.engine.states import TERMINAL, State
from builder.engine.variables import variables
from builder.errors import BuilderError, TaskFailure
from builder.tasks.world.effects import Effect

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""When plays begin."""

Step = Callable[[Execution, datetime], Event]


def fresh(plan: Plan, *, id: str = "play", **given: Any) -> Execution:
    """An execution of the plan's flow that nobody has taken up."""
    flow = plan.flow
    return Execution(
        id=id,
        namespace=flow.namespace,
        flow_id=flow.id,
        revision=plan.revision,
        state=State.CREATED,
        history=((State.CREATED, START),),
        created_at=START,
        labels=flow.labels,
        original_id=id,
        **given,
    )


def play(plan: Plan, *steps: Step, execution: Execution | None = None) -> Decision:
    """Applies the steps one second apart; the decision of the last one."""
    decision = Decision(execution or fresh(plan), (), frozenset())
    for second, step in enumerate(steps, 1):
        event = step(decision.execution, START + timedelta(seconds=second))
        decision = decide(plan, decision.execution, event)
    return decision


def started(execution: Execution, at: datetime) -> Event:
    """A runner takes the execution up."""
    return happened.Started(at)


def ok(path: str, *effects: Effect, **outputs: Any) -> Step:
    """The present attempt of a run succeeds."""
    return lambda execution, at: happened.TaskSucceeded(at, path, _attempt(execution, path), outputs, effects)


def failed(path: str, message: str = "It failed.", *, retryable: bool = True) -> Step:
    """The present attempt of a run fails."""
    return lambda execution, at: happened.TaskFailed(at, path, _attempt(execution, path), message, retryable)


def answer(path: str | None, name: str, value: Any) -> Step:
    """A question is answered."""
    return lambda execution, at: happened.Evaluated(at, path, name, value)


def lost(path: str, *, alone: bool = False) -> Step:
    """The runner of the present attempt of a run is gone."""
    return lambda execution, at: happened.AttemptLost(at, path, _attempt(execution, path), alone)


def stopped(path: str) -> Step:
    """The present attempt of a run was cancelled."""
    return lambda execution, at: happened.TaskKilled(at, path, _attempt(execution, path))


def woken(after_seconds: float) -> Step:
    """So much time has passed since the play began."""
    return lambda execution, at: happened.Woken(START + timedelta(seconds=after_seconds))


def kill(execution: Execution, at: datetime) -> Event:
    """Somebody kills the execution."""
    return happened.KillRequested(at)


def pause(execution: Execution, at: datetime) -> Event:
    """Somebody pauses the execution."""
    return happened.PauseRequested(at)


def resume(path: str | None = None, **inputs: Any) -> Step:
    """Somebody resumes the execution."""
    return lambda execution, at: happened.ResumeRequested(at, path, inputs)


def _attempt(execution: Execution, path: str) -> int:
    attempts = execution.runs[path].attempts
    return attempts[-1].number if attempts else 0


_ASKED: Mapping[str, Any] = {"outputs": {}, "inheritLabels": False, "labels": {}}

Render = Callable[[Any, Mapping[str, Any], bool], Any]
"""template, variables, typed -> value; raises BuilderError."""


@dataclass(frozen=True)
class Done:
    """What a task gave, and what it does to its execution."""

    outputs: Mapping[str, Any]
    effects: tuple[Effect, ...] = ()


Work = Callable[[str, Mapping[str, Any], int], Mapping[str, Any] | Done | None]
"""path, variables, attempt -> outputs; raises TaskFailure."""
Judging = Callable[[Sequence[Mapping[str, Any]], Mapping[str, Any], State], bool]
"""the conditions of a listener, variables, the state that the execution comes to -> whether all hold."""
Call = Callable[[StartChild, Execution], "tuple[State, Mapping[str, Any] | None, str]"]
"""a child to start and its parent -> state, outputs and message of ChildEnded; raises TaskFailure."""


Act = Callable[[Evaluate, Any, Mapping[str, Any]], Any]
"""a question that acts, its rendered value, variables -> the answer; raises TaskFailure."""


@dataclass
class Theatre:
    """Carries out commands in the order they come, one by one, and moves the clock when nothing else is to be done."""

    plan: Plan
    render: Render
    work: Work
    call: Call | None = None
    judge: Judging = lambda conditions, seen, state: True
    globals: Mapping[str, Any] = field(default_factory=dict)
    envs: Mapping[str, Any] = field(default_factory=dict)
    now: datetime = START
    act: Act | None = None
    most_events: int = 1_000_000
    seen: list[Event] = field(default_factory=list)
    kept: dict[str, Sequence[Any]] = field(default_factory=dict)
    """What was kept as files, by address."""

    def run(self, execution: Execution, *first: Event) -> Execution:
        """Plays until the execution has ended or waits for a person."""
        events: deque[Event] = deque(first or (happened.Started(self.now),))
        while True:
            while events:
                event = events.popleft()
                self._count(event)
                decision = decide(self.plan, execution, event)
                execution = decision.execution
                for command in decision.commands:
                    events.extend(self.carry_out(command, execution))
            if execution.state in TERMINAL or execution.wake_at is None:
                return execution
            self.now = max(self.now, execution.wake_at)
            events.append(happened.Woken(self.now))

    def carry_out(self, command: Command, execution: Execution) -> Sequence[Event]:
        """The answer to one command."""
        self.now += timedelta(milliseconds=1)
        match command:
            case Evaluate():
                return (self._evaluate(command, execution),)
            case RunTask():
                return (self._run(command, execution),)
            case StartChild():
                return self._start(command, execution)
            case CancelTask(path, attempt):
                return (happened.TaskKilled(self.now, path, attempt),)
            case KillChild() | TryAgain() | BeginAgain():
                return ()
            case KeepRows(path, name, rows, children):
                uri = f"kestra:///play/{len(self.kept)}.ion"
                self.kept[uri] = rows or children
                return (happened.Evaluated(self.now, path, name, uri),)

    def _evaluate(self, ask: Evaluate, execution: Execution) -> Event:
        try:
            seen = self._variables(execution, ask.path)
            if listening.is_question(ask.name):
                state = state_so_far(self.plan, execution)
                return happened.Evaluated(self.now, ask.path, ask.name, self.judge(ask.template, seen, state))
            value = self.render(ask.template, seen, ask.typed)
            if ask.acts:
                value = self.act(ask, value, seen) if self.act is not None else True
            return happened.Evaluated(self.now, ask.path, ask.name, value)
        except BuilderError as error:
            return happened.EvaluationFailed(self.now, ask.path, ask.name, error.message)

    def _run(self, command: RunTask, execution: Execution) -> Event:
        path, attempt = command.path, command.attempt
        try:
            outputs = self.work(path, self._variables(execution, path), attempt)
        except TaskFailure as failure:
            return happened.TaskFailed(self.now, path, attempt, failure.message, failure.retryable, failure.outputs)
        except BuilderError as error:
            return happened.TaskFailed(self.now, path, attempt, error.message)
        done = outputs if isinstance(outputs, Done) else Done(outputs or {})
        return happened.TaskSucceeded(self.now, path, attempt, dict(done.outputs), done.effects)

    def _start(self, command: StartChild, execution: Execution) -> Sequence[Event]:
        if self.call is None:
            return (happened.TaskFailed(self.now, command.path, 0, "This play knows no other flow."),)
        if command.taskrun is not None:
            return self._start_batch(command, execution)
        try:
            state, outputs, message = self.call(command, execution)
        except TaskFailure as failure:
            return (happened.TaskFailed(self.now, command.path, 0, failure.message),)
        if not command.wait:
            return (happened.ChildStarted(self.now, command.path, command.child),)
        return (happened.ChildEnded(self.now, command.path, command.child, state, outputs, message),)

    def _start_batch(self, command: StartChild, execution: Execution) -> Sequence[Event]:
        assert self.call is not None
        seen = dict(self._variables(execution, command.path.rpartition("[")[0]))
        seen["taskrun"] = {**seen["taskrun"], **(command.taskrun or {})}
        begun = happened.ChildStarted(self.now, command.path, command.child)
        try:
            request = self.render(command.request, seen, False)
            state, outputs, message = self.call(replace(command, request={**_ASKED, **request}), execution)
        except BuilderError as failure:
            return (happened.ChildEnded(self.now, command.path, command.child, State.FAILED, None, failure.message),)
        return begun, happened.ChildEnded(self.now, command.path, command.child, state, outputs, message)

    def _variables(self, execution: Execution, path: str | None) -> Mapping[str, Any]:
        return variables(self.plan, execution, path, globals=self.globals, envs=self.envs)

    def _count(self, event: Event) -> None:
        self.seen.append(event)
        if len(self.seen) > self.most_events:
            raise AssertionError(f"The play did not end within {self.most_events} events.")


def without_board(execution: Execution) -> Execution:
    """The same execution as it would come back from the store."""
    return replace(execution, runs=dict(execution.runs))
