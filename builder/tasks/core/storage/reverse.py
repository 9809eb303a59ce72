"""Turns a file's rows round."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated

from builder.tasks.api import Field, Form, Outputs, RunContext, TaskFailure
from builder.tasks.core.storage.sources import ROW_BYTES, FileTask, bytes_of, extension, pieces

_BLOCK = 1 << 20


class Reversed(Outputs):
    uri: str
    """The new file, as a kestra:// address."""


class Reverse(FileTask):
    """Write a file's rows in the opposite order, the last one first."""

    type_name = "io.kestra.plugin.core.storage.Reverse"
    aliases = ("io.kestra.core.tasks.storages.Reverse",)
    title = "Reverse a file"
    example = """
id: newest_first
type: io.kestra.plugin.core.storage.Reverse
from: "{{ outputs.write.uri }}"
"""

    from_: Annotated[str, Form(label="File")] = Field(alias="from", examples=["{{ outputs.download.uri }}"])
    """The file to turn round."""
    separator: str = Field("\n", min_length=1)
    """What parts two rows."""
    charset: Annotated[str, Form(group="advanced")] = "UTF-8"
    """How the file's text is encoded."""

    def run(self, context: RunContext) -> Reversed:
        separator = bytes_of(self.separator, self.charset)
        copy = context.working_dir / ".reverse"
        try:
            self._fetch(context, copy)
            with copy.open("rb") as file, context.files.writing(f"{context.task_id}{extension(self.from_)}") as turned:
                for row in _backwards(file, separator):
                    turned.write(row + separator)
        finally:
            copy.unlink(missing_ok=True)
        return Reversed(uri=turned.uri)

    def _fetch(self, context: RunContext, copy: Path) -> None:
        with context.files.open(self.from_) as source, copy.open("wb") as target:
            for piece in pieces(source):
                target.write(piece)


def _backwards(file: IO[bytes], separator: bytes) -> Iterator[bytes]:
    """The rows from the end; the file is read block by block."""
    length = at = file.seek(0, os.SEEK_END)
    rest, is_end = b"", True
    while at:
        size = min(_BLOCK, at)
        at -= size
        file.seek(at)
        first, *others = (file.read(size) + rest).split(separator)
        if is_end and others:
            is_end = False
            if others[-1] == b"":
                others.pop()  # what stands behind the last separator is no row
        yield from reversed(others)
        rest = first
        if len(rest) > ROW_BYTES:
            raise TaskFailure(f"A row has more than {ROW_BYTES:,} bytes: is this the separator?", retryable=False)
    if length:
        yield rest
