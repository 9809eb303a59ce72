"""The last calls of webhooks: what came (encrypted), what was answered and why; a few of each, for some days."""

import base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from builder.errors import NotFound, Unavailable
from builder.models import WebhookCall
from builder.store import documents
from builder.store.encryption import decrypt, encrypt
from builder.store.gate import write

KEPT = 50
"""How many calls of one webhook are kept."""
KEPT_STRAY = 10
"""How many of a flow that no key fits: strangers must not fill the table."""
BODY_BYTES = 65_536
"""A longer body is not kept, so its call cannot be made again."""
_REASON = 2000
_DIGITS = 19


@dataclass(frozen=True, slots=True)
class Came:
    """What a call brought."""

    method: str
    headers: Mapping[str, Sequence[str]]
    parameters: Mapping[str, Sequence[str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Noted:
    """One call. `can_be_repeated`: what came is kept."""

    id: int
    received_at: datetime
    method: str
    size_bytes: int
    status: int
    reason: str
    execution_id: str | None
    can_be_repeated: bool


def add(
    trigger: str,
    came: Came,
    at: datetime,
    *,
    status: int,
    reason: str = "",
    execution_id: str | None = None,
    keeps: bool = True,
    most: int = KEPT,
) -> int:
    """Notes a call, and forgets those before the last `most`; returns its id. `keeps`: what it brought too."""
    with write():
        row = WebhookCall.objects.create(
            trigger=trigger, received_at=at, method=came.method[:10], size_bytes=len(came.body), status=status,
            reason=documents.clean(reason)[:_REASON], execution_id=execution_id,
            document=_document(came) if keeps else None,
        )  # fmt: skip
        _forget_old(trigger, most)
    return row.id


def add_stray(flow: str, came: Came, at: datetime, *, status: int, reason: str) -> None:
    """Notes that a call of a flow came that no key fits, and nothing of what it brought."""
    add(f"{flow}/", came, at, status=status, reason=reason, keeps=False, most=KEPT_STRAY)


def answered(call_id: int, status: int) -> None:
    """It was answered otherwise in the end."""
    with write():
        WebhookCall.objects.filter(id=call_id).update(status=status)


def last(triggers: Collection[str]) -> list[Noted]:
    """The last calls of these, newest first."""
    return [_noted(row) for row in _last(triggers).defer("document")]


def last_with_content(triggers: Collection[str]) -> list[tuple[Noted, Came | None]]:
    """The same with what each brought; None where it is not kept, or was encrypted with another key."""
    return [(_noted(row), _content(row)) for row in _last(triggers)]


def came(trigger: str, call_id: str) -> Came:
    """What one call brought. Raises NotFound when it is kept no more, or never was."""
    number = int(call_id) if call_id.isascii() and call_id.isdecimal() and len(call_id) < _DIGITS else 0
    row = WebhookCall.objects.filter(trigger=trigger, id=number, document__isnull=False).first()
    if row is None or row.document is None:
        raise NotFound("This call is not kept any more.")
    return _came(row.document)


def forget_before(at: datetime) -> None:
    """Calls that came so long ago, of whichever webhook."""
    with write():
        WebhookCall.objects.filter(received_at__lt=at).delete()


def forget(triggers: Collection[str]) -> None:
    """All calls of these."""
    if triggers:
        with write():
            WebhookCall.objects.filter(trigger__in=triggers).delete()


def _forget_old(trigger: str, kept: int) -> None:
    older = WebhookCall.objects.filter(trigger=trigger).order_by("-id").values_list("id", flat=True)[kept : kept + 100]
    WebhookCall.objects.filter(id__in=list(older)).delete()


def _document(came: Came) -> str | None:
    if len(came.body) > BODY_BYTES:
        return None
    written: dict[str, Any] = {
        "method": came.method, "headers": came.headers, "parameters": came.parameters,
        "body": base64.b64encode(came.body).decode(),
    }  # fmt: skip
    return encrypt(documents.dump(written))


def _came(document: str) -> Came:
    written = documents.load(decrypt(document))
    return Came(written["method"], written["headers"], written["parameters"], base64.b64decode(written["body"]))


def _last(triggers: Collection[str]) -> QuerySet[Any]:
    found = WebhookCall.objects.filter(trigger__in=triggers).annotate(is_kept=Q(document__isnull=False))
    return found.order_by("-id")[:KEPT]


def _noted(row: Any) -> Noted:
    return Noted(
        row.id, row.received_at, row.method, row.size_bytes, row.status, row.reason, row.execution_id, row.is_kept
    )


def _content(row: WebhookCall) -> Came | None:
    try:
        return None if row.document is None else _came(row.document)
    except Unavailable:
        return None
