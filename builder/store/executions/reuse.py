"""Outputs that tasks with a taskCache use again; they go with the execution that they come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from builder.models import CachedOutputs
from builder.store import documents
from builder.store.gate import write


@dataclass(frozen=True, slots=True)
class Cached:
    """Outputs, whose they are, and since when."""

    execution_id: str
    outputs: Mapping[str, Any]
    created_at: datetime


def find(key: str) -> Cached | None:
    """What is kept under a key."""
    row = CachedOutputs.objects.filter(key=key).first()
    return Cached(row.execution_id, documents.load(row.document), row.created_at) if row is not None else None


def keep(key: str, execution_id: str, document: str, now: datetime) -> None:
    """Keeps outputs, as JSON text, in place of older ones."""
    with write():
        CachedOutputs.objects.update_or_create(
            key=key, defaults={"execution_id": execution_id, "document": document, "created_at": now}
        )
