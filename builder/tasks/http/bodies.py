"""The body of a request: text, JSON, a web form, or a form with files."""

import json
from dataclasses import dataclass, field
from typing import Any

from builder.tasks.api import Files, TaskFailure
from builder.tasks.http.heads import as_text

_MULTIPART = "multipart/form-data"
FILE_BYTES = 100 * 1024 * 1024


@dataclass(frozen=True)
class Body:
    """A body as the client takes it; `content_type` None means that the client finds it."""

    content_type: str | None = None
    content: bytes | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    files: list[tuple[str, tuple[str | None, bytes]]] = field(default_factory=list)

    def arguments(self) -> dict[str, Any]:
        """For httpx2's `stream`."""
        if self.content is not None:
            return {"content": self.content}
        if self.files:
            return {"files": self.files}
        return {"data": self.fields} if self.fields else {}

    def shown(self) -> Any:
        """For the execution page; files by their names alone."""
        if self.content is not None:
            return self.content.decode("utf-8", "replace")
        if self.files:
            return {name: file or content.decode("utf-8", "replace") for name, (file, content) in self.files}
        return self.fields or None


def body_of(written: str | dict[str, Any] | list[Any] | None, content_type: str | None, charset: str) -> Body:
    """Text as it is, anything else as JSON. Raises TaskFailure for letters that the charset does not have."""
    if written is None:
        return Body(content_type)
    text = written if isinstance(written, str) else json.dumps(written, ensure_ascii=False)
    return Body(content_type or "application/json", _encoded(text, charset))


async def form_of(written: dict[str, Any], content_type: str | None, files: Files) -> Body:
    """A web form, or one with files. Raises TaskFailure for a file that cannot be read."""
    if (content_type or "").lower().startswith(_MULTIPART):
        return Body(files=[await _part(name, value, files) for name, value in _pairs(written)])
    fields = {name: value if isinstance(value, list) else as_text(value) for name, value in written.items()}
    return Body(content_type, fields=fields)


def _encoded(text: str, charset: str) -> bytes:
    try:
        return text.encode(charset)
    except LookupError:
        raise TaskFailure(f"options.defaultCharset: there is no charset {charset}.", retryable=False) from None
    except UnicodeEncodeError:
        raise TaskFailure(
            f"body holds letters that {charset} does not have (options.defaultCharset).", retryable=False
        ) from None


def _pairs(form: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(name, part) for name, value in form.items() for part in (value if isinstance(value, list) else [value])]


async def _part(name: str, value: Any, files: Files) -> tuple[str, tuple[str | None, bytes]]:
    if isinstance(value, dict):
        if not {"name", "content"} >= set(value) or "content" not in value:
            raise TaskFailure(
                f"formData.{name} must be text, a kestra:// file or a map of name and content.", retryable=False
            )
        content = str(value["content"])
        return name, (str(value.get("name") or _file_name(content)), await _content(content, files))
    text = as_text(value)
    if text.startswith("kestra://"):
        return name, (_file_name(text), await _content(text, files))
    return name, (None, text.encode())


async def _content(text: str, files: Files) -> bytes:
    return await files.read(text, limit_bytes=FILE_BYTES) if text.startswith("kestra://") else text.encode()


def _file_name(uri: str) -> str:
    return uri.rpartition("/")[2] if uri.startswith("kestra://") else "file"
