"""Files into a request and out of an answer. What a file is says its content, never its name."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import filetype

from builder.tasks.api import RunContext, TaskFailure

LARGEST_FILE_BYTES = 20 * 2**20
LARGEST_AUDIO_BYTES = 25 * 2**20
"""What OpenAI's transcriptions take at most."""
_FIELDS = {"image_url", "url", "file_data"}
_KEPT_HERE = ("kestra:///", "nsfile://")
"""How addresses of files of executions and of namespaces begin."""
UNKNOWN = "application/octet-stream"
_ENDINGS = {"image/svg+xml": "svg", "text/plain": "txt", "application/json": "json", UNKNOWN: "bin"}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file that was read: a bare name, its content and media type."""

    name: str
    content: bytes
    kind: str

    def as_data_url(self) -> str:
        return f"data:{self.kind};base64,{base64.b64encode(self.content).decode()}"


def kind_of(content: bytes) -> str:
    """The media type of some bytes, by what they hold."""
    found = filetype.guess_mime(content)
    if found:
        return str(found)
    start = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<svg", b"<?xml")) and b"<svg" in content[:4096].lower():
        return "image/svg+xml"
    try:
        content[:4096].decode()
    except UnicodeDecodeError as error:
        return "text/plain" if error.start >= len(content[:4096]) - 3 and len(content) > 4096 else UNKNOWN
    return UNKNOWN if b"\0" in content[:4096] else "text/plain"


def ending_of(kind: str) -> str:
    """The usual ending of a file name for a media type, without its dot."""
    known = next((str(one.extension) for one in filetype.types if one.mime == kind), None)
    return _ENDINGS.get(kind) or known or "bin"


async def keep(context: RunContext, stem: str, content: bytes) -> str:
    """Keeps a file of an answer under the ending that its content has, and returns its URI."""
    return await context.files.put(f"{stem}.{ending_of(kind_of(content))}", content)


async def load(context: RunContext, address: str, limit_bytes: int = LARGEST_FILE_BYTES) -> Loaded:
    """The file at `kestra:///...`, `nsfile:///...`, `https://...` or in a data URL. Raises TaskFailure."""
    address = address.strip()
    if address.startswith(_KEPT_HERE):
        content = await context.files.read(address, limit_bytes=limit_bytes)
    elif address.startswith("data:"):
        content = from_base64(address.partition(",")[2])
    elif address.startswith(("http://", "https://")):
        content = await download(context, address, limit_bytes)
    else:
        raise TaskFailure(
            f"{address[:60]!r} is no file: write its address, such as {{{{ inputs.file }}}} or https://...",
            retryable=False,
        )
    if len(content) > limit_bytes:
        raise _too_large(address, limit_bytes)
    name = unquote(urlsplit(address).path.rpartition("/")[2]) if not address.startswith("data:") else ""
    kind = kind_of(content)
    return Loaded(name or f"file.{ending_of(kind)}", content, kind)


def from_base64(text: str) -> bytes:
    """The bytes of a base64 text. Raises TaskFailure."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise TaskFailure(f"The file is not valid base64 ({error}).") from error


async def download(context: RunContext, address: str, limit_bytes: int) -> bytes:
    """What is at an address of the web. Raises TaskFailure."""
    import httpx2

    pieces, size = [], 0
    try:
        async with context.http.client().stream("GET", address) as response:
            response.raise_for_status()
            async for piece in response.aiter_bytes():
                size += len(piece)
                if size > limit_bytes:
                    raise _too_large(address, limit_bytes)
                pieces.append(piece)
    except httpx2.HTTPStatusError as error:
        raise TaskFailure(f"The file {address} could not be fetched (status {error.response.status_code}).") from error
    except (httpx2.RequestError, httpx2.InvalidURL) as error:
        raise TaskFailure(f"The file {address} could not be fetched: {error}.") from error
    return b"".join(pieces)


async def embed(value: Any, context: RunContext) -> Any:
    """The value with every file that a content part names read in."""
    if isinstance(value, dict):
        return {key: await _embed_field(key, part, context) for key, part in _with_file_data(value).items()}
    if isinstance(value, list):
        return [await embed(part, context) for part in value]
    return value


def _too_large(address: str, limit_bytes: int) -> TaskFailure:
    size = f"{limit_bytes / 2**20:g} MB"
    return TaskFailure(f"The file {address[:100]} is larger than {size}, the most that can be sent.", retryable=False)


def _with_file_data(part: dict[str, Any]) -> dict[str, Any]:
    """A file that no one else can fetch goes as `file_data`, which wants a name."""
    address = part.get("file_url")
    if not isinstance(address, str) or not address.startswith(_KEPT_HERE):
        return part
    rest = {key: value for key, value in part.items() if key != "file_url"}
    return {"filename": address.rpartition("/")[2], **rest, "file_data": address}


async def _embed_field(key: str, value: Any, context: RunContext) -> Any:
    if key in _FIELDS and isinstance(value, str) and value.startswith(_KEPT_HERE):
        return (await load(context, value)).as_data_url()
    return await embed(value, context)
