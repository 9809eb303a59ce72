"""The KV store: typed values per namespace, with an end if they have a time to live."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from django.db.models import Q, QuerySet

from builder.errors import Conflict, Expired, InvalidInput, NotFound
from builder.models import KvEntry
from builder.store import documents
from builder.store.gate import lock_row, write

_KEY = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]*")
_DURATION = re.compile(
    r"[-+]?P(?=.)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(?:\.\d+)?S)?)?", re.IGNORECASE
)
_KEY_LENGTH = 256
_ROWS_AT_ONCE = 500


class Kind(StrEnum):
    """The types of values, Kestra's."""

    STRING = "STRING"
    NUMBER = "NUMBER"
    BOOLEAN = "BOOLEAN"
    DATETIME = "DATETIME"
    DATE = "DATE"
    DURATION = "DURATION"
    JSON = "JSON"


@dataclass(frozen=True, slots=True)
class Entry:
    """One value with all that is known of it; `value` is a JSON value (dates and durations are text)."""

    namespace: str
    key: str
    kind: Kind
    value: Any
    description: str
    version: int
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None


def kind_of(value: Any) -> Kind:
    """The type that a value has by itself; text that looks like a date or a duration is one."""
    if isinstance(value, bool):
        return Kind.BOOLEAN
    if isinstance(value, int | float):
        return Kind.NUMBER
    if isinstance(value, datetime):
        return Kind.DATETIME
    if isinstance(value, date):
        return Kind.DATE
    if isinstance(value, timedelta):
        return Kind.DURATION
    if isinstance(value, str):
        return _kind_of_text(value)
    return Kind.JSON


def _kind_of_text(text: str) -> Kind:
    if _DURATION.fullmatch(text):
        return Kind.DURATION
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text) and _is_iso(text):
        return Kind.DATE
    if re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d", text) and _is_iso(text):
        return Kind.DATETIME
    return Kind.STRING


def _is_iso(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def set_value(
    namespace: str,
    key: str,
    value: Any,
    now: datetime,
    *,
    ttl_seconds: float | None = None,
    kind: Kind | str | None = None,
    description: str | None = None,
    overwrite: bool = True,
) -> Entry:
    """Raises InvalidInput for a bad key, kind or time to live; Conflict when it exists and may not be overwritten."""
    _check(key, ttl_seconds)
    chosen, text = Kind(kind) if kind else kind_of(value), _text(value)
    expires_at = now + timedelta(seconds=ttl_seconds) if ttl_seconds is not None else None
    with write():
        row = _row_to_write(namespace, key, now)
        if not overwrite and not _is_new(row) and not _is_over(row, now):
            raise Conflict(f"Cannot set value for key '{key}'. Key already exists and `overwrite` is set to `false`.")
        row.version = 1 if _is_new(row) else row.version + 1
        row.kind, row.value, row.updated_at, row.expires_at = chosen.value, text, now, expires_at
        row.description = row.description if description is None else description
        row.save()
        return _entry(row)


def _check(key: str, ttl_seconds: float | None) -> None:
    if not _KEY.fullmatch(key) or len(key) > _KEY_LENGTH:
        raise InvalidInput(
            f"The key '{key[:80]}' cannot be used: it must begin with a letter or digit and hold only letters, digits, "
            f"dots, dashes and underscores, at most {_KEY_LENGTH}."
        )
    if ttl_seconds is not None and ttl_seconds < 0:
        raise InvalidInput("The time to live must not be negative.")


def _text(value: Any) -> str:
    try:
        return documents.dump(value, allow_nan=False)
    except ValueError as error:
        raise InvalidInput("The value holds a number that is infinite or none; JSON has no such numbers.") from error


def _row_to_write(namespace: str, key: str, now: datetime) -> KvEntry:
    KvEntry.objects.bulk_create(
        [
            KvEntry(
                namespace=namespace, key=key, kind=Kind.STRING, value="null", version=0, created_at=now, updated_at=now
            )
        ],
        ignore_conflicts=True,
    )
    lock_row("builder_kventry", namespace=namespace, key=key)
    return KvEntry.objects.get(namespace=namespace, key=key)


def _is_new(row: KvEntry) -> bool:
    return row.version == 0


def _is_over(row: KvEntry, now: datetime) -> bool:
    return row.expires_at is not None and row.expires_at <= now


def get(namespace: str, key: str, now: datetime) -> Entry:
    """Raises NotFound; Expired at the first read after its end, which deletes it."""
    row = KvEntry.objects.filter(namespace=namespace, key=key).first()
    if row is None:
        raise NotFound(f"The key '{key}' does not exist in the namespace '{namespace}'.")
    if _is_over(row, now):
        with write():
            KvEntry.objects.filter(pk=row.pk, expires_at__lte=now).delete()
        raise Expired(f"The requested value has expired: key '{key}' in the namespace '{namespace}'.")
    return _entry(row)


def delete(namespace: str, key: str) -> bool:
    """Whether there was such a key."""
    with write():
        return KvEntry.objects.filter(namespace=namespace, key=key).delete()[0] > 0


def listed(
    now: datetime,
    *,
    namespace: str = "",
    prefix: str = "",
    text: str = "",
    children: bool = False,
    limit: int = 1000,
) -> list[Entry]:
    """Entries that have not expired, by namespace and key; of all namespaces unless one is given."""
    found = _live(now)
    if namespace:
        inside = Q(namespace=namespace)
        found = found.filter(inside | Q(namespace__startswith=f"{namespace}.") if children else inside)
    if prefix:
        found = found.filter(key__startswith=prefix)
    if text:
        found = found.filter(Q(key__icontains=text) | Q(description__icontains=text))
    return [_entry(row) for row in found.order_by("namespace", "key")[:limit]]


def namespaces(now: datetime) -> list[str]:
    return list(_live(now).order_by("namespace").values_list("namespace", flat=True).distinct())


def purge_matching(
    now: datetime,
    *,
    namespaces: Sequence[str] = (),
    children: bool = True,
    namespace_pattern: str = "*",
    key_pattern: str = "*",
    expired_only: bool = True,
) -> int:
    """Deletes entries by patterns with * and ?, of all namespaces unless some are named; returns how many."""
    found = KvEntry.objects.filter(expires_at__lte=now) if expired_only else KvEntry.objects.all()
    if namespaces:
        inside = Q(namespace__in=namespaces)
        for namespace in namespaces if children else ():
            inside |= Q(namespace__startswith=f"{namespace}.")
        found = found.filter(inside)
    gone = [
        pk
        for pk, namespace, key in found.values_list("pk", "namespace", "key").iterator()
        if fnmatchcase(namespace, namespace_pattern) and fnmatchcase(key, key_pattern)
    ]
    count = 0
    for start in range(0, len(gone), _ROWS_AT_ONCE):
        with write():
            count += KvEntry.objects.filter(pk__in=gone[start : start + _ROWS_AT_ONCE]).delete()[0]
    return count


def purge(now: datetime, namespaces: Sequence[str] = ()) -> int:
    """Deletes what has expired; returns how many."""
    with write():
        over = KvEntry.objects.filter(expires_at__lte=now)
        return (over.filter(namespace__in=namespaces) if namespaces else over).delete()[0]


def _live(now: datetime) -> QuerySet[KvEntry]:
    return KvEntry.objects.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))


def _entry(row: KvEntry) -> Entry:
    return Entry(
        row.namespace,
        row.key,
        Kind(row.kind),
        documents.load(row.value),
        row.description,
        row.version,
        row.created_at,
        row.updated_at,
        row.expires_at,
    )
