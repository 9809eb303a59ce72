"""Flows and their numbered revisions."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from builder.errors import Conflict, NotFound, StaleRevision
from builder.models import Flow as FlowRow
from builder.models import FlowRevision as RevisionRow
from builder.store import documents
from builder.store.gate import lock_row, select, write
from builder.store.pages import Page, total_of

_TO_RUN = """
SELECT r.number, r.source, f.disabled FROM builder_flow f
JOIN builder_flowrevision r ON r.flow_id = f.id AND r.number = COALESCE(%s, f.revision)
WHERE f.namespace = %s AND f.flow_id = %s AND NOT f.deleted
"""


@dataclass(frozen=True, slots=True)
class FlowItem:
    """One flow as lists show it; `revision` is its latest."""

    namespace: str
    id: str
    revision: int
    description: str
    labels: tuple[tuple[str, str], ...]
    disabled: bool
    deleted: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Revision:
    """One published text. `deleted`: this revision says that the flow was deleted."""

    namespace: str
    flow_id: str
    number: int
    source: str
    created_by: str
    created_at: datetime
    deleted: bool = False


def publish(
    *,
    namespace: str,
    flow_id: str,
    source: str,
    by: str,
    now: datetime,
    base_revision: int | None = None,
    description: str = "",
    labels: Sequence[tuple[str, str]] = (),
    disabled: bool = False,
    must_be_new: bool = False,
) -> Revision:
    """A new revision, or the latest one when its text is the same.

    Raises StaleRevision when `base_revision` is given and somebody published after it, Conflict when the flow must be
    new and is not.
    """
    digest = hashlib.sha256(source.encode()).hexdigest()
    with write():
        row = _row_to_publish(namespace, flow_id, now)
        if must_be_new and row.revision and not row.deleted:
            raise Conflict("Flow id already exists")
        if base_revision is not None and row.revision != base_revision and not row.deleted:
            raise StaleRevision(
                f"Flow `{namespace}.{flow_id}` is at revision {row.revision} by now; this edit began from "
                f"{base_revision or 'nothing'}. Look at what changed, then publish again."
            )
        latest = row.revisions.filter(number=row.revision).first()
        if latest and not row.deleted and latest.content_hash == digest:
            return _revision(latest, row)
        row.revision += 1
        row.description, row.labels, row.disabled = description, documents.dump(labels), disabled
        row.deleted, row.updated_at = False, now
        row.save()
        return _revision(
            row.revisions.create(
                number=row.revision, source=source, content_hash=digest, created_by=by, created_at=now
            ),
            row,
        )


def hold(namespace: str, flow_id: str) -> None:
    """Nobody else publishes it until the transaction ends; before anything of its draft is written."""
    lock_row("builder_flow", namespace=namespace, flow_id=flow_id)


def hold_all(flows: Iterable[tuple[str, str]], *, begun_at: datetime | None = None) -> None:
    """The same of several (namespace, id), before anything is done with one of them, in whichever order that is.

    `begun_at`: those that are not there yet are begun, so that nobody else begins them meanwhile.
    """
    places = sorted(set(flows))
    if begun_at is not None:
        rows = [FlowRow(namespace=one[0], flow_id=one[1], created_at=begun_at, updated_at=begun_at) for one in places]
        FlowRow.objects.bulk_create(rows, ignore_conflicts=True)
    for place in places:
        hold(*place)


def _row_to_publish(namespace: str, flow_id: str, now: datetime) -> FlowRow:
    hold_all([(namespace, flow_id)], begun_at=now)
    return FlowRow.objects.get(namespace=namespace, flow_id=flow_id)


def mark_deleted(namespace: str, flow_id: str, *, by: str, now: datetime) -> Revision:
    """Deletes by a new revision that says so; the history of texts and executions stays. Raises NotFound."""
    with write():
        hold(namespace, flow_id)
        row = _live(namespace, flow_id)
        latest = row.revisions.get(number=row.revision)
        row.revision += 1
        row.deleted, row.updated_at = True, now
        row.save()
        return _revision(
            row.revisions.create(
                number=row.revision,
                source=latest.source,
                content_hash=latest.content_hash,
                created_by=by,
                created_at=now,
                deleted=True,
            ),
            row,
        )


def get(namespace: str, flow_id: str, *, allow_deleted: bool = False) -> FlowItem:
    """The flow as lists show it. Raises NotFound."""
    return _item(_live(namespace, flow_id, allow_deleted=allow_deleted))


def exists(namespace: str, flow_id: str) -> bool:
    return FlowRow.objects.filter(namespace=namespace, flow_id=flow_id, deleted=False, revision__gt=0).exists()


def revision(
    namespace: str,
    flow_id: str,
    number: int | None = None,
    *,
    allow_deleted: bool = False,
) -> Revision:
    """One revision, the latest unless a number is given. Raises NotFound."""
    row = _live(namespace, flow_id, allow_deleted=allow_deleted or number is not None)
    found = row.revisions.filter(number=number or row.revision).first()
    if found is None:
        raise NotFound(f"Flow `{namespace}.{flow_id}` has no revision {number}; its latest is {row.revision}.")
    return _revision(found, row)


def to_run(namespace: str, flow_id: str, number: int | None = None) -> tuple[int, str, bool]:
    """Number, text and disabled of the revision to run, by one statement: every execution begins with it.

    Raises NotFound.
    """
    found = select(_TO_RUN, (number, namespace, flow_id))
    if not found:
        latest = get(namespace, flow_id).revision
        raise NotFound(f"Flow `{namespace}.{flow_id}` has no revision {number}; its latest is {latest}.")
    at, source, disabled = found[0]
    return at, source, bool(disabled)


def source_at(namespace: str, flow_id: str, at: datetime | None) -> str:
    """The text that the flow had then; the latest one without a time, or where it is younger. Raises NotFound."""
    row = _live(namespace, flow_id)
    then = row.revisions.filter(created_at__lte=at).order_by("-number").first() if at is not None else None
    return (then or row.revisions.get(number=row.revision)).source


def revisions(namespace: str, flow_id: str) -> list[Revision]:
    """All revisions, oldest first. Raises NotFound."""
    row = _live(namespace, flow_id, allow_deleted=True)
    return [_revision(found, row) for found in row.revisions.order_by("number")]


def latest_sources(flows: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The latest text of each of these flows; missing ones are left out."""
    wanted = Q(pk__in=[])
    for namespace, flow_id in flows:
        wanted |= Q(namespace=namespace, flow_id=flow_id)
    latest = RevisionRow.objects.filter(flow=OuterRef("pk"), number=OuterRef("revision")).values("source")[:1]
    rows = FlowRow.objects.filter(wanted, deleted=False).annotate(source=Subquery(latest))
    return {(row.namespace, row.flow_id): row.source for row in rows if row.source is not None}


