"""Execution and task run rows, read back as the engine's values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection

from builder.engine.execution import Execution, TaskRun
from builder.engine.states import State
from builder.errors import NotFound
from builder.models import Execution as ExecutionRow
from builder.models import TaskRun as TaskRunRow
from builder.store import documents
from builder.store.gate import among, from_row, select

_SELECT = """
SELECT id, namespace, flow_id, revision, state, history, inputs, outputs, labels, trigger, message, variables, notes,
  parent_id, parent_path, original_id, attempt_number, created_at, wake_at, runs_total, owner, epoch, lease_until,
  alone, losses, draft_source IS NOT NULL, concurrency_key,
  COALESCE(draft_source, (SELECT source FROM builder_flowrevision r JOIN builder_flow f ON f.id = r.flow_id
    WHERE f.namespace = builder_execution.namespace AND f.flow_id = builder_execution.flow_id
      AND r.number = builder_execution.revision))
FROM builder_execution WHERE id IN (%s)
"""
_IDS_AT_ONCE = 500
_MOST = 500
"""How many failed runs are looked through for reasons."""


@dataclass(frozen=True, slots=True)
class Row:
    """An execution without its task runs, and what only the store knows of it. `source`: the flow text it runs, which
    is a draft's or a revision's."""

    execution: Execution
    epoch: int
    owner: str
    lease_until: datetime | None
    alone: bool
    losses: int
    runs_total: int
    source: str
    is_draft: bool
    concurrency_key: str


def load(execution_id: str) -> tuple[Execution, int]:
    """The execution with its task runs, and its epoch. Raises NotFound."""
    found = load_many([execution_id])
    if not found:
        raise NotFound(f"Execution `{execution_id}` does not exist; it may have been deleted.")
    return found[execution_id]


def reasons(execution_ids: Sequence[str]) -> dict[str, str]:
    """Why the first step that failed each of these did so, where one did: not what a block around it allowed."""
    rows = TaskRunRow.objects.filter(execution_id__in=execution_ids, state=State.FAILED.value).order_by("position")
    failed: dict[str, dict[str, TaskRun]] = {key: {} for key in execution_ids}
    columns = ("execution_id", "id", "path", "task_id", "state", "document")
    for key, run_id, path, task_id, state, document in rows.values_list(*columns)[:_MOST]:
        failed[key][path] = documents.load_run(id=run_id, path=path, task_id=task_id, state=state, document=document)
    return {
        key: f"{first.task_id}: {first.message}"
        for key, runs in failed.items()
        if (first := next((run for run in runs.values() if run.message and _counts(run, runs)), None))
    }


def _counts(run: TaskRun, failed: Mapping[str, TaskRun]) -> bool:
    """Whether all around it failed too; handlers run because something failed already."""
    around = run
    while around.parent is not None and around.parent in failed:
        around = failed[around.parent]
    return around.parent is None and not run.branch


def load_many(ids: Sequence[str], *, with_runs: bool = True) -> dict[str, tuple[Execution, int]]:
    """Executions by id, each with its epoch; missing ones are left out."""
    rows = read(ids)
    runs = runs_of([row.execution.id for row in rows if row.runs_total]) if with_runs else {}
    return {row.execution.id: (replace(row.execution, runs=runs.get(row.execution.id, {})), row.epoch) for row in rows}


def read(ids: Sequence[str], *, lock: bool = False) -> list[Row]:
    """The rows of executions; with `lock` nobody else changes them until the transaction ends."""
    if not ids:
        return []
    statement = _SELECT % among(ids)
    if lock and connection.vendor == "postgresql":
        statement += " ORDER BY id FOR NO KEY UPDATE"
    return [_read(columns) for columns in select(statement, ids)]


def _read(columns: Sequence[Any]) -> Row:
    (
        execution_id,
        namespace,
        flow_id,
        revision,
        state,
        history,
        inputs,
        outputs,
        labels,
        trigger,
        message,
        variables,
        noted,
        parent_id,
        parent_path,
        original_id,
        attempt_number,
        created_at,
        wake_at,
        runs_total,
        owner,
        epoch,
        lease_until,
        alone,
        losses,
        is_draft,
        key,
        source,
    ) = columns
    execution = Execution(
        id=execution_id,
        namespace=namespace,
        flow_id=flow_id,
        revision=revision,
        state=State(state),
        history=documents.load_history(history),
        created_at=from_row(created_at) or created_at,
        inputs=documents.load(inputs),
        labels=tuple((key, value) for key, value in documents.load(labels)),
        outputs=documents.load_or_none(outputs),
        trigger=documents.load_or_none(trigger),
        parent_id=parent_id,
        parent_path=parent_path,
        original_id=original_id,
        attempt_number=attempt_number,
        wake_at=from_row(wake_at),
        message=message,
        variables=documents.load_or_none(variables),
        notes=documents.load(noted),
    )
    return Row(
        execution,
        epoch,
        owner,
        from_row(lease_until),
        bool(alone),
        losses,
        runs_total,
        source or "",
        bool(is_draft),
        key,
    )


def runs_of(ids: Sequence[str]) -> dict[str, dict[str, TaskRun]]:
    """The task runs of executions, by execution and path, in order."""
    if not ids:
        return {}
    rows = (
        TaskRunRow.objects.filter(execution_id__in=ids)
        .order_by("position")
        .values_list("execution_id", "id", "path", "task_id", "state", "document")
    )
    runs: dict[str, dict[str, TaskRun]] = {}
    for execution_id, run_id, path, task_id, state, document in rows.iterator(chunk_size=2000):
        run = documents.load_run(id=run_id, path=path, task_id=task_id, state=state, document=document)
        runs.setdefault(execution_id, {})[path] = run
    return runs


def states(ids: Sequence[str]) -> dict[str, State]:
    """The state of each of these executions; missing ones are left out."""
    found: dict[str, State] = {}
    for start in range(0, len(ids), _IDS_AT_ONCE):
        pairs = ExecutionRow.objects.filter(id__in=ids[start : start + _IDS_AT_ONCE]).values_list("id", "state")
        found.update((execution_id, State(state)) for execution_id, state in pairs)
    return found
