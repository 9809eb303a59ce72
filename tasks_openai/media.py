"""Files of the execution inside a prompt: `kestra:///...` addresses become data URLs that a model can read."""

import base64
import mimetypes
from typing import Any

from builder.tasks.api import RunContext

LARGEST_FILE_BYTES = 20 * 2**20
_FIELDS = {"image_url", "url", "file_data"}


async def embed(value: Any, context: RunContext) -> Any:
    """The value with every file that a content part names read in."""
    if isinstance(value, dict):
        return {key: await _embed_field(key, part, context) for key, part in _with_file_data(value).items()}
    if isinstance(value, list):
        return [await embed(part, context) for part in value]
    return value


def _with_file_data(part: dict[str, Any]) -> dict[str, Any]:
    """A file that no one else can fetch goes as `file_data`, which wants a name."""
    address = part.get("file_url")
    if not isinstance(address, str) or not address.startswith("kestra:///"):
        return part
    rest = {key: value for key, value in part.items() if key != "file_url"}
    return {"filename": address.rpartition("/")[2], **rest, "file_data": address}


async def _embed_field(key: str, value: Any, context: RunContext) -> Any:
    if key in _FIELDS and isinstance(value, str) and value.startswith("kestra:///"):
        content = await context.files.read(value, limit_bytes=LARGEST_FILE_BYTES)
        kind = mimetypes.guess_type(value)[0] or _kind_of(content)
        return f"data:{kind};base64,{base64.b64encode(content).decode()}"
    return await embed(value, context)


def _kind_of(content: bytes) -> str:
    """The type of a file that has no telling name, by its first bytes."""
    for start, kind in _STARTS:
        if content.startswith(start):
            return kind
    return "image/webp" if content[8:12] == b"WEBP" else "application/octet-stream"


_STARTS = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF", "application/pdf"),
)