def search(
    *,
    text: str = "",
    namespace: str = "",
    labels: Sequence[tuple[str, str]] = (),
    page: int = 1,
    size: int = 25,
    sort: str = "namespace",
    exact_namespace: bool = False,
) -> Page[FlowItem]:
    """One page of flows; `namespace` takes its children too; `sort` is namespace, id, updated or created, with "-"."""
    found = _live_rows()
    if namespace:
        inside = Q(namespace=namespace)
        found = found.filter(inside if exact_namespace else inside | Q(namespace__startswith=f"{namespace}."))
    if text:
        found = found.filter(Q(flow_id__icontains=text) | Q(namespace__icontains=text) | Q(description__icontains=text))
    for pair in labels:
        found = found.filter(labels__contains=documents.dump(pair))
    rows = list(found.order_by(*_order(sort))[(page - 1) * size : page * size])
    return Page(tuple(_item(row) for row in rows), total_of(found, len(rows), page, size), page, size)


def search_sources(text: str, *, namespace: str = "", limit: int = 50) -> list[Revision]:
    """Latest revisions whose text holds `text`."""
    found = RevisionRow.objects.filter(
        number=F("flow__revision"), flow__deleted=False, source__icontains=text
    ).select_related("flow")
    if namespace:
        found = found.filter(Q(flow__namespace=namespace) | Q(flow__namespace__startswith=f"{namespace}."))
    return [_revision(row, row.flow) for row in found.order_by("flow__namespace", "flow__flow_id")[:limit]]


def namespaces() -> list[str]:
    """Every namespace that holds a flow."""
    return list(_live_rows().order_by("namespace").values_list("namespace", flat=True).distinct())


def _order(sort: str) -> list[str]:
    columns = {
        "namespace": ["namespace", "flow_id"],
        "id": ["flow_id", "namespace"],
        "updated": ["updated_at", "id"],
        "created": ["created_at", "id"],
    }
    chosen = columns.get(sort.lstrip("-"), columns["namespace"])
    return [f"-{column}" for column in chosen] if sort.startswith("-") else chosen


def _live_rows() -> QuerySet[FlowRow]:
    return FlowRow.objects.filter(deleted=False, revision__gt=0)


def _live(namespace: str, flow_id: str, *, allow_deleted: bool = False) -> FlowRow:
    rows = FlowRow.objects.filter(revision__gt=0) if allow_deleted else _live_rows()
    row = rows.filter(namespace=namespace, flow_id=flow_id).first()
    if row is None:
        raise NotFound(f"Flow `{namespace}.{flow_id}` does not exist.")
    return row


def _item(row: FlowRow) -> FlowItem:
    return FlowItem(
        namespace=row.namespace,
        id=row.flow_id,
        revision=row.revision,
        description=row.description,
        labels=tuple((key, value) for key, value in documents.load(row.labels)),
        disabled=row.disabled,
        deleted=row.deleted,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _revision(found: RevisionRow, row: FlowRow) -> Revision:
    return Revision(
        row.namespace, row.flow_id, found.number, found.source, found.created_by, found.created_at, found.deleted
    )
