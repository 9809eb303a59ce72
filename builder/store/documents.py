"""JSON as the tables keep it, and the engine's values as JSON documents and back."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from builder.engine.encoding import history_from_json, history_to_json, run_from_json, run_to_json
from builder.engine.execution import History, TaskRun

_RUN_COLUMNS = ("id", "path", "task_id", "state")


def dump(value: Any, *, allow_nan: bool = True) -> str:
    """Compact JSON in ASCII, so that no character that a database refuses (NUL, half a surrogate pair) reaches it."""
    return json.dumps(value, separators=(",", ":"), default=_plain, allow_nan=allow_nan)


def load(text: str) -> Any:
    return json.loads(text)


def load_or_none(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    raise TypeError(f"A value of type {type(value).__name__} cannot be kept as JSON.")


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def clean(text: str) -> str:
    """Text for a text column: PostgreSQL refuses NUL, and no database keeps half a surrogate pair."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "�")


def dump_history(history: History) -> str:
    return dump(history_to_json(history))


def load_history(text: str) -> History:
    return history_from_json(json.loads(text))


def dump_run(run: TaskRun) -> str:
    """What has no column of its own."""
    fields = run_to_json(run)
    for column in _RUN_COLUMNS:
        del fields[column]
    return dump(fields)


def load_run(*, id: str, path: str, task_id: str, state: str, document: str) -> TaskRun:
    """The run of a row."""
    return run_from_json({**json.loads(document), "id": id, "path": path, "task_id": task_id, "state": state})
