"""What runners write: many executions in one transaction, each fenced by its epoch."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from builder import counters
from builder.engine.execution import Execution
from builder.engine.states import TERMINAL, State
from builder.flows.model import Concurrency
from builder.models import Execution as ExecutionRow
from builder.models import Signal, TaskRun
from builder.store import documents
from builder.store.executions import rows
from builder.store.executions.limits import admitted, hold_flows_of, limit_now, promote, queued_flows
from builder.store.executions.records import insert_logs, insert_metrics, totals
from builder.store.executions.signals import child_ended, send_many
from builder.store.executions.values import Saved, SaveResult
from builder.store.gate import lock_executions, moment, on_commit, run_many, write

_UPDATE = """
UPDATE builder_execution SET state = %s, history = %s, outputs = %s, labels = %s, message = %s, notes = %s,
  started_at = %s, ended_at = %s, wake_at = %s, runs_total = %s, runs_ended = %s,
  tokens = CASE WHEN %s IS NULL THEN tokens ELSE COALESCE(tokens, 0) + %s END,
  cost = CASE WHEN %s IS NULL THEN cost ELSE COALESCE(cost, 0) + %s END,
  unpriced = unpriced + %s,
  alone = CASE WHEN %s THEN %s ELSE alone END, losses = CASE WHEN %s THEN 0 ELSE losses END
WHERE id = %s AND epoch = %s
"""
_GIVE_UP = """
UPDATE builder_execution SET owner = '', lease_until = NULL, due_at = CASE
  WHEN ended_at IS NOT NULL THEN NULL
  WHEN EXISTS (SELECT 1 FROM builder_signal WHERE execution_id = builder_execution.id) THEN %s
  ELSE wake_at END
WHERE id = %s
"""
_CHANGE = """
INSERT INTO builder_statechange (execution_id, state, at)
SELECT id, %s, %s FROM builder_execution e WHERE id = %s AND (EXISTS (
    SELECT 1 FROM builder_trigger WHERE type IN ('io.kestra.plugin.core.trigger.Flow',
      'io.kestra.core.models.triggers.types.Flow') AND (%s OR definition LIKE %s))
  OR e.trigger IS NOT NULL AND EXISTS (SELECT 1 FROM builder_trigger t WHERE t.namespace = e.namespace
      AND t.flow_id = e.flow_id AND t.definition LIKE %s))
"""
_LISTENED_TO = TERMINAL | {State.PAUSED}
"""What flow triggers look at that name no states; of other states only what one of them names is noted."""
_STOPS = '%"stopAfter"%'


def save(batch: Sequence[Saved], now: datetime) -> SaveResult:
    """Writes what changed of many executions in one transaction; the fenced ones are left out as a whole.

    Ends tell the parent, let queued executions of the flow in, and are noted for flow triggers.
    """
    with write():
        ended = [saved.execution.id for saved in batch if saved.execution.state in TERMINAL]
        hold_flows_of(ended, [child for saved in batch for child in saved.children])
        _hold_with_parents([saved.execution for saved in batch])
        fenced = _fence(batch)
        kept = [saved for saved in batch if saved.execution.id not in fenced]
        _write_parts(kept)
        _note_changes((saved.execution.id, state, at) for saved in kept for state, at in saved.passed)
        ring = [*_create_children(kept), *_after_ends(kept, now)]
    return SaveResult(frozenset(fenced), tuple(dict.fromkeys(ring)))


def _hold_with_parents(changed: Sequence[Execution]) -> None:
    """Where the end of some is told to others, all of them are held in one order before anything is written."""
    told = {parent for execution in changed if execution.state in TERMINAL and (parent := _told(execution))}
    if told:
        lock_executions({*told, *(execution.id for execution in changed)})


def _told(execution: Execution) -> str | None:
    """The parent that waits for it; a child nobody waits for has an empty path."""
    return execution.parent_id if execution.parent_path else None


def _fence(batch: Sequence[Saved]) -> set[str]:
    """Updates the execution rows; returns those whose epoch is another's by now (their UPDATE changed nothing)."""
    ordered = sorted(batch, key=lambda saved: saved.execution.id)
    if run_many(_UPDATE, [_row(saved) for saved in ordered]) == len(ordered):
        return set()
    ids = [saved.execution.id for saved in batch]
    epochs = dict(ExecutionRow.objects.filter(id__in=ids).values_list("id", "epoch"))
    return {saved.execution.id for saved in batch if epochs.get(saved.execution.id) != saved.epoch}


