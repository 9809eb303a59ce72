"""What a file looks like from its beginning: rows, text, Markdown or a picture; judged by content, then by name."""

import base64
import contextlib
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import filetype

from builder.errors import InvalidInput
from builder.expressions import ExpressionError, read_row
from builder.store import contents
from builder.store.contents import Located

MOST_ROWS = 5000
_TEXT_BYTES = 1_000_000
_PICTURE_BYTES = 10_000_000
_PICTURES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
_ITEMS = ("ion", "jsonl", "ndjson")
_TABLES = {"csv": ",", "tsv": "\t"}


@dataclass(frozen=True, slots=True)
class Preview:
    """The beginning of a file. `type`: TEXT, LIST (`content` is a list of maps), MARKDOWN, IMAGE (base64) or BINARY.

    `media_type`: of a picture. `truncated`: there is more than is shown.
    """

    extension: str
    type: str
    content: Any
    truncated: bool
    media_type: str = ""


def preview(found: Located, max_rows: int = 100, encoding: str = "utf-8") -> Preview:
    """The beginning of a file. Blocking; raises InvalidInput for an encoding that is not known, NotFound."""
    rows = max(1, min(max_rows, MOST_ROWS))
    name = found.name.partition("?")[0].rpartition("/")[2]
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    with contents.open_file(found) as file:
        start = bytes(file.read(_TEXT_BYTES + 1))
        kind = filetype.guess_mime(start[:8192]) or ""
        if kind in _PICTURES:
            return _picture(extension, kind, start + bytes(file.read(_PICTURE_BYTES - len(start) + 1)))
    if kind or (b"\0" in start[:8192] and not encoding.lower().startswith("utf-16")):
        return Preview(extension, "BINARY", None, True, kind)
    is_whole = len(start) <= _TEXT_BYTES
    text = _decoded(start[:_TEXT_BYTES], encoding)
    return _shaped(extension, text if is_whole else text.rpartition("\n")[0] or text, is_whole, rows)


def _picture(extension: str, kind: str, content: bytes) -> Preview:
    if len(content) > _PICTURE_BYTES:
        return Preview(extension, "BINARY", None, True, kind)
    return Preview(extension, "IMAGE", base64.b64encode(content).decode(), False, kind)


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding, "replace")
    except LookupError as error:
        raise InvalidInput(f"The encoding `{encoding[:40]}` is not known; UTF-8 and ISO-8859-1 are.") from error


def _shaped(extension: str, text: str, is_whole: bool, rows: int) -> Preview:
    if extension in _TABLES:
        found, more = _first(_table(text, _TABLES[extension]), rows)
        return Preview(extension, "LIST", found, more or not is_whole)
    if extension in _ITEMS:
        try:
            found, more = _first((read_row(line) for line in text.splitlines() if line.strip()), rows)
            return Preview(extension, "LIST", found, more or not is_whole)
        except ExpressionError:
            pass  # it is shown as the text that it is
    if extension == "json" and is_whole:
        with contextlib.suppress(ValueError, RecursionError):
            text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    if extension in ("md", "markdown"):
        return Preview(extension, "MARKDOWN", text, not is_whole)
    lines = text.split("\n", rows)
    more = len(lines) > rows and bool(lines[rows])
    return Preview(extension, "TEXT", "\n".join(lines[:rows]), more or not is_whole)


def _table(text: str, delimiter: str) -> Iterator[dict[str, str]]:
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        head = next(reader, [])
        for row in reader:
            if row:
                cells = {name: value for name, value in zip(head, row, strict=False)}
                yield cells | {f"column {number + 1}": row[number] for number in range(len(head), len(row))}
    except csv.Error:
        return


def _first(values: Iterator[Any], count: int) -> tuple[list[Any], bool]:
    found: list[Any] = []
    for value in values:
        if len(found) == count:
            return found, True
        found.append(value)
    return found, False
