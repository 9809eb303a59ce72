"""JSON as the tables keep it, and the engine's values as JSON documents and back."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from builder.engine.execution import Attempt, History, TaskRun
from builder.engine.states import State


def dump(value: Any) -> str:
    """Compact JSON in ASCII, so that no character that a database refuses (NUL, half a surrogate pair) reaches it."""
    return json.dumps(value, separators=(",", ":"), default=_plain)


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


def from_iso(text: str) -> datetime:
    return datetime.fromisoformat(text)


def clean(text: str) -> str:
    """Text for a text column: PostgreSQL refuses NUL, and no database keeps half a surrogate pair."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "�")


def dump_history(history: History) -> str:
    return dump([[state.value, iso(at)] for state, at in history])


def load_history(text: str) -> History:
    return tuple((State(state), from_iso(at)) for state, at in json.loads(text))


def dump_run(run: TaskRun) -> str:
    """What has no column of its own; empty fields are left out."""
    fields = {
        "history": [[state.value, iso(at)] for state, at in run.history],
        "parent": run.parent,
        "value": run.value,
        "iteration": run.iteration,
        "branch": run.branch or None,
        "attempts": [_attempt(attempt) for attempt in run.attempts] or None,
        "outputs": run.outputs,
        "evaluated": dict(run.evaluated) or None,
        "wake_at": run.wake_at and iso(run.wake_at),
        "child": run.child,
        "message": run.message or None,
    }
    return dump({name: value for name, value in fields.items() if value is not None})


def load_run(*, id: str, path: str, task_id: str, state: str, document: str) -> TaskRun:
    fields = json.loads(document)
    wake_at = fields.get("wake_at")
    return TaskRun(
        id=id,
        path=path,
        task_id=task_id,
        state=State(state),
        history=tuple((State(name), from_iso(at)) for name, at in fields["history"]),
        parent=fields.get("parent"),
        value=fields.get("value"),
        iteration=fields.get("iteration"),
        branch=fields.get("branch", ""),
        attempts=tuple(_load_attempt(attempt) for attempt in fields.get("attempts", ())),
        outputs=fields.get("outputs"),
        evaluated=fields.get("evaluated", {}),
        wake_at=from_iso(wake_at) if wake_at else None,
        child=fields.get("child"),
        message=fields.get("message", ""),
    )


def _attempt(attempt: Attempt) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "number": attempt.number, "state": attempt.state.value, "started_at": iso(attempt.started_at),
    }
    if attempt.ended_at:
        fields["ended_at"] = iso(attempt.ended_at)
    fields |= {name: text for name, text in (("message", attempt.message), ("lost", attempt.lost)) if text}
    return fields


def _load_attempt(fields: Mapping[str, Any]) -> Attempt:
    ended_at = fields.get("ended_at")
    return Attempt(
        number=fields["number"],
        state=State(fields["state"]),
        started_at=from_iso(fields["started_at"]),
        ended_at=from_iso(ended_at) if ended_at else None,
        message=fields.get("message", ""),
        lost=fields.get("lost", ""),
    )