def _row(saved: Saved) -> tuple[Any, ...]:
    execution = saved.execution
    tokens, cost, unpriced = totals(saved.metrics)
    return (
        execution.state.value,
        documents.dump_history(execution.history),
        None if execution.outputs is None else documents.dump(execution.outputs),
        documents.dump(execution.labels),
        documents.clean(execution.message),
        documents.dump(execution.notes),
        moment(rows.started_at(execution)),
        moment(rows.ended_at(execution)),
        moment(execution.wake_at),
        len(execution.runs),
        rows.ended_runs(execution),
        tokens,
        tokens,
        _number(cost),
        _number(cost),
        unpriced,
        saved.settled,
        False,
        saved.settled,
        execution.id,
        saved.epoch,
    )


def _number(cost: Decimal | None) -> str | None:
    return None if cost is None else str(cost)


def _write_parts(kept: Sequence[Saved]) -> None:
    rows.save_runs((saved.execution, saved.changed) for saved in kept if saved.changed)
    _delete_runs(kept)
    insert_logs((saved.execution, line) for saved in kept for line in saved.logs)
    insert_metrics((saved.execution, point) for saved in kept for point in saved.metrics)
    rows.write_altered(saved.execution for saved in kept if saved.altered)
    consumed = [signal for saved in kept for signal in saved.consumed]
    if consumed:
        Signal.objects.filter(id__in=consumed).delete()


def _delete_runs(kept: Sequence[Saved]) -> None:
    for saved in kept:
        rows.delete_runs(saved.execution.id, [path for path in saved.changed if path not in saved.execution.runs])


def _create_children(kept: Sequence[Saved]) -> Iterable[str]:
    news = [child for saved in kept for child in saved.children]
    if not news:
        return []
    children = rows.create_many(news)
    refused = [child for child in children if child.state in TERMINAL]
    ring = after_ends(refused, children[0].created_at) if refused else []
    return ring + [
        child.id
        for child, new in zip(children, news, strict=True)
        if new.due_at is None and child.state is State.CREATED
    ]


def _after_ends(kept: Sequence[Saved], now: datetime) -> list[str]:
    ended = [saved.execution for saved in kept if saved.execution.state in TERMINAL]
    parked = [saved.execution for saved in kept if saved.parked and saved.execution.state not in TERMINAL]
    at = moment(now)
    run_many(_GIVE_UP, [(at, execution.id) for execution in (*ended, *parked)])
    return _tell_others(ended, now) if ended else []


def after_ends(ended: Sequence[Execution], now: datetime) -> list[str]:
    """What the end of executions means for others (flow triggers, parents, who is queued); returns whom to ring."""
    _note_changes((execution.id, execution.state, now) for execution in ended)
    return _tell_others(ended, now)


def _note_changes(changes: Iterable[tuple[str, State, datetime]]) -> None:
    """For flow triggers; that an execution was created is nothing they look at."""
    noted = [
        (state.value, moment(at), execution_id, state in _LISTENED_TO, f"%{state.value}%", _STOPS)
        for execution_id, state, at in changes
        if state is not State.CREATED
    ]
    run_many(_CHANGE, noted)


