"""The right to drive an execution: claimed by one conditional UPDATE, renewed by a heartbeat, fenced by its epoch."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Case, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from builder.engine.states import TERMINAL, State
from builder.models import Execution as ExecutionRow
from builder.models import FlowRevision, Signal
from builder.store.executions import rows
from builder.store.executions.signals import signals
from builder.store.executions.values import Claim
from builder.store.gate import write

_UNCLAIMABLE = [state.value for state in TERMINAL | {State.QUEUED}]


def claim(execution_id: str, owner: str, now: datetime, lease_seconds: float) -> Claim | None:
    """The right to drive this execution, or None: somebody else drives it, it has ended, or it is not there."""
    claims = claim_many([execution_id], owner, now, lease_seconds)
    return claims[0] if claims else None


def claim_many(ids: Sequence[str], owner: str, now: datetime, lease_seconds: float) -> list[Claim]:
    """Claims all of these that are free, in one transaction."""
    until = now + timedelta(seconds=lease_seconds)
    with write():
        before = {execution_id: previous for execution_id in sorted(set(ids))
                  if (previous := _take(execution_id, owner, now, until)) is not None}
    if not before:
        return []
    return _claims(before)


def _take(execution_id: str, owner: str, now: datetime, until: datetime) -> bool | None:
    """Takes one; tells whether it was lost by another, or None when it is not to be had."""
    free = ExecutionRow.objects.filter(id=execution_id).exclude(state__in=_UNCLAIMABLE).filter(
        Q(lease_until__isnull=True) | Q(lease_until__lt=now))
    previous = free.values_list("owner", "epoch").first()
    if previous is None:
        return None
    lost = previous[0] != ""
    taken = free.filter(epoch=previous[1]).update(
        owner=owner, epoch=F("epoch") + 1, lease_until=until, due_at=until,
        losses=F("losses") + Case(When(alone=True, then=1), default=0) if lost else F("losses"),
        alone=True if lost else F("alone"),
    )
    return lost if taken else None


def _claims(lost: Mapping[str, bool]) -> list[Claim]:
    ids = list(lost)
    found = rows.load_many(ids)
    marks = {row[0]: row[1:] for row in ExecutionRow.objects.filter(id__in=ids).values_list("id", "alone", "losses")}
    asked = signals(ids)
    texts = sources(ids)
    return [
        Claim(execution=found[key][0], epoch=found[key][1], source=texts.get(key, ""), lost=lost[key],
              alone=marks[key][0], losses=marks[key][1], signals=tuple(asked.get(key, ())))
        for key in ids if key in found
    ]


def sources(ids: Sequence[str]) -> dict[str, str]:
    """The flow text that each execution runs: its draft's, or its revision's."""
    revision = FlowRevision.objects.filter(
        flow__namespace=OuterRef("namespace"), flow__flow_id=OuterRef("flow_id"), number=OuterRef("revision"))
    pairs = ExecutionRow.objects.filter(id__in=ids).values_list(
        "id", Coalesce(F("draft_source"), revision.values("source")[:1]))
    return {execution_id: source or "" for execution_id, source in pairs}


def draft_source(execution_id: str) -> str | None:
    """The draft's text, of an execution that runs a draft."""
    return ExecutionRow.objects.filter(id=execution_id).values_list("draft_source", flat=True).first()


def renew(owner: str, held: Mapping[str, int], now: datetime, lease_seconds: float) -> frozenset[str]:
    """Renews the leases on these executions (id -> epoch); returns those that are lost to somebody else."""
    until = now + timedelta(seconds=lease_seconds)
    with write():
        mine = {key for key, epoch in _owned(owner, held) if held[key] == epoch}
        ExecutionRow.objects.filter(id__in=mine, owner=owner).update(lease_until=until, due_at=until)
    return frozenset(held) - mine


def _owned(owner: str, held: Mapping[str, int]) -> Iterable[tuple[str, int]]:
    found: QuerySet[ExecutionRow] = ExecutionRow.objects.filter(id__in=list(held), owner=owner)
    return found.select_for_update().values_list("id", "epoch")


def release(execution_id: str, epoch: int, now: datetime, wake_at: datetime | None = None) -> bool:
    """Gives the lease up; it goes on at `wake_at` or by a signal. False: it was not ours any more."""
    with write():
        return bool(ExecutionRow.objects.filter(id=execution_id, epoch=epoch).update(
            owner="", lease_until=None, wake_at=wake_at, due_at=parked_until(now, wake_at)))


def hand_back(held: Mapping[str, int], now: datetime) -> None:
    """Gives up executions that somebody else should take at once (a worker that stops)."""
    with write():
        for execution_id, epoch in sorted(held.items()):
            ExecutionRow.objects.filter(id=execution_id, epoch=epoch).update(owner="", lease_until=None, due_at=now)


def parked_until(now: datetime, wake_at: datetime | None) -> Case:
    """When a parked execution is due: at once if somebody asked something of it meanwhile."""
    asked = Exists(Signal.objects.filter(execution_id=OuterRef("id")))
    return Case(When(asked, then=Value(now)), default=Value(wake_at, output_field=DateTimeField()),
                output_field=DateTimeField())


def give_up(owner: str, now: datetime) -> list[str]:
    """Ends the leases of a process that is known to be gone (one of the same name starts); returns their ids."""
    with write():
        ids = list(ExecutionRow.objects.filter(owner=owner, lease_until__isnull=False).values_list("id", flat=True))
        just_over = now - timedelta(microseconds=1)
        ExecutionRow.objects.filter(id__in=ids, owner=owner).update(lease_until=just_over, due_at=now)
    return ids


def due(now: datetime, limit: int = 500) -> list[str]:
    """Whom sweep rings: never heard of, woken, asked, or with a lapsed lease; the longest overdue first."""
    return list(ExecutionRow.objects.filter(due_at__lte=now).order_by("due_at").values_list("id", flat=True)[:limit])


def put_off(ids: Sequence[str], until: datetime) -> None:
    """Sweep rang these: it does not ring them again before `until`, unless they are claimed or asked meanwhile."""
    with write():
        ExecutionRow.objects.filter(id__in=ids, due_at__lt=until).filter(
            Q(lease_until__isnull=True) | Q(lease_until__lt=F("due_at"))).update(due_at=until)


