"""An execution as Kestra's record: its state with histories, its task runs with attempts, its labels as a list."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest

from builder.actions.executions.trying import without_sealed
from builder.engine.execution import Attempt, Execution, History, TaskRun
from builder.engine.moving.overall.notes import SCHEDULE_DATE, original_created
from builder.engine.states import TERMINAL, State
from builder.flows.durations import format_duration
from builder.store.births import STARTED_BY
from builder.store.executions import ExecutionItem

ADDRESS = "/executions/"
"""Where an execution's page is."""


def execution_json(
    execution: Execution, *, runs: bool = True, base: str = "", item: ExecutionItem | None = None
) -> dict[str, Any]:
    """The record; without its task runs for lists. `base`: scheme and host, for `url`. `item`: what it used."""
    record: dict[str, Any] = {
        "id": execution.id,
        "namespace": execution.namespace,
        "flowId": execution.flow_id,
        "flowRevision": execution.revision,
        "taskRunList": [_run(execution, run) for run in execution.runs.values()] if runs else None,
        "inputs": without_sealed(execution.inputs) if execution.inputs else None,
        "outputs": without_sealed(execution.outputs) if execution.outputs else None,
        "labels": labels_json(label for label in execution.labels if label[0] != STARTED_BY),
        "createdBy": dict(execution.labels).get(STARTED_BY),
        "state": state_json(execution.history),
        "parentId": execution.parent_id,
        "originalId": execution.original_id or execution.id,
        "variables": without_sealed(execution.variables) if execution.variables is not None else None,
        "trigger": execution.trigger,
        "scheduleDate": _date_to_run(execution),
        "deleted": False,
        "metadata": {
            "attemptNumber": execution.attempt_number,
            "originalCreatedDate": instant(original_created(execution)),
        },
        "message": execution.message or None,
        "usage": usage_json(item) if item is not None else None,
        "url": f"{base}{ADDRESS}{execution.id}",
    }
    return {name: value for name, value in record.items() if value is not None}


def _date_to_run(execution: Execution) -> str | None:
    """The date that it was to run at, or waits for before it begins (a retry)."""
    said = execution.notes.get(SCHEDULE_DATE)
    if said:
        return instant(datetime.fromisoformat(said))
    waits = execution.state is State.CREATED and execution.wake_at is not None
    return instant(execution.wake_at) if waits and execution.wake_at is not None else None


def usage_json(item: ExecutionItem) -> dict[str, Any] | None:
    """Tokens and cost of its calls of models so far; `unpriced` calls are not in the cost, nobody knows theirs."""
    if item.tokens is None and item.cost is None and not item.unpriced:
        return None
    return {
        "tokens": item.tokens,
        "cost": None if item.cost is None else float(item.cost),
        "currency": "USD",
        "unpriced": item.unpriced,
    }


def labels_json(labels: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Labels as Kestra lists them."""
    return [{"key": key, "value": value} for key, value in labels]


def state_json(history: History) -> dict[str, Any]:
    """A state object: what it is now, how it got there, and for how long it ran."""
    current, last = history[-1]
    first = history[0][1]
    found: dict[str, Any] = {
        "current": current.value,
        "histories": [{"state": state.value, "date": instant(at)} for state, at in history],
        "startDate": instant(first),
    }
    if current in TERMINAL:
        found["endDate"] = instant(last)
        # processes whose clocks differ may have written it, and nothing lasts less than nothing
        found["duration"] = format_duration(max(timedelta(), last - first))
    return found


def _run(execution: Execution, run: TaskRun) -> dict[str, Any]:
    parent = execution.runs.get(run.parent) if run.parent else None
    record: dict[str, Any] = {
        "id": run.id,
        "executionId": execution.id,
        "namespace": execution.namespace,
        "flowId": execution.flow_id,
        "taskId": run.task_id,
        "parentTaskRunId": parent.id if parent else None,
        "value": without_sealed(run.value),
        "iteration": run.iteration,
        "attempts": [_attempt(attempt) for attempt in run.attempts] or None,
        "outputs": without_sealed(run.outputs) if run.outputs is not None else None,
        "state": state_json(run.history),
        "message": run.message or None,
    }
    return {name: value for name, value in record.items() if value is not None}


def _attempt(attempt: Attempt) -> dict[str, Any]:
    history: History = ((State.CREATED, attempt.started_at), (State.RUNNING, attempt.started_at))
    if attempt.ended_at is not None:
        history = (*history, (attempt.state, attempt.ended_at))
    more = {"message": attempt.message, "logFile": attempt.log_file, "cachedFrom": attempt.cached_from}
    return {"state": state_json(history)} | {name: text for name, text in more.items() if text}


def instant(at: datetime) -> str:
    """A time as Kestra prints it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def origin(request: HttpRequest) -> str:
    """Scheme and host that the request came to."""
    return request.build_absolute_uri("/")[:-1]