def _tell_others(ended: Sequence[Execution], now: datetime) -> list[str]:
    on_commit(lambda: _count(ended))
    flows = {(execution.namespace, execution.flow_id) for execution in ended}
    return [*tell_parents(ended, now), *promote(flows & queued_flows({flow_id for _, flow_id in flows}), now)]


def _count(ended: Sequence[Execution]) -> None:
    for execution in ended:
        counters.count_end(execution.state.value, (execution.history[-1][1] - execution.created_at).total_seconds())


def admit_late(execution: Execution, concurrency: Concurrency | None, now: datetime) -> tuple[bool, list[str]]:
    """Whether an execution whose date has come may run, and whom to ring.

    If not, it is queued or ended as its flow's limit says, and whoever claimed it has lost it.
    """
    with write():
        limit, key = limit_now(execution.id, concurrency)
        found = admitted(replace(execution, wake_at=None), limit, key, now)
        if found.state is State.CREATED:
            ExecutionRow.objects.filter(id=execution.id).update(wake_at=None)
            return True, []
        return False, replace_execution(found, now, due=False)


def tell_parents(ended: Sequence[Execution], now: datetime) -> list[str]:
    """Signals each waiting parent of its end; returns the parents."""
    told = [
        (parent, *child_ended(execution.parent_path or "", execution.id, execution.state.value, execution.outputs))
        for execution in ended
        if (parent := _told(execution))
    ]
    send_many(told, now)
    return [parent for parent, _, _ in told]


def hold(execution_id: str) -> None:
    """Before it is read for `replace_execution`: nobody lets it in, or goes on with it, until that is done."""
    hold_flows_of([execution_id])
    parent = ExecutionRow.objects.filter(id=execution_id).values_list("parent_id", flat=True).first()
    lock_executions([key for key in (execution_id, parent) if key])


def replace_execution(execution: Execution, now: datetime, *, due: bool) -> list[str]:
    """Writes an execution that no runner drives, by a person's action (restart, kill of a queued one, labels).

    Takes it away from whoever has it (its epoch grows). `due`: a runner is to take it up; returns whom to ring.
    """
    with write():
        hold_flows_of([execution.id])
        _hold_with_parents([execution])
        lock_executions([execution.id])
        ended = execution.state in TERMINAL
        # A kill that came as it ended was never read: it must not end the restarted one.
        Signal.objects.filter(execution_id=execution.id, execution__ended_at__isnull=False).delete()
        ExecutionRow.objects.filter(id=execution.id).update(
            state=execution.state.value,
            history=documents.dump_history(execution.history),
            revision=execution.revision,
            labels=documents.dump(execution.labels),
            variables=None if execution.variables is None else documents.dump(execution.variables),
            message=execution.message,
            notes=documents.dump(execution.notes),
            outputs=None if execution.outputs is None else documents.dump(execution.outputs),
            started_at=rows.started_at(execution),
            ended_at=rows.ended_at(execution),
            wake_at=execution.wake_at,
            runs_total=len(execution.runs),
            runs_ended=rows.ended_runs(execution),
            owner="",
            lease_until=None,
            due_at=now if due and not ended else None,
            losses=0,
            alone=False,
            epoch=_next_epoch(execution.id),
        )
        there = TaskRun.objects.filter(execution_id=execution.id).values_list("path", flat=True)
        rows.delete_runs(execution.id, [path for path in there if path not in execution.runs])
        rows.save_runs([(execution, execution.runs)])
        rows.relabel([execution])
        if ended:
            return after_ends([execution], now)
        if due:
            _note_changes([(execution.id, execution.state, now)])
        return [execution.id] if due else []


def relabel(execution: Execution) -> None:
    """Writes the labels of an execution that has ended."""
    with write():
        ExecutionRow.objects.filter(id=execution.id).update(labels=documents.dump(execution.labels))
        rows.relabel([execution])


def _next_epoch(execution_id: str) -> int:
    return int(ExecutionRow.objects.values_list("epoch", flat=True).get(id=execution_id)) + 1
