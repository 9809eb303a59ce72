"""Old slots are forgotten, a few at a time, so that their table does not grow without end.

Kept are those whose execution is kept, and those that their trigger has yet to look at or to make up for. Of what did
start something it stays known up to when that is not known any more: no backfill takes it for a gap.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from builder.models import Execution as ExecutionRow
from builder.models import Slot as SlotRow
from builder.models import Trigger as TriggerRow
from builder.store.gate import has_row_locks, moment, run_many, write
from builder.store.triggers.values import Trigger, read_all

LOOKED_AT = 500
"""How many slots one look takes: a short transaction."""
_INSTANT = timedelta(microseconds=1)
_NOTE = """
INSERT INTO builder_forgottenslots ("trigger", upto) VALUES (%s, %s)
ON CONFLICT ("trigger") DO UPDATE SET upto = excluded.upto WHERE excluded.upto > builder_forgottenslots.upto
"""


def forget_next(before: datetime, behind: int) -> int | None:
    """Looks at the slots that were made after one (its id), and forgets those dealt with before that moment.

    Returns the id of the last one that was looked at; None at the end of all. It goes on over younger ones: a slot that
    a backfill started again was dealt with long after it was made.
    """
    seen = list(SlotRow.objects.filter(id__gt=behind).order_by("id")[:LOOKED_AT])
    old = [row for row in seen if row.made_at < before]
    needless = _needless(old)
    if needless:
        with write():
            _forget([row.id for row in needless], before)
    return seen[-1].id if len(seen) == LOOKED_AT else None


def _needless(old: Sequence[SlotRow]) -> list[SlotRow]:
    there = ExecutionRow.objects.filter(id__in={row.execution_id for row in old if row.execution_id})
    kept = set(there.values_list("id", flat=True))
    looked_at = {trigger.key: _looked_at_upto(trigger) for trigger in _named({row.trigger for row in old})}
    return [
        row
        for row in old
        if row.execution_id not in kept and (row.trigger not in looked_at or row.fire_at <= looked_at[row.trigger])
    ]


def _looked_at_upto(trigger: Trigger) -> datetime:
    """Up to and with this moment neither the schedule, a pause of it nor its backfill asks for a slot again."""
    backfill = trigger.backfill
    going_on = backfill if backfill is not None and not backfill.is_over else None
    made_up_for = (going_on.at or going_on.start - _INSTANT) if going_on else None
    return min(filter(None, (trigger.seen_upto, trigger.off_at, made_up_for)))


def _named(keys: Collection[str]) -> list[Trigger]:
    """The triggers that there are of these."""
    places = [key.split("/", 2) for key in keys]
    found = TriggerRow.objects.filter(namespace__in={one[0] for one in places}, flow_id__in={one[1] for one in places})
    return [trigger for trigger in read_all(found) if trigger.key in keys]


def _forget(ids: Sequence[int], before: datetime) -> None:
    """Inside a transaction. Slots that somebody holds are left for another time, and so are those that a backfill has
    started again since they were looked at."""
    found = SlotRow.objects.filter(id__in=ids, made_at__lt=before).order_by("id")
    held = list(found.select_for_update(skip_locked=True) if has_row_locks() else found)
    upto: dict[str, datetime] = {}
    for row in held:
        if row.execution_id is not None:
            upto[row.trigger] = max(row.fire_at, upto.get(row.trigger, row.fire_at))
    run_many(_NOTE, [(trigger, moment(at)) for trigger, at in sorted(upto.items())])
    SlotRow.objects.filter(id__in=[row.id for row in held]).delete()
