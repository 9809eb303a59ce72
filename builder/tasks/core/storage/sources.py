"""What the tasks on files have in common: how their sources are named, and files read row by row or item by item."""

import codecs
import json
from collections.abc import Iterator
from typing import IO, Any

from builder.tasks.api import BuilderError, KestraTask, TaskFailure, read_item

ROW_BYTES = 64 * 1024 * 1024
"""The longest row that is looked at; a file without separators is not held in memory."""
_PIECE = 1 << 20


class FileTask(KestraTask):
    """A task on files of the execution."""

    category = "Files"


def listed(files: Any) -> list[str]:
    """A list of addresses, as a list or as JSON text of one. Raises TaskFailure."""
    if isinstance(files, str):
        try:
            files = json.loads(files)
        except ValueError as error:
            raise TaskFailure("files is neither a list nor the JSON text of one.", retryable=False) from error
    if not isinstance(files, list) or not all(isinstance(file, str) for file in files):
        raise TaskFailure("files must be a list of the addresses of files.", retryable=False)
    return files


def extension(uri: str) -> str:
    """The end of a file's name, with its dot; "" without one."""
    name = uri.partition("?")[0].rpartition("/")[2]
    stem, dot, end = name.rpartition(".")
    return f".{end}" if dot and stem and end.isalnum() and len(end) <= 20 else ""


def bytes_of(text: str, charset: str = "utf-8") -> bytes:
    """A separator as it stands in the file. Raises TaskFailure for a charset that is not known."""
    try:
        codecs.lookup(charset)
        return text.encode(charset)
    except (LookupError, UnicodeError) as error:
        raise TaskFailure(f"charset: {charset[:50]} is not known or cannot write the separator.") from error


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """A file piece by piece."""
    while piece := file.read(_PIECE):
        yield piece


def rows(file: IO[bytes], separator: bytes) -> Iterator[bytes]:
    """The rows of a file, without their separators; the last one needs none. Raises TaskFailure for an endless row."""
    rest = b""
    for piece in pieces(file):
        found = (rest + piece).split(separator)
        rest = found.pop()
        yield from found
        if len(rest) > ROW_BYTES:
            raise TaskFailure(f"A row has more than {ROW_BYTES:,} bytes: is this the separator?", retryable=False)
    if rest:
        yield rest


def items(file: IO[bytes]) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """The rows of a file of Ion or JSON lines, each with what expressions see of it. Raises TaskFailure."""
    for number, row in enumerate(rows(file, b"\n"), 1):
        if not row.strip():
            continue
        try:
            item = read_item(row.decode())
        except (BuilderError, UnicodeDecodeError) as error:
            raise TaskFailure(f"Line {number} of the file is neither Ion nor JSON: {error}", retryable=False) from error
        yield row, {**item, "item": item} if isinstance(item, dict) else {"item": item, "value": item}
