"""Executions and task runs as JSON values and back, exactly: times with their microseconds, order kept."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from builder.engine.execution import Attempt, Execution, History, TaskRun
from builder.engine.states import State


def run_to_json(run: TaskRun) -> dict[str, Any]:
    """A task run as JSON values; what is at its default is left out."""
    found = _plain(run)
    found["history"] = history_to_json(run.history)
    if run.attempts:
        found["attempts"] = [attempt_to_json(attempt) for attempt in run.attempts]
    return found


def run_from_json(value: Mapping[str, Any]) -> TaskRun:
    """The task run that `run_to_json` wrote."""
    return TaskRun(
        **_times(value, "wake_at")
        | {
            "state": State(value["state"]),
            "history": history_from_json(value["history"]),
            "attempts": tuple(attempt_from_json(attempt) for attempt in value.get("attempts", ())),
        }
    )


def execution_to_json(execution: Execution) -> dict[str, Any]:
    """An execution with its runs as JSON values; what is at its default is left out."""
    found = _plain(execution)
    found["history"] = history_to_json(execution.history)
    found["runs"] = [run_to_json(run) for run in execution.runs.values()]
    if execution.labels:
        found["labels"] = [list(label) for label in execution.labels]
    return found


def execution_from_json(value: Mapping[str, Any]) -> Execution:
    """The execution that `execution_to_json` wrote."""
    runs = [run_from_json(run) for run in value.get("runs", ())]
    return Execution(
        **_times(value, "created_at", "wake_at")
        | {
            "state": State(value["state"]),
            "history": history_from_json(value["history"]),
            "labels": tuple((key, text) for key, text in value.get("labels", ())),
            "runs": {run.path: run for run in runs},
        }
    )


def attempt_to_json(attempt: Attempt) -> dict[str, Any]:
    """An attempt as JSON values."""
    return _plain(attempt)


def attempt_from_json(value: Mapping[str, Any]) -> Attempt:
    """The attempt that `attempt_to_json` wrote."""
    return Attempt(**_times(value, "started_at", "ended_at") | {"state": State(value["state"])})


def history_to_json(history: History) -> list[list[str]]:
    """A history as pairs of state and time."""
    return [[state.value, at.isoformat()] for state, at in history]


def history_from_json(value: Any) -> History:
    """The history that `history_to_json` wrote."""
    return tuple((State(state), datetime.fromisoformat(at)) for state, at in value)


def _plain(record: Any) -> dict[str, Any]:
    found = {}
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, State):
            found[field.name] = value.value
        elif isinstance(value, datetime):
            found[field.name] = value.isoformat()
        elif value is not None and value != () and value != "":
            found[field.name] = value
    return found


def _times(value: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {**value, **{name: datetime.fromisoformat(value[name]) for name in names if name in value}}
