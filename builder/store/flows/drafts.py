"""Drafts: the text being edited, with one history of undo and redo that survives reloads.

A step is kept as a splice (start, removed, inserted), so a long history of a large flow stays small.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime

from builder.errors import NotFound
from builder.models import Draft as DraftRow
from builder.models import DraftStep
from builder.store.gate import lock_row, write

STEPS_KEPT = 500


@dataclass(frozen=True, slots=True)
class Draft:
    """The text being edited. `base_revision` None: the flow does not exist yet. `changed`: since it was published."""

    namespace: str
    flow_id: str
    text: str
    base_revision: int | None
    saved_at: datetime
    saved_by: str
    changed: bool
    undo_title: str | None
    redo_title: str | None

    @property
    def can_undo(self) -> bool:
        return self.undo_title is not None

    @property
    def can_redo(self) -> bool:
        return self.redo_title is not None


@dataclass(frozen=True, slots=True)
class _Splice:
    start: int
    removed: str
    inserted: str


def get(namespace: str, flow_id: str) -> Draft:
    """Raises NotFound."""
    return _draft(_row(namespace, flow_id))


def find(namespace: str, flow_id: str) -> Draft | None:
    row = DraftRow.objects.filter(namespace=namespace, flow_id=flow_id, discarded=False).first()
    return _draft(row) if row else None


def save(
    namespace: str,
    flow_id: str,
    text: str,
    *,
    base_text: str,
    base_revision: int | None,
    by: str,
    now: datetime,
    title: str = "",
) -> Draft:
    """Keeps the text as one more step. A first save begins the history at `base_text` (the published text, or "")."""
    with write():
        row = _row_to_write(namespace, flow_id)
        if row is None:
            row = DraftRow.objects.create(
                namespace=namespace, flow_id=flow_id, text=base_text, base_revision=base_revision, saved_at=now
            )
        elif row.discarded:
            row.text, row.base_revision, row.discarded, row.changed = base_text, base_revision, False, False
            _forget_steps(row)
        _add_step(row, text, now, title)
        row.changed = row.changed or text != row.text
        row.text, row.saved_at, row.saved_by = text, now, by
        row.save()
        return _draft(row)


def undo(namespace: str, flow_id: str, *, by: str, now: datetime) -> Draft:
    """One step back; unchanged at the beginning. Raises NotFound."""
    return _step(namespace, flow_id, by, now, back=True)


def redo(namespace: str, flow_id: str, *, by: str, now: datetime) -> Draft:
    """One step forward again; unchanged at the end. Raises NotFound."""
    return _step(namespace, flow_id, by, now, back=False)


def discard(namespace: str, flow_id: str) -> None:
    """Puts the draft away; `restore` brings it back until the next edit."""
    with write():
        DraftRow.objects.filter(namespace=namespace, flow_id=flow_id).update(discarded=True)


def restore(namespace: str, flow_id: str) -> Draft:
    """Takes a discard back. Raises NotFound."""
    with write():
        DraftRow.objects.filter(namespace=namespace, flow_id=flow_id).update(discarded=False)
        return get(namespace, flow_id)


def rebase(namespace: str, flow_id: str, base_revision: int, *, changed: bool) -> None:
    """From now on the draft counts as begun from this revision; its history stays, so that undo goes past a publish."""
    with write():
        DraftRow.objects.filter(namespace=namespace, flow_id=flow_id).update(
            base_revision=base_revision, changed=changed
        )


def remove(namespace: str, flow_id: str) -> None:
    """Deletes the draft with its history."""
    with write():
        DraftRow.objects.filter(namespace=namespace, flow_id=flow_id).delete()


def listed() -> list[Draft]:
    """All drafts that hold something unpublished, the latest first."""
    return [_draft(row) for row in DraftRow.objects.filter(discarded=False, changed=True).order_by("-saved_at")]


def keys() -> dict[tuple[str, str], datetime]:
    """Which flows have something unpublished, and when it was saved."""
    rows = DraftRow.objects.filter(discarded=False, changed=True).values_list("namespace", "flow_id", "saved_at")
    return {(namespace, flow_id): saved_at for namespace, flow_id, saved_at in rows}


def _row(namespace: str, flow_id: str) -> DraftRow:
    row = DraftRow.objects.filter(namespace=namespace, flow_id=flow_id, discarded=False).first()
    if row is None:
        raise NotFound(f"There is no draft of `{namespace}.{flow_id}`.")
    return row


def _row_to_write(namespace: str, flow_id: str) -> DraftRow | None:
    lock_row("builder_draft", namespace=namespace, flow_id=flow_id)
    return DraftRow.objects.filter(namespace=namespace, flow_id=flow_id).first()


def _add_step(row: DraftRow, text: str, now: datetime, title: str) -> None:
    if text == row.text:
        return
    splice = _difference(row.text, text)
    DraftStep.objects.filter(draft=row, number__gt=row.position).delete()
    row.position += 1
    DraftStep.objects.create(
        draft=row,
        number=row.position,
        start=splice.start,
        removed=splice.removed,
        inserted=splice.inserted,
        title=title,
        made_at=now,
    )
    DraftStep.objects.filter(draft=row, number__lte=row.position - STEPS_KEPT).delete()


def _forget_steps(row: DraftRow) -> None:
    DraftStep.objects.filter(draft=row).delete()
    row.position = 0


def _step(namespace: str, flow_id: str, by: str, now: datetime, *, back: bool) -> Draft:
    with write():
        _row_to_write(namespace, flow_id)
        row = _row(namespace, flow_id)
        step = DraftStep.objects.filter(draft=row, number=row.position if back else row.position + 1).first()
        if step is None:
            return _draft(row)
        old, new = (step.inserted, step.removed) if back else (step.removed, step.inserted)
        row.text = row.text[: step.start] + new + row.text[step.start + len(old) :]
        row.position += -1 if back else 1
        row.saved_at, row.saved_by, row.changed = now, by, True
        row.save()
        return _draft(row)


def _difference(old: str, new: str) -> _Splice:
    """The one span that differs."""
    start = _common(old, new)
    limit = min(len(old), len(new)) - start
    tail = _common(old[::-1][:limit], new[::-1][:limit])
    return _Splice(start, old[start : len(old) - tail], new[start : len(new) - tail])


def _common(left: str, right: str) -> int:
    """How many characters both begin with; by halving, since comparing slices is far quicker than characters."""
    return bisect_left(range(min(len(left), len(right))), True, key=lambda at: left[: at + 1] != right[: at + 1])


def _draft(row: DraftRow) -> Draft:
    titles = dict(
        DraftStep.objects.filter(draft=row, number__in=(row.position, row.position + 1)).values_list("number", "title")
    )
    return Draft(
        row.namespace,
        row.flow_id,
        row.text,
        row.base_revision,
        row.saved_at,
        row.saved_by,
        row.changed,
        titles.get(row.position),
        titles.get(row.position + 1),
    )
