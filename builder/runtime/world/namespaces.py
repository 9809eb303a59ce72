"""Files of namespaces as a task sees them (`builder.tasks.world.context.NamespaceFilesStore`)."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from builder.clock import Clock
from builder.errors import BuilderError, TaskFailure
from builder.flows.file_paths import is_chosen
from builder.runtime.evaluate import RuntimeLookups
from builder.runtime.world.place import Call
from builder.store import contents, namespace_files
from builder.store.contents import Kept
from builder.store.namespace_files import Address


class NamespaceStore:
    """Contents are written beside the event loop, rows on the database thread."""

    def __init__(self, namespace: str, clock: Clock, lookups: RuntimeLookups, call: Call) -> None:
        self._namespace = namespace
        self._clock = clock
        self._lookups = lookups
        self._call = call

    async def listed(self, namespace: str | None = None) -> list[str]:
        items = await self._asked(namespace_files.listed, namespace or self._namespace)
        return [item.path for item in items if not item.is_folder]

    async def put(
        self, path: str, content: bytes | Path | str, namespace: str | None = None, *, overwrite: bool = True
    ) -> str:
        whose = namespace or self._namespace
        kept = await self._kept(content)
        item = await self._asked(
            namespace_files.put, whose, path, kept, self._clock.now(), by="a flow", overwrite=overwrite
        )
        return namespace_files.uri_of(Address(whose, item.path))

    async def delete(self, path: str, namespace: str | None = None, *, with_folders: bool = False) -> None:
        await self._asked(
            namespace_files.delete, namespace or self._namespace, path, self._clock.now(), by="a flow",
            with_folders=with_folders,
        )  # fmt: skip

    async def purge(
        self, namespaces: Sequence[str], globs: Sequence[str], *, keep: int, before: datetime | None, children: bool
    ) -> int:
        count: int = await self._asked(
            namespace_files.purge, namespaces, lambda path: is_chosen(path, globs), keep=keep, before=before,
            children=children,
        )  # fmt: skip
        return count

    async def _kept(self, content: bytes | Path | str) -> Kept:
        try:
            if isinstance(content, str):
                found = await self._call(self._lookups.located, content)
                return await asyncio.to_thread(contents.keep_copy, found)
            return await asyncio.to_thread(contents.keep, content)
        except BuilderError as error:
            raise TaskFailure(error.message, retryable=False) from error

    async def _asked(self, function: Any, *arguments: Any, **options: Any) -> Any:
        try:
            return await self._call(function, *arguments, **options)
        except BuilderError as error:
            raise TaskFailure(error.message, retryable=False) from error
