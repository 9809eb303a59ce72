"""Files of the execution as a task sees them (`builder.tasks.world.context.Files`)."""

import asyncio
import io
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import unquote

from django.conf import settings

from builder.errors import BuilderError, TaskFailure
from builder.runtime.evaluate import RuntimeLookups
from builder.runtime.files import caches, storage
from builder.runtime.world.folders import Folder
from builder.runtime.world.place import Call, Place
from builder.store import contents

_PIECE = 1 << 20
OVER = "The step was stopped."


class ExecutionFiles:
    """`over` is set when the attempt ends: what still reads or writes in a thread stops there."""

    def __init__(
        self, place: Place, lookups: RuntimeLookups, call: Call, folder: Folder, over: threading.Event
    ) -> None:
        self._execution_id = place.execution_id
        self._flow = (place.namespace, place.flow_id)
        self._lookups = lookups
        self._call = call
        self._folder = folder
        self._over = over
        self._loop = asyncio.get_running_loop()

    async def put(self, name: str, content: bytes | Path) -> str:
        return await asyncio.to_thread(self._put, name, content)

    async def read(self, uri: str, *, limit_bytes: int | None = None) -> bytes:
        found = await self._located(uri)
        try:
            return await asyncio.to_thread(contents.read, found, limit_bytes)
        except BuilderError as error:
            raise TaskFailure(error.message, retryable=False) from error

    async def copy(self, name: str, uri: str) -> str:
        found = await self._located(uri)
        try:
            return await asyncio.to_thread(storage.copy, self._execution_id, name, found)
        except BuilderError as error:
            raise TaskFailure(error.message, retryable=False) from error

    async def size(self, uri: str) -> int:
        size: int = (await self._located(uri)).size
        return size

    async def delete(self, uri: str) -> bool:
        found = await self._located(uri, missing_ok=True)
        if found is None:
            return False
        try:
            await asyncio.to_thread(storage.delete, found)
        except BuilderError as error:
            raise TaskFailure(error.message, retryable=False) from error
        return True

    async def purge(self) -> list[str]:
        return await asyncio.to_thread(storage.purge, self._execution_id, *self._flow)

    async def keep_cache(self, key: str, content: Path) -> None:
        try:
            await asyncio.to_thread(caches.keep, f"{'/'.join(self._flow)}/{key}", content)
        except BuilderError as error:
            raise TaskFailure(error.message, retryable=False) from error

    async def fetch_cache(self, key: str, target: Path, *, newest_seconds: float | None = None) -> bool:
        return await asyncio.to_thread(caches.fetch, f"{'/'.join(self._flow)}/{key}", target, newest_seconds)

    async def at_hand(self, uri: str) -> Path:
        """The file on this machine, for another process to read: itself, or a copy in the working directory."""
        found: contents.Located = await self._located(uri)
        there = contents.on_disk(found)
        return there if there is not None else await asyncio.to_thread(self._copied, found)

    def _copied(self, found: contents.Located) -> Path:
        path = storage.spare_path(self._folder.made())
        try:
            with contents.open_file(found) as file, path.open("wb") as copy:
                shutil.copyfileobj(file, copy, _PIECE)
        except BuilderError as error:
            raise TaskFailure(error.message, retryable=False) from error
        return path

    def open(self, uri: str) -> IO[bytes]:
        found = asyncio.run_coroutine_threadsafe(self._located(uri), self._loop).result()
        try:
            return io.BufferedReader(_Stoppable(contents.open_file(found), self._over), _PIECE)
        except BuilderError as error:
            raise TaskFailure(error.message, retryable=False) from error

    def writing(self, name: str) -> "Outgoing":
        return Outgoing(name, self._folder.made, self._over, self._put)

    def _put(self, name: str, content: bytes | Path) -> str:
        try:
            return storage.put(self._execution_id, unquote(name), content)
        except BuilderError as error:
            raise TaskFailure(error.message, retryable=False) from error

    async def _located(self, uri: str, *, missing_ok: bool = False) -> Any:
        try:
            return await self._call(self._lookups.located, uri)
        except BuilderError as error:
            if missing_ok and error.status == 404:
                return None
            raise TaskFailure(error.message, retryable=False) from error


class Outgoing:
    """A file being written, in the working directory first; kept under `uri` when the `with` ends well."""

    def __init__(self, name: str, folder: Callable[[], Path], over: threading.Event, keep: Any) -> None:
        self.uri = ""
        self.bytes = 0
        self._name = name
        self._folder = folder
        self._over = over
        self._keep = keep
        self._most = settings.MILLSTREAM["FILE_BYTES"]

    def __enter__(self) -> Self:
        self._path = storage.spare_path(self._folder())
        self._file = self._path.open("wb", buffering=_PIECE)
        return self

    def write(self, content: bytes) -> None:
        if self._over.is_set():
            raise TaskFailure(OVER, retryable=False)
        self.bytes += len(content)
        if self.bytes > self._most:
            raise TaskFailure(storage.too_large(self._name, self._most), retryable=False)
        self._file.write(content)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        try:
            if kind is None:
                self.uri = self._keep(self._name, self._path)
        finally:
            self._path.unlink(missing_ok=True)


class _Stoppable(io.RawIOBase):
    def __init__(self, file: IO[bytes], over: threading.Event) -> None:
        self._file = file
        self._over = over

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._over.is_set():
            raise TaskFailure(OVER, retryable=False)
        view = memoryview(buffer)
        piece = self._file.read(len(view))
        view[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._file.close()
        super().close()
