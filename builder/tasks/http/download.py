"""Downloads a file over HTTP."""

import asyncio
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import unquote, urlsplit

from builder.tasks.api import Form, Outputs, RunContext, TaskFailure
from builder.tasks.http.exchange import HttpTask, too_large
from builder.tasks.http.heads import headers_of

if TYPE_CHECKING:
    import httpx2

DOWNLOAD_BYTES = 1024 * 1024 * 1024
_NAME = re.compile(r"""filename\*=(?:[\w-]+'[^']*')?([^;]+)|filename="([^"]+)"|filename=([^;]+)""", re.IGNORECASE)


class Downloaded(Outputs):
    uri: str
    """The file, as a kestra:// address."""
    code: int
    """The status of the answer."""
    length: int
    """How many bytes the file has."""
    headers: dict[str, list[str]]
    """The answer's headers, each a list."""


class Download(HttpTask):
    """Download a file and keep it with the execution."""

    type_name = "io.kestra.plugin.core.http.Download"
    aliases = ("io.kestra.plugin.fs.http.Download",)
    title = "Download a file"
    example = """
id: prices
type: io.kestra.plugin.core.http.Download
uri: https://example.com/prices.csv
"""

    fail_on_empty_response: Annotated[bool, Form(group="advanced", label="Fail on an empty file")] = True
    """An answer without content is a failure."""
    save_as: Annotated[str | None, Form(group="advanced", label="Name of the file")] = None
    """The file's name; the one that the server gives when it is not set."""

    async def run(self, context: RunContext) -> Downloaded:
        descriptor, place = await asyncio.to_thread(tempfile.mkstemp)
        os.close(descriptor)
        try:
            return await self._download(context, Path(place))
        finally:
            await asyncio.to_thread(os.unlink, place)

    async def _download(self, context: RunContext, place: Path) -> Downloaded:
        async with self.exchange(context) as response:
            length = await self._keep(response, place)
        if length == 0 and self.fail_on_empty_response:
            raise TaskFailure(f"{self.uri} answered without content; failOnEmptyResponse: false accepts that.")
        context.metric("response.length", length, unit="bytes")
        uri = await context.files.put(self.save_as or _file_name(response), place)
        return Downloaded(uri=uri, code=response.status_code, length=length, headers=headers_of(response))

    async def _keep(self, response: "httpx2.Response", place: Path) -> int:
        written = self.sending.max_content_length
        limit = DOWNLOAD_BYTES if written is None else written
        length = 0
        with place.open("wb") as file:
            async for piece in response.aiter_bytes():
                length += len(piece)
                if length > limit:
                    raise too_large(self.uri, limit)
                await asyncio.to_thread(file.write, piece)
        return length


def _file_name(response: "httpx2.Response") -> str:
    """From Content-Disposition, else from the address; only the bare name."""
    found = _NAME.search(response.headers.get("content-disposition", ""))
    name = unquote(next(part for part in found.groups() if part)) if found else urlsplit(str(response.url)).path
    bare = re.sub(r"[^\w.\- ]", "_", name.replace("\\", "/").strip().strip('"').rpartition("/")[2]).lstrip(".")
    return bare[:200] or "download"
