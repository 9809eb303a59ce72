"""What people do with the KV store."""

from typing import Any

from builder.clock import SystemClock
from builder.errors import NotFound
from builder.store import kv
from builder.store.kv import Entry

_CLOCK = SystemClock()


def set_value(
    namespace: str,
    key: str,
    value: Any,
    *,
    ttl_seconds: float | None = None,
    kind: str | None = None,
    description: str | None = None,
) -> Entry:
    """Raises InvalidInput for a key, type or time to live that cannot be."""
    return kv.set_value(
        namespace, key, value, _CLOCK.now(), ttl_seconds=ttl_seconds, kind=kind, description=description
    )


def get(namespace: str, key: str) -> Entry:
    """Raises NotFound, Expired."""
    return kv.get(namespace, key, _CLOCK.now())


def delete(namespace: str, key: str) -> None:
    """Raises NotFound."""
    if not kv.delete(namespace, key):
        raise NotFound(f"The key '{key}' does not exist in the namespace '{namespace}'.")


def delete_many(namespace: str, keys: list[str]) -> int:
    """How many of them there were."""
    return sum(kv.delete(namespace, key) for key in keys)


def listed(namespace: str = "", text: str = "", *, children: bool = False) -> list[Entry]:
    """Entries that have not expired."""
    return kv.listed(_CLOCK.now(), namespace=namespace, text=text, children=children)
