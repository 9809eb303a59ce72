"""What people and children ask of an execution: written here, obeyed and deleted by its runner."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from builder.engine.execution import Execution
from builder.engine.states import TERMINAL
from builder.errors import Conflict
from builder.models import Execution as ExecutionRow
from builder.store import documents
from builder.store.executions import reading
from builder.store.executions.values import CHILD_ENDED, SignalRow
from builder.store.gate import among, from_row, lock_executions, moment, run_many, select, write

_INSERT = """
INSERT INTO builder_signal (execution_id, kind, payload, created_at)
SELECT id, %s, %s, %s FROM builder_execution WHERE id = %s AND ended_at IS NULL
"""
_SELECT = """
SELECT id, execution_id, kind, payload, created_at FROM builder_signal WHERE execution_id IN (%s) ORDER BY id
"""
_DUE = "UPDATE builder_execution SET due_at = %s WHERE id = %s AND ended_at IS NULL"


def send(execution_id: str, kind: str, now: datetime, payload: Mapping[str, Any] | None = None) -> bool:
    """Asks something of an execution that has not ended; False when it has, or is not there."""
    with write():
        return bool(send_many([(execution_id, kind, payload or {})], now))


def alive(execution_id: str, verb: str) -> Execution:
    """The execution, unless it has ended. Raises NotFound, Conflict."""
    execution, _ = reading.load(execution_id)
    if execution.state in TERMINAL:
        raise Conflict(f"Execution `{execution_id}` has ended ({execution.state}); it cannot be {verb} any more.")
    return execution


def send_many(asked: Sequence[tuple[str, str, Mapping[str, Any]]], now: datetime) -> int:
    """Writes signals (execution id, kind, payload) inside the caller's transaction."""
    at, ids = moment(now), sorted({key for key, _, _ in asked})
    lock_executions(ids)  # one that is deleted at this moment is not there any more
    count = run_many(_INSERT, [(kind, documents.dump(payload), at, key) for key, kind, payload in asked])
    run_many(_DUE, [(at, key) for key in ids])
    return count


def child_ended(path: str, child: str, state: str, outputs: Mapping[str, Any] | None) -> tuple[str, Mapping[str, Any]]:
    """Kind and payload of the signal that tells a parent of its child's end."""
    return CHILD_ENDED, {"path": path, "child": child, "state": state, "outputs": outputs}


def signals(ids: Sequence[str]) -> dict[str, list[SignalRow]]:
    """What is asked of each of these executions, oldest first."""
    found: dict[str, list[SignalRow]] = {}
    for signal_id, execution_id, kind, payload, created_at in select(_SELECT % among(ids), ids) if ids else ():
        found.setdefault(execution_id, []).append(
            SignalRow(signal_id, execution_id, kind, documents.load(payload), from_row(created_at) or created_at)
        )
    return found


def children_running(parent_id: str) -> list[str]:
    """Executions that this one started and that have not ended."""
    return list(
        ExecutionRow.objects.filter(parent_id=parent_id, parent_path__isnull=False, ended_at__isnull=True).values_list(
            "id", flat=True
        )
    )
