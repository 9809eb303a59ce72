"""Execution and task run rows: creating them, reading them back as the engine's values, deleting them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection

from builder.clock import SystemClock
from builder.engine.execution import Execution, TaskRun
from builder.engine.states import TERMINAL, State
from builder.errors import NotFound
from builder.models import Execution as ExecutionRow
from builder.models import Label
from builder.models import TaskRun as TaskRunRow
from builder.store import documents
from builder.store.executions.limits import admit, promote, queued_flows
from builder.store.executions.values import NewExecution
from builder.store.gate import among, from_row, moment, run_many, select, write

_INSERT = """
INSERT INTO builder_execution (id, namespace, flow_id, revision, state, history, inputs, outputs, labels, trigger,
  message, variables, notes, parent_id, parent_path, original_id, attempt_number, draft_source, concurrency_limit,
  concurrency_key, created_at, started_at, ended_at, wake_at, due_at, owner, epoch, lease_until, losses, alone,
  runs_total, runs_ended, tokens, cost)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '', 0,
  NULL, 0, %s, %s, %s, NULL, NULL)
"""
_SELECT = """
SELECT id, namespace, flow_id, revision, state, history, inputs, outputs, labels, trigger, message, variables, notes,
  parent_id, parent_path, original_id, attempt_number, created_at, wake_at, runs_total, owner, epoch, lease_until,
  alone, losses, draft_source IS NOT NULL, concurrency_key,
  COALESCE(draft_source, (SELECT source FROM builder_flowrevision r JOIN builder_flow f ON f.id = r.flow_id
    WHERE f.namespace = builder_execution.namespace AND f.flow_id = builder_execution.flow_id
      AND r.number = builder_execution.revision))
FROM builder_execution WHERE id IN (%s)
"""
_INSERT_LABEL = "INSERT INTO builder_label (execution_id, key, value) VALUES (%s, %s, %s)"
_UPSERT_RUN = """
INSERT INTO builder_taskrun (id, execution_id, path, task_id, state, position, attempts, started_at, ended_at, document)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (execution_id, path) DO UPDATE SET id = excluded.id, state = excluded.state, attempts = excluded.attempts,
  started_at = excluded.started_at, ended_at = excluded.ended_at, document = excluded.document
"""
_LABEL_KEY_LENGTH, _LABEL_VALUE_LENGTH = 200, 500
_IDS_AT_ONCE = 500


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


def create(new: NewExecution) -> Execution:
    """Creates one execution; its state is the one it was admitted with (QUEUED at a concurrency limit, for example)."""
    return create_many([new])[0]


def create_many(news: Sequence[NewExecution]) -> list[Execution]:
    """Creates executions with the task runs they bring along, in one transaction."""
    with write():
        executions = [admit(new) for new in news]
        run_many(_INSERT, [_row(new, execution) for new, execution in zip(news, executions, strict=True)])
        save_runs([(execution, execution.runs) for execution in executions if execution.runs])
        insert_labels(executions)
    return executions


def _row(new: NewExecution, execution: Execution) -> tuple[Any, ...]:
    return (
        execution.id,
        execution.namespace,
        execution.flow_id,
        execution.revision,
        execution.state.value,
        documents.dump_history(execution.history),
        documents.dump(execution.inputs),
        None if execution.outputs is None else documents.dump(execution.outputs),
        documents.dump(execution.labels),
        None if execution.trigger is None else documents.dump(execution.trigger),
        documents.clean(execution.message),
        None if execution.variables is None else documents.dump(execution.variables),
        documents.dump(execution.notes),
        execution.parent_id,
        execution.parent_path,
        execution.original_id or execution.id,
        execution.attempt_number,
        new.source,
        new.concurrency.limit if new.concurrency else None,
        new.concurrency_key,
        moment(execution.created_at),
        moment(started_at(execution)),
        moment(ended_at(execution)),
        moment(execution.wake_at),
        moment(_first_due(new, execution)),
        False,
        len(execution.runs),
        ended_runs(execution),
    )


def _first_due(new: NewExecution, execution: Execution) -> datetime | None:
    if execution.state in TERMINAL or execution.state is State.QUEUED:
        return None
    return new.due_at or execution.created_at


def save_runs(changed: Iterable[tuple[Execution, Iterable[str]]]) -> None:
    """Writes the task runs at these paths; their order is their place in `execution.runs`."""
    rows = [row for execution, paths in changed for row in _run_rows(execution, paths)]
    run_many(_UPSERT_RUN, rows)


def _run_rows(execution: Execution, paths: Iterable[str]) -> Iterable[tuple[Any, ...]]:
    wanted = set(paths)
    for position, (path, run) in enumerate(execution.runs.items()):
        if path in wanted:
            yield (
                run.id,
                execution.id,
                path,
                run.task_id,
                run.state.value,
                position,
                len(run.attempts),
                moment(started_at(run)),
                moment(ended_at(run)),
                documents.dump_run(run),
            )


def delete_runs(execution_id: str, paths: Sequence[str]) -> None:
    """Deletes the task runs at these paths, inside the caller's transaction."""
    for start in range(0, len(paths), _IDS_AT_ONCE):
        TaskRunRow.objects.filter(execution_id=execution_id, path__in=paths[start : start + _IDS_AT_ONCE]).delete()


def insert_labels(executions: Iterable[Execution]) -> None:
    run_many(
        _INSERT_LABEL,
        [
            (execution.id, documents.clean(key)[:_LABEL_KEY_LENGTH], documents.clean(value)[:_LABEL_VALUE_LENGTH])
            for execution in executions
            for key, value in execution.labels
        ],
    )


def write_altered(executions: Iterable[Execution]) -> None:
    """Writes the variables and label rows that tasks changed, inside the caller's transaction."""
    altered = list(executions)
    for execution in altered:
        kept = None if execution.variables is None else documents.dump(execution.variables)
        ExecutionRow.objects.filter(id=execution.id).update(variables=kept)
    relabel(altered)


def relabel(executions: Sequence[Execution]) -> None:
    """Makes the label rows what the executions say, inside the caller's transaction."""
    if executions:
        Label.objects.filter(execution_id__in=[execution.id for execution in executions]).delete()
        insert_labels(executions)


def started_at(thing: Execution | TaskRun) -> datetime | None:
    """When it first ran: Kestra counts from the first state for a task run, people from RUNNING."""
    return next((at for state, at in thing.history if state is State.RUNNING), None)


def ended_at(thing: Execution | TaskRun) -> datetime | None:
    return thing.history[-1][1] if thing.state in TERMINAL else None


def ended_runs(execution: Execution) -> int:
    return sum(run.state in TERMINAL for run in execution.runs.values())


def load(execution_id: str) -> tuple[Execution, int]:
    """The execution with its task runs, and its epoch. Raises NotFound."""
    found = load_many([execution_id])
    if not found:
        raise NotFound(f"Execution `{execution_id}` does not exist; it may have been deleted.")
    return found[execution_id]


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
        statement += " ORDER BY id FOR UPDATE"
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


def delete(ids: Sequence[str]) -> int:
    """Deletes executions with all that hangs on them; returns how many there were."""
    count = 0
    for start in range(0, len(ids), _IDS_AT_ONCE):
        with write():
            rows = ExecutionRow.objects.filter(id__in=ids[start : start + _IDS_AT_ONCE])
            places = set(rows.filter(ended_at__isnull=True).values_list("namespace", "flow_id"))
            count += rows.delete()[1].get("builder.Execution", 0)
            promote(places & queued_flows(), SystemClock().now())
    return count
