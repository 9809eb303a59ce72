"""The doubles of files for tests of tasks: everything in memory. `builder.tasks.testing` gives them."""

import asyncio
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from builder.errors import TaskFailure


class FakeFiles:
    """Files in memory, by URI; what is written is kept when the `with` ends well."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}

    async def put(self, name: str, content: bytes | Path) -> str:
        uri = f"kestra:///tests/{len(self.contents)}/{name}"
        self.contents[uri] = content if isinstance(content, bytes) else await asyncio.to_thread(content.read_bytes)
        return uri

    async def read(self, uri: str, *, limit_bytes: int | None = None) -> bytes:
        if uri not in self.contents:
            raise TaskFailure(f"There is no file {uri}.")
        content = self.contents[uri]
        if limit_bytes is not None and len(content) > limit_bytes:
            raise TaskFailure(f"The file {uri} is larger than {limit_bytes} bytes.")
        return content

    async def copy(self, name: str, uri: str) -> str:
        return await self.put(name, await self.read(uri))

    async def size(self, uri: str) -> int:
        return len(await self.read(uri))

    async def delete(self, uri: str) -> bool:
        return self.contents.pop(uri, None) is not None

    async def purge(self) -> list[str]:
        found = list(self.contents)
        self.contents.clear()
        return found

    async def keep_cache(self, key: str, content: Path) -> None:
        self.contents[f"cache:{key}"] = await asyncio.to_thread(content.read_bytes)

    async def fetch_cache(self, key: str, target: Path, *, newest_seconds: float | None = None) -> bool:
        found = self.contents.get(f"cache:{key}")
        if found is not None:
            await asyncio.to_thread(target.write_bytes, found)
        return found is not None

    def open(self, uri: str) -> IO[bytes]:
        if uri not in self.contents:
            raise TaskFailure(f"There is no file {uri}.")
        return io.BytesIO(self.contents[uri])

    def writing(self, name: str) -> "FakeWriting":
        return FakeWriting(self, name)


class FakeNamespaceFiles:
    """Files of namespaces in memory, by their addresses among those of `files`."""

    def __init__(self, namespace: str, files: FakeFiles) -> None:
        self._namespace = namespace
        self._files = files

    def _uri(self, path: str, namespace: str | None) -> str:
        return f"nsfile://{namespace or self._namespace}/{path}"

    async def listed(self, namespace: str | None = None) -> list[str]:
        start = self._uri("", namespace)
        return sorted(uri.removeprefix(start) for uri in self._files.contents if uri.startswith(start))

    async def put(
        self, path: str, content: bytes | Path | str, namespace: str | None = None, *, overwrite: bool = True
    ) -> str:
        uri = self._uri(path, namespace)
        if uri in self._files.contents and not overwrite:
            raise TaskFailure(f"The file '{path}' is already there.")
        if isinstance(content, str):
            content = await self._files.read(content)
        kept = await self._files.put(path, content)
        self._files.contents[uri] = self._files.contents.pop(kept)
        return uri

    async def delete(self, path: str, namespace: str | None = None, *, with_folders: bool = False) -> None:
        if self._files.contents.pop(self._uri(path, namespace), None) is None:
            raise TaskFailure(f"There is no file '{path}'.")

    async def purge(
        self, namespaces: Sequence[str], globs: Sequence[str], *, keep: int, before: datetime | None, children: bool
    ) -> int:
        return 0


class FakeWriting(io.BytesIO):
    """A file being written."""

    def __init__(self, files: FakeFiles, name: str) -> None:
        super().__init__()
        self.uri = ""
        self._files = files
        self._name = name

    def __exit__(self, *error: Any) -> None:
        if error[0] is None:
            self.uri = f"kestra:///tests/{len(self._files.contents)}/{self._name}"
            self._files.contents[self.uri] = self.getvalue()
