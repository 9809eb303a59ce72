"""What no task says itself: why runs failed (a Switch without a case, a failed child), and that lost attempts cost."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from builder.engine.events import AttemptLost, EvaluationFailed, Event, TaskFailed
from builder.engine.execution import Execution, TaskRun
from builder.engine.moving.overall import notes
from builder.engine.plan import Plan
from builder.engine.states import State
from builder.runtime.context import Journal
from builder.runtime.world.place import Place
from builder.store.executions import UNKNOWN_COST


def place_of(execution: Execution, run: TaskRun) -> Place:
    """Where a line about this run belongs."""
    number = run.attempts[-1].number if run.attempts else 0
    return Place(execution.id, execution.namespace, execution.flow_id, run.task_id, run.path, run.id, number)


def count_lost(journal: Journal, plan: Plan, execution: Execution, events: Iterable[Event]) -> None:
    """What an attempt cost that was lost with its worker is not known, where somebody is paid for it."""
    for run in [execution.runs[event.path] for event in events if isinstance(event, AttemptLost)]:
        if plan.node(run).task.costs:
            journal.metric(place_of(execution, run), UNKNOWN_COST, 1, "calls", {})


def log_unsaid(
    journal: Journal, before: Execution, execution: Execution, changed: Collection[str], events: Iterable[Event]
) -> None:
    """Logs the new messages of runs; tasks and questions that failed have logged theirs themselves."""
    for run in _with_news(before.runs, execution, changed, set(_said(events))):
        level = "WARN" if run.state is State.CANCELLED else "ERROR"
        journal.log(place_of(execution, run), level, run.message)
    if execution.notes is not before.notes:
        for level, line in _noted(before.notes, execution.notes):
            journal.log(None, level, line)


def _noted(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, reason in _news(before, now, notes.VIOLATED):
        yield "ERROR" if notes.ENDS_AS in now else "WARN", f"The SLA `{key}` is not kept: {reason}."
    for key, reason in _news(before, now, notes.UNTOLD):
        yield "WARN", f"Whether the SLA `{key}` is kept could not be told: {reason}"


def _news(before: Mapping[str, Any], now: Mapping[str, Any], name: str) -> Iterator[tuple[str, str]]:
    old = before.get(name, {})
    return (pair for pair in now.get(name, {}).items() if old.get(pair[0]) != pair[1])


def _with_news(
    before: Mapping[str, TaskRun], execution: Execution, changed: Collection[str], said: set[str]
) -> Iterator[TaskRun]:
    for path in changed:
        run, old = execution.runs.get(path), before.get(path)
        if run is None or not run.message or run.message in said:
            continue
        if old is None or old.message != run.message:
            yield run


def _said(events: Iterable[Event]) -> Iterator[str]:
    for event in events:
        if isinstance(event, EvaluationFailed) or (isinstance(event, TaskFailed) and event.attempt):
            yield event.message
