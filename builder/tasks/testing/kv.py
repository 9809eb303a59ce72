"""The double of `builder.tasks.world.context.Kv`: a key-value store in memory."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from builder.errors import TaskFailure


class FakeKv:
    """A KV store in memory; `expires` keeps the seconds that were asked for, by namespace and key."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self.entries: dict[tuple[str, str], Any] = {}
        self.expires: dict[tuple[str, str], float | None] = {}
        self.kinds: dict[tuple[str, str], str | None] = {}
        self.notes: dict[tuple[str, str], str | None] = {}

    def _name(self, key: str, namespace: str | None) -> tuple[str, str]:
        return (namespace or self._namespace, key)

    async def get(self, key: str, namespace: str | None = None) -> Any:
        return self.entries.get(self._name(key, namespace))

    async def has(self, key: str, namespace: str | None = None) -> bool:
        return self._name(key, namespace) in self.entries

    async def set(
        self,
        key: str,
        value: Any,
        *,
        namespace: str | None = None,
        ttl_seconds: float | None = None,
        overwrite: bool = True,
        kind: str | None = None,
        description: str | None = None,
    ) -> None:
        name = self._name(key, namespace)
        if name in self.entries and not overwrite:
            raise TaskFailure(
                f"Cannot set value for key '{key}'. Key already exists and `overwrite` is set to `false`."
            )
        self.entries[name], self.expires[name], self.kinds[name] = value, ttl_seconds, kind
        self.notes[name] = description

    async def delete(self, key: str, namespace: str | None = None) -> bool:
        return self.entries.pop(self._name(key, namespace), self) is not self

    async def purge(
        self,
        *,
        namespaces: Sequence[str] = (),
        children: bool = True,
        namespace_pattern: str = "*",
        key_pattern: str = "*",
        expired_only: bool = True,
    ) -> int:
        """Entries never expire here."""
        gone = [
            (namespace, key)
            for namespace, key in self.entries
            if not expired_only
            and (not namespaces or any(_is_in(namespace, each, children) for each in namespaces))
            and fnmatchcase(namespace, namespace_pattern)
            and fnmatchcase(key, key_pattern)
        ]
        for name in gone:
            del self.entries[name]
        return len(gone)

    async def keys(self, prefix: str = "", namespace: str | None = None) -> list[str]:
        wanted = namespace or self._namespace
        return sorted(key for place, key in self.entries if place == wanted and key.startswith(prefix))


def _is_in(namespace: str, above: str, children: bool) -> bool:
    return namespace == above or (children and namespace.startswith(f"{above}."))
