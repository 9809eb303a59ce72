"""A flow's limits: who is admitted when an execution is created, and who comes next when one ends."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Q, QuerySet

from builder.engine.execution import Execution
from builder.engine.states import TERMINAL, State
from builder.errors import TooMany
from builder.flows.durations import format_duration
from builder.flows.model import Concurrency, Quota
from builder.models import Execution as ExecutionRow
from builder.store.executions.values import NewExecution
from builder.store.gate import among, has_row_locks, lock_row, lock_row_if_free, select, write

_QUEUED = "SELECT DISTINCT namespace, flow_id FROM builder_execution WHERE state = 'QUEUED'"
_LIMITED = "SELECT DISTINCT namespace, flow_id FROM builder_execution WHERE concurrency_limit IS NOT NULL AND id IN"
_RETRY_AFTER_SECONDS = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AT_LIMIT = {"QUEUE": State.QUEUED, "CANCEL": State.CANCELLED, "FAIL": State.FAILED}


def admit(new: NewExecution) -> Execution:
    """The execution, in the state that its flow's limit allows. Runs inside the creating transaction.

    One that waits for its date (its `wake_at`) holds no place until then: `admitted` is asked when it is taken up.
    Raises TooMany for one that is not to be made when too many wait.
    """
    execution = new.execution
    if execution.state is not State.CREATED:
        return execution
    if (refused := _over_quota(execution, new.quotas)) is not None:
        return refused
    if new.due_at is not None and new.due_at > execution.created_at:
        return replace(execution, wake_at=new.due_at)
    found = admitted(execution, new.concurrency, new.concurrency_key, execution.created_at)
    if new.refused_when_full and found.state in TERMINAL and new.concurrency and new.concurrency.behavior == "QUEUE":
        raise TooMany(found.message, retry_after_seconds=_RETRY_AFTER_SECONDS)
    return found


def _over_quota(execution: Execution, quotas: Sequence[Quota]) -> Execution | None:
    """The execution, ended, where a window of its flow is full already."""
    if not quotas:
        return None
    place, at = (execution.namespace, execution.flow_id), execution.created_at
    _hold(*place)
    for quota in quotas:
        begin = at - (at - _EPOCH) % quota.duration
        begun = ExecutionRow.objects.filter(namespace=place[0], flow_id=place[1], created_at__gte=begin).count()
        if begun >= quota.limit:
            state = _AT_LIMIT[quota.behavior]
            message = (
                f"Flow `{'.'.join(place)}` has had {begun} executions since {begin:%Y-%m-%d %H:%M:%S} UTC; "
                f"its quota is {quota.limit} in {format_duration(quota.duration)}."
            )
            return replace(execution, state=state, message=message, history=(*execution.history, (state, at)))
    return None


def admitted(execution: Execution, concurrency: Concurrency | None, key: str, at: datetime) -> Execution:
    """The execution that is to run now, in the state that its flow's limit allows. Inside the caller's transaction."""
    if concurrency is None:
        return execution
    place = (execution.namespace, execution.flow_id)
    _hold(*place)
    if _active(*place).filter(concurrency_key=key).count() < concurrency.limit:
        return execution
    state, what, count = _AT_LIMIT[concurrency.behavior], "running", concurrency.limit
    longest = concurrency.queue_limit
    if state is State.QUEUED and longest is not None and _queued(*place).filter(concurrency_key=key).count() >= longest:
        state, what, count = _AT_LIMIT[concurrency.when_full], "waiting", longest
    message = "" if state is State.QUEUED else _full(execution, key, what, count)
    return replace(execution, state=state, message=message, history=(*execution.history, (state, at)))


def _full(execution: Execution, key: str, what: str, count: int) -> str:
    named = f"{count} {what} {'execution' if count == 1 else 'executions'}{f' for `{key}`' if key else ''}"
    limit = "its concurrency limit" if what == "running" else "its concurrency.queueLimit"
    return f"Flow `{execution.namespace}.{execution.flow_id}` already has {named}, {limit}."


def limit_now(execution_id: str, concurrency: Concurrency | None) -> tuple[Concurrency | None, str]:
    """The limit of an execution that waited for its date, and the key by which it shares it.

    The flow may have got another limit since it was made. None and "" when it is gone.
    """
    found = _row(execution_id).values_list("concurrency_limit", "concurrency_key").first()
    limit, key = found or (None, "")
    return None if limit is None else replace(concurrency or Concurrency(limit), limit=limit), key or ""


def hold_flows_of(ids: Collection[str], news: Iterable[NewExecution] = ()) -> None:
    """Holds the flows whose limit these executions share, or new ones will, before anything is done with executions."""
    if not has_row_locks():
        return
    places = {(new.execution.namespace, new.execution.flow_id) for new in news if new.concurrency or new.quotas}
    if ids:
        places |= {(namespace, flow_id) for namespace, flow_id in select(f"{_LIMITED} ({among(ids)})", [*ids])}
    for namespace, flow_id in sorted(places):
        _hold(namespace, flow_id)


def queued_flows(flow_ids: Collection[str] | None = None) -> set[tuple[str, str]]:
    """The flows (namespace, id) that have queued executions; among these ids, when some are given."""
    if flow_ids is None:
        return {(namespace, flow_id) for namespace, flow_id in select(_QUEUED, ())}
    found = select(f"{_QUEUED} AND flow_id IN ({among(flow_ids)})", tuple(flow_ids))
    return {(namespace, flow_id) for namespace, flow_id in found}


def promote(flows: Iterable[tuple[str, str]], now: datetime) -> list[str]:
    """Lets queued executions of these flows in, oldest first, as far as the limit has room; returns their ids.

    It may hold executions already, so it waits for nobody: a flow that was not held first (it has just got its limit)
    or an execution, where somebody else holds it, is left to `promote_waiting`.
    """
    promoted: list[str] = []
    for namespace, flow_id in sorted(set(flows)):
        if lock_row_if_free("builder_flow", namespace=namespace, flow_id=flow_id):
            promoted += _promote(namespace, flow_id, now)
    return promoted


def promote_waiting(now: datetime) -> None:
    """Lets in what waits in any queue although there is room: whoever was to do it could not, or went away."""
    for place in sorted(queued_flows()):
        with write():
            promote([place], now)


def _promote(namespace: str, flow_id: str, now: datetime) -> list[str]:
    waiting = _queued(namespace, flow_id).order_by("created_at", "id")
    oldest = waiting.values_list("concurrency_limit").first()
    if oldest is None:
        return []
    promoted = list(waiting.values_list("id", flat=True)) if oldest[0] is None else []
    if oldest[0] is not None:
        keys = list(waiting.order_by().values_list("concurrency_key", flat=True).distinct())
        running = _counted(_active(namespace, flow_id))
        for key in keys:
            room = max(0, oldest[0] - running.get(key, 0))
            promoted += waiting.filter(concurrency_key=key).values_list("id", flat=True)[:room]
    return [execution_id for execution_id in promoted if _let_in(execution_id, now)]


def _counted(rows: QuerySet[ExecutionRow]) -> dict[str, int]:
    """How many there are of each key."""
    return dict(rows.order_by().values_list("concurrency_key").annotate(count=Count("id")))


def _let_in(execution_id: str, now: datetime) -> bool:
    """Makes one queued execution runnable. Its history goes on when it runs: CREATED, QUEUED, RUNNING, as in Kestra."""
    if not lock_row_if_free("builder_execution", id=execution_id):
        return False
    return bool(_row(execution_id).filter(state=State.QUEUED.value).update(state=State.CREATED.value, due_at=now))


def change_limit(namespace: str, flow_id: str, concurrency: Concurrency | None, now: datetime) -> list[str]:
    """The limit of one flow is another one; see `change_limits`."""
    return change_limits({(namespace, flow_id): concurrency}, now)


def change_limits(limits: Mapping[tuple[str, str], Concurrency | None], now: datetime) -> list[str]:
    """The limits of these flows (namespace, id) are others: they hold for what waits or comes to its date too.

    Where a flow has a key no more, what there is shares one limit from now on. Returns whom to ring.
    """
    with write():
        for place in sorted(limits):
            _hold(*place)
        others = {place: _limited_otherwise(*place, concurrency) for place, concurrency in limits.items()}
        held = Q()
        if has_row_locks():
            found = ExecutionRow.objects.filter(reduce(or_, others.values(), Q(pk__in=[]))).order_by("id")
            # Those alone: what was made meanwhile would be taken out of order.
            held = Q(id__in=list(found.select_for_update(no_key=True).values_list("id", flat=True)))
        for place, concurrency in limits.items():
            if (rows := ExecutionRow.objects.filter(others[place], held)).exists():
                rows.update(**_share_of(concurrency))
        return promote(limits, now)


def _limited_otherwise(namespace: str, flow_id: str, concurrency: Concurrency | None) -> Q:
    """Which executions of a flow have not ended and have another limit, or still a key."""
    limit = concurrency.limit if concurrency is not None else None
    is_other = Q(concurrency_limit__isnull=False) if limit is None else ~Q(concurrency_limit=limit)
    if concurrency is None or not concurrency.key:
        is_other |= ~Q(concurrency_key="")
    return Q(namespace=namespace, flow_id=flow_id, ended_at__isnull=True) & is_other


def _share_of(concurrency: Concurrency | None) -> dict[str, Any]:
    """What becomes of their columns."""
    limit: dict[str, Any] = {"concurrency_limit": concurrency.limit if concurrency is not None else None}
    return limit if concurrency is not None and concurrency.key else {**limit, "concurrency_key": ""}


def _queued(namespace: str, flow_id: str) -> QuerySet[ExecutionRow]:
    return ExecutionRow.objects.filter(namespace=namespace, flow_id=flow_id, state=State.QUEUED.value)


def _row(execution_id: str) -> QuerySet[ExecutionRow]:
    return ExecutionRow.objects.filter(id=execution_id)


def _unended(namespace: str, flow_id: str) -> QuerySet[ExecutionRow]:
    return ExecutionRow.objects.filter(namespace=namespace, flow_id=flow_id, ended_at__isnull=True)


def _active(namespace: str, flow_id: str) -> QuerySet[ExecutionRow]:
    """Those that hold a place. They are counted, never noted: a place cannot leak."""
    waiting = Q(state=State.QUEUED.value) | Q(state=State.CREATED.value, wake_at__isnull=False)
    return _unended(namespace, flow_id).exclude(waiting)


def _hold(namespace: str, flow_id: str) -> None:
    lock_row("builder_flow", namespace=namespace, flow_id=flow_id)
