"""Calls that a webhook gathers until there are enough of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from builder.models import HeldCall
from builder.store import documents
from builder.store.gate import write


@dataclass(frozen=True, slots=True)
class Held:
    """One call; `document` is what expressions read of it."""

    id: int
    received_at: datetime
    document: Mapping[str, Any]


def add(trigger: str, document: Mapping[str, Any], now: datetime) -> int:
    """Keeps a call; returns how many are kept now."""
    with write():
        HeldCall.objects.create(trigger=trigger, received_at=now, document=documents.dump(document))
        return HeldCall.objects.filter(trigger=trigger).count()


def oldest(trigger: str) -> datetime | None:
    """When the first of them came."""
    return HeldCall.objects.filter(trigger=trigger).order_by("id").values_list("received_at", flat=True).first()


def count(trigger: str) -> int:
    return HeldCall.objects.filter(trigger=trigger).count()


def take(trigger: str, most: int) -> list[Held]:
    """The first of them, kept no more; inside the transaction that starts something with them."""
    with write():
        rows = list(HeldCall.objects.filter(trigger=trigger).order_by("id")[:most])
        HeldCall.objects.filter(id__in=[row.id for row in rows]).delete()
    return [Held(row.id, row.received_at, documents.load(row.document)) for row in rows]
