"""Execution and task run rows: creating, changing and deleting them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from builder.clock import SystemClock
from builder.engine.execution import Execution, TaskRun
from builder.engine.states import TERMINAL, State
from builder.models import Execution as ExecutionRow
from builder.models import Label
from builder.models import TaskRun as TaskRunRow
from builder.store import documents
from builder.store.executions.limits import admit, hold_flows_of, promote, queued_flows
from builder.store.executions.values import NewExecution
from builder.store.gate import lock_executions, moment, run_many, write

_INSERT = """
INSERT INTO builder_execution (id, namespace, flow_id, revision, state, history, inputs, outputs, labels, trigger,
  message, variables, notes, parent_id, parent_path, original_id, attempt_number, draft_source, concurrency_limit,
  concurrency_key, created_at, started_at, ended_at, wake_at, due_at, owner, epoch, lease_until, losses, alone,
  runs_total, runs_ended, tokens, cost)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '', 0,
  NULL, 0, %s, %s, %s, NULL, NULL)
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


def create(new: NewExecution) -> Execution:
    """Creates one execution; its state is the one it was admitted with (QUEUED at a concurrency limit, for example)."""
    return create_many([new])[0]


def create_many(news: Sequence[NewExecution]) -> list[Execution]:
    """Creates executions with the task runs they bring along, in one transaction."""
    with write():
        hold_flows_of([], news)
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


def hold_to_delete(ids: Collection[str]) -> None:
    """Before anything that hangs on these executions is deleted: nobody writes more of it meanwhile."""
    hold_flows_of(ids)
    lock_executions(ids, to_delete=True)


def delete(ids: Sequence[str]) -> int:
    """Deletes executions with all that hangs on them; returns how many there were."""
    count = 0
    for start in range(0, len(ids), _IDS_AT_ONCE):
        with write():
            some = ids[start : start + _IDS_AT_ONCE]
            hold_to_delete(some)
            rows = ExecutionRow.objects.filter(id__in=some)
            places = set(rows.filter(ended_at__isnull=True).values_list("namespace", "flow_id"))
            count += rows.delete()[1].get("builder.Execution", 0)
            promote(places & queued_flows(), SystemClock().now())
    return count
