"""The KV store as a task sees it (`builder.tasks.world.context.Kv`)."""

from collections.abc import Sequence
from typing import Any

from builder.clock import Clock
from builder.errors import BuilderError, Expired, NotFound, TaskFailure
from builder.runtime.world.place import Call
from builder.store import kv


class Entries:
    def __init__(self, namespace: str, clock: Clock, call: Call) -> None:
        self._namespace = namespace
        self._clock = clock
        self._call = call

    async def get(self, key: str, namespace: str | None = None) -> Any:
        try:
            entry = await self._call(kv.get, namespace or self._namespace, key, self._clock.now())
        except (NotFound, Expired):
            return None
        return entry.value

    async def has(self, key: str, namespace: str | None = None) -> bool:
        try:
            await self._call(kv.get, namespace or self._namespace, key, self._clock.now())
        except (NotFound, Expired):
            return False
        return True

    async def set(
        self, key: str, value: Any, *, namespace: str | None = None, ttl_seconds: float | None = None,
        overwrite: bool = True, kind: str | None = None, description: str | None = None,
    ) -> None:  # fmt: skip
        try:
            await self._call(
                kv.set_value, namespace or self._namespace, key, value, self._clock.now(), ttl_seconds=ttl_seconds,
                kind=kind, overwrite=overwrite, description=description,
            )  # fmt: skip
        except (BuilderError, ValueError) as error:
            raise TaskFailure(str(error), retryable=False) from error

    async def delete(self, key: str, namespace: str | None = None) -> bool:
        return bool(await self._call(kv.delete, namespace or self._namespace, key))

    async def purge(
        self, *, namespaces: Sequence[str] = (), children: bool = True, namespace_pattern: str = "*",
        key_pattern: str = "*", expired_only: bool = True,
    ) -> int:  # fmt: skip
        count: int = await self._call(
            kv.purge_matching, self._clock.now(), namespaces=namespaces, children=children,
            namespace_pattern=namespace_pattern, key_pattern=key_pattern, expired_only=expired_only,
        )  # fmt: skip
        return count

    async def keys(self, prefix: str = "", namespace: str | None = None) -> list[str]:
        entries = await self._call(kv.listed, self._clock.now(), namespace=namespace or self._namespace, prefix=prefix)
        return [entry.key for entry in entries]
