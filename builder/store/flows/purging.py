"""Deletes old revisions of flows. The latest stays, and so does each that an execution ran: it needs its text."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from builder.models import Execution, Flow, FlowRevision
from builder.store import flows
from builder.store.gate import write

_AT_ONCE = 500


def delete(namespace: str, flow_id: str, numbers: Collection[int]) -> list[int]:
    """Deletes these revisions of a flow; returns those that are gone. Raises NotFound for a flow that is not there."""
    flows.revisions(namespace, flow_id)
    with write():
        found = _unused().filter(flow__namespace=namespace, flow__flow_id=flow_id, number__in=numbers)
        gone = list(found.values_list("number", flat=True))
        FlowRevision.objects.filter(id__in=list(found.values_list("id", flat=True))).delete()
    return gone


def purge(namespace: str = "", flow_id: str = "", *, keep: int = 0, before: datetime | None = None) -> int:
    """Deletes revisions of a flow, of all flows of a namespace and those below it, or of all; returns how many.

    `keep`: so many of the newest of each flow stay. `before`: only those made then or earlier go.
    """
    inside = Q(namespace=namespace) if flow_id else Q(namespace=namespace) | Q(namespace__startswith=f"{namespace}.")
    chosen = Flow.objects.filter(inside if namespace else Q(), deleted=False)
    if flow_id:
        chosen = chosen.filter(flow_id=flow_id)
    return sum(_purge(flow, keep, before) for flow in chosen.order_by("id"))


def _purge(flow: Flow, keep: int, before: datetime | None) -> int:
    kept = list(flow.revisions.order_by("-number").values_list("id", flat=True)[:keep])
    found = _unused().filter(flow=flow).exclude(id__in=kept)
    if before is not None:
        found = found.filter(created_at__lte=before)
    count = 0
    while True:
        with write():
            ids = list(found.values_list("id", flat=True)[:_AT_ONCE])
            if not ids:
                return count
            count += FlowRevision.objects.filter(id__in=ids).delete()[0]


def _unused() -> QuerySet[FlowRevision]:
    ran = Execution.objects.filter(
        namespace=OuterRef("flow__namespace"), flow_id=OuterRef("flow__flow_id"), revision=OuterRef("number")
    )
    return FlowRevision.objects.exclude(number=F("flow__revision")).filter(~Exists(ran)).order_by("id")
