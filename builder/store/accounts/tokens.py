"""API tokens: shown once, kept as a hash."""

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import F, Q

from builder.clock import SystemClock
from builder.errors import Conflict, Unavailable
from builder.models import ApiToken
from builder.store.gate import write

TOKEN_PREFIX = "ms_"
_NOTE_USE_EVERY = timedelta(minutes=1)
_NOTE_SECONDS = 0.5

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its text."""

    id: int
    name: str
    username: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


def create(user: User, name: str, now: datetime, expires_at: datetime | None = None) -> tuple[Token, str]:
    """The token and its text, which is never shown again. Raises Conflict when this person has one of that name."""
    text = TOKEN_PREFIX + secrets.token_urlsafe(32)
    with write():
        if ApiToken.objects.filter(user=user, name=name).exists():
            raise Conflict(f"There already is a token named {name}; delete it first or choose another name.")
        row = ApiToken.objects.create(user=user, name=name, hash=_hash(text), created_at=now, expires_at=expires_at)
    return _token(row), text


def owner(text: str, now: datetime | None = None) -> User | None:
    """Whose token this is; None when it is unknown, expired, or its owner may not log in."""
    if not text.startswith(TOKEN_PREFIX):
        return None
    now = now or SystemClock().now()
    row = (
        ApiToken.objects.select_related("user")
        .filter(hash=_hash(text), user__is_active=True)
        .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))
        .first()
    )
    if row is None:
        return None
    if row.last_used_at is None or now - row.last_used_at > _NOTE_USE_EVERY:
        _note_use(row, now)
    return row.user


def _note_use(row: ApiToken, now: datetime) -> None:
    """Left out where somebody else writes for long: who only reads shall not wait for that."""
    try:
        with write(wait_seconds=_NOTE_SECONDS):
            ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
    except Unavailable as error:
        log.info("The use of a token was not noted: %s", error)


def listed(user: User | None = None) -> list[Token]:
    rows = ApiToken.objects.select_related("user").order_by(F("created_at").desc())
    return [_token(row) for row in (rows.filter(user=user) if user else rows)]


def delete(token_id: int, user: User | None = None) -> bool:
    """Whether there was such a token (of this person, when one is given)."""
    with write():
        rows = ApiToken.objects.filter(pk=token_id)
        return (rows.filter(user=user) if user else rows).delete()[0] > 0


def _hash(text: str) -> str:
    """Plain SHA-256 is enough: the text has 256 random bits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _token(row: ApiToken) -> Token:
    return Token(row.pk, row.name, row.user.username, row.created_at, row.last_used_at, row.expires_at)
