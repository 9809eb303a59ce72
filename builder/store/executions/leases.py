"""The right to drive an execution: claimed by one conditional UPDATE, renewed by a heartbeat, fenced by its epoch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Case, DateTimeField, Exists, OuterRef, Q, QuerySet, Value, When

from builder.clock import SystemClock
from builder.engine.states import TERMINAL, State
from builder.models import Execution as ExecutionRow
from builder.models import Signal
from builder.store.executions import reading
from builder.store.executions.signals import signals
from builder.store.executions.values import Claim
from builder.store.gate import has_row_locks, moment, run_many, write

_CLAIM = """
UPDATE builder_execution SET losses = losses + CASE WHEN %s THEN 1 ELSE 0 END, alone = %s, owner = %s,
  epoch = epoch + 1, lease_until = %s, due_at = %s
WHERE id = %s AND epoch = %s
"""


def claim(execution_id: str, owner: str, now: datetime, lease_seconds: float) -> Claim | None:
    """The right to drive this execution, or None: somebody else drives it, it has ended, or it is not there."""
    claims = claim_many([execution_id], owner, now, lease_seconds)
    return claims[0] if claims else None


def claim_many(ids: Sequence[str], owner: str, now: datetime, lease_seconds: float) -> list[Claim]:
    """Claims all of these that are free, in one transaction."""
    until = moment(now + timedelta(seconds=lease_seconds))
    with write():
        taken = [row for row in reading.read(sorted(set(ids)), lock=True) if _is_free(row, now)]
        run_many(
            _CLAIM,
            [
                (
                    row.alone and bool(row.owner),
                    row.alone or bool(row.owner),
                    owner,
                    until,
                    until,
                    row.execution.id,
                    row.epoch,
                )
                for row in taken
            ],
        )
    return _claims(taken)


def _is_free(row: reading.Row, now: datetime) -> bool:
    lapsed = row.lease_until is None or row.lease_until < now
    return lapsed and row.execution.state not in TERMINAL and row.execution.state is not State.QUEUED


def _claims(taken: Sequence[reading.Row]) -> list[Claim]:
    runs = reading.runs_of([row.execution.id for row in taken if row.runs_total])
    asked = signals([row.execution.id for row in taken]) if taken else {}
    return [
        Claim(
            execution=replace(row.execution, runs=runs.get(row.execution.id, {})),
            epoch=row.epoch + 1,
            source=row.source,
            lost=bool(row.owner),
            alone=row.alone or bool(row.owner),
            losses=row.losses + (row.alone and bool(row.owner)),
            signals=tuple(asked.get(row.execution.id, ())),
            is_draft=row.is_draft,
            concurrency_key=row.concurrency_key,
        )
        for row in taken
    ]


def sources(ids: Sequence[str]) -> dict[str, str]:
    """The flow text that each execution runs: its draft's, or its revision's."""
    return {row.execution.id: row.source for row in reading.read(ids)}


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
    return found.order_by("id").select_for_update(no_key=True).values_list("id", "epoch")


def release(execution_id: str, epoch: int, now: datetime, wake_at: datetime | None = None) -> bool:
    """Gives the lease up; it goes on at `wake_at` or by a signal. False: it was not ours any more."""
    with write():
        return bool(
            ExecutionRow.objects.filter(id=execution_id, epoch=epoch).update(
                owner="", lease_until=None, wake_at=wake_at, due_at=parked_until(now, wake_at)
            )
        )


def hand_back(held: Mapping[str, int], due_at: datetime, losses: Mapping[str, int] | None = None) -> None:
    """Gives up executions (id -> epoch) that somebody else should take: at once, when a worker stops, or then.

    `losses`: how many are to count as theirs, of those of whom that changes.
    """
    with write():
        for execution_id, epoch in sorted(held.items()):
            changes = {"losses": losses[execution_id]} if losses and execution_id in losses else {}
            ExecutionRow.objects.filter(id=execution_id, epoch=epoch).update(
                owner="", lease_until=None, due_at=due_at, **changes
            )


def parked_until(now: datetime, wake_at: datetime | None) -> Case:
    """When a parked execution is due: at once if somebody asked something of it meanwhile."""
    asked = Exists(Signal.objects.filter(execution_id=OuterRef("id")))
    return Case(
        When(asked, then=Value(now)), default=Value(wake_at, output_field=DateTimeField()), output_field=DateTimeField()
    )


def give_up(owner: str, now: datetime) -> list[str]:
    """Ends the leases of a process that is known to be gone (one of the same name starts); returns their ids."""
    with write():
        found = ExecutionRow.objects.filter(owner=owner, lease_until__isnull=False).order_by("id")
        ids = list(found.select_for_update(no_key=True).values_list("id", flat=True))
        just_over = now - timedelta(microseconds=1)
        ExecutionRow.objects.filter(id__in=ids, owner=owner).update(lease_until=just_over, due_at=now)
    return ids


def due(now: datetime, limit: int = 500) -> list[str]:
    """Whom sweep rings: never heard of, woken, asked, or with a lapsed lease; the longest overdue first."""
    return list(ExecutionRow.objects.filter(due_at__lte=now).order_by("due_at").values_list("id", flat=True)[:limit])


def put_off(ids: Sequence[str], until: datetime, now: datetime | None = None) -> None:
    """Sweep rang these, which were due: it leaves them alone until then, unless they are asked or claimed meanwhile.

    It waits for nobody: who holds one of them is at it already, or is frozen.
    """
    at = now or SystemClock().now()
    with write():
        rung = ExecutionRow.objects.filter(id__in=ids, due_at__lte=at).filter(
            Q(lease_until__isnull=True) | Q(lease_until__lt=at)
        )
        free = rung.select_for_update(no_key=True, skip_locked=True) if has_row_locks() else rung
        ExecutionRow.objects.filter(id__in=list(free.values_list("id", flat=True))).update(due_at=until)
