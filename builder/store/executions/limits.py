"""A flow's concurrency limit: who is admitted when an execution is created, and who comes next when one ends."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from django.db.models import Q, QuerySet

from builder.engine.execution import Execution
from builder.engine.states import State
from builder.flows.model import Concurrency
from builder.models import Execution as ExecutionRow
from builder.store.executions.values import NewExecution
from builder.store.gate import among, lock_row, select, write

_QUEUED = "SELECT DISTINCT namespace, flow_id FROM builder_execution WHERE state = 'QUEUED'"
_AT_LIMIT = {"QUEUE": State.QUEUED, "CANCEL": State.CANCELLED, "FAIL": State.FAILED}


def admit(new: NewExecution) -> Execution:
    """The execution, in the state that its flow's limit allows. Runs inside the creating transaction.

    One that waits for its date (its `wake_at`) holds no place until then: `admitted` is asked when it is taken up.
    """
    execution = new.execution
    if execution.state is not State.CREATED:
        return execution
    if new.due_at is not None and new.due_at > execution.created_at:
        return replace(execution, wake_at=new.due_at)
    return admitted(execution, new.concurrency, execution.created_at)


def admitted(execution: Execution, concurrency: Concurrency | None, at: datetime) -> Execution:
    """The execution that is to run now, in the state that its flow's limit allows. Inside the caller's transaction."""
    if concurrency is None:
        return execution
    _hold(execution.namespace, execution.flow_id)
    if _active(execution.namespace, execution.flow_id) < concurrency.limit:
        return execution
    state = _AT_LIMIT[concurrency.behavior]
    message = (
        ""
        if state is State.QUEUED
        else (
            f"Flow `{execution.namespace}.{execution.flow_id}` already has {concurrency.limit} running "
            f"{'execution' if concurrency.limit == 1 else 'executions'}, its concurrency limit."
        )
    )
    return replace(execution, state=state, message=message, history=(*execution.history, (state, at)))


def queued_flows(flow_ids: Collection[str] | None = None) -> set[tuple[str, str]]:
    """The flows (namespace, id) that have queued executions; among these ids, when some are given."""
    if flow_ids is None:
        return {(namespace, flow_id) for namespace, flow_id in select(_QUEUED, ())}
    found = select(f"{_QUEUED} AND flow_id IN ({among(flow_ids)})", tuple(flow_ids))
    return {(namespace, flow_id) for namespace, flow_id in found}


def promote(flows: Iterable[tuple[str, str]], now: datetime) -> list[str]:
    """Lets queued executions of these flows in, oldest first, as far as the limit has room; returns their ids."""
    promoted: list[str] = []
    for namespace, flow_id in sorted(set(flows)):
        _hold(namespace, flow_id)
        promoted += _promote(namespace, flow_id, now)
    return promoted


def _promote(namespace: str, flow_id: str, now: datetime) -> list[str]:
    waiting = _queued(namespace, flow_id).order_by("created_at", "id")
    oldest = waiting.values_list("id", "concurrency_limit").first()
    if oldest is None:
        return []
    limit = oldest[1]
    room = None if limit is None else limit - _active(namespace, flow_id)
    if room is not None and room <= 0:
        return []
    promoted = list(waiting.values_list("id", flat=True)[:room])
    for execution_id in promoted:
        _let_in(execution_id, now)
    return promoted


def _let_in(execution_id: str, now: datetime) -> None:
    """Makes one queued execution runnable. Its history goes on when it runs: CREATED, QUEUED, RUNNING, as in Kestra."""
    _row(execution_id).filter(state=State.QUEUED.value).update(state=State.CREATED.value, due_at=now)


def change_limit(namespace: str, flow_id: str, limit: int | None, now: datetime) -> list[str]:
    """A flow's limit is another one (None: there is none): it holds for those that wait too; returns whom to ring."""
    with write():
        if not _queued(namespace, flow_id).update(concurrency_limit=limit):
            return []
        return promote([(namespace, flow_id)], now)


def _queued(namespace: str, flow_id: str) -> QuerySet[ExecutionRow]:
    return ExecutionRow.objects.filter(namespace=namespace, flow_id=flow_id, state=State.QUEUED.value)


def _row(execution_id: str) -> QuerySet[ExecutionRow]:
    return ExecutionRow.objects.filter(id=execution_id)


def _active(namespace: str, flow_id: str) -> int:
    return (
        ExecutionRow.objects.filter(namespace=namespace, flow_id=flow_id, ended_at__isnull=True)
        .exclude(Q(state=State.QUEUED.value) | Q(state=State.CREATED.value, wake_at__isnull=False))
        .count()
    )


def _hold(namespace: str, flow_id: str) -> None:
    lock_row("SELECT id FROM builder_flow WHERE namespace = %s AND flow_id = %s", (namespace, flow_id))
