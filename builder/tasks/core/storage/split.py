"""Makes several files of one."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Annotated

from builder.tasks.api import Field, Form, Outputs, RunContext, TaskFailure, Writing, field_validator, holds_template
from builder.tasks.core.storage.sources import FileTask, bytes_of, extension, rows

MOST_FILES = 10_000
MOST_PARTITIONS = 250
"""All of them are open at once."""
_BYTES = re.compile(r"(\d+)\s*([KMGT]?)I?B?", re.IGNORECASE)
_UNITS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}


def bytes_in(text: str) -> int:
    """`10MB` as a number of bytes; K, M and G count by 1024. Raises ValueError."""
    found = _BYTES.fullmatch(str(text).strip())
    if found is None or int(found[1]) < 1:
        raise ValueError("a size is written like 10MB or 500KB")
    return int(found[1]) << 10 * _UNITS[found[2].upper()]


class Parts(Outputs):
    uris: list[str]
    """The parts in their order, as kestra:// addresses."""


class Split(FileTask):
    """Make several files of one, by size, by number of rows, or into so many parts.

    Of `bytes`, `partitions` and `rows` the first that is set counts. Rows are never cut.
    """

    type_name = "io.kestra.plugin.core.storage.Split"
    aliases = ("io.kestra.core.tasks.storages.Split",)
    title = "Split a file"
    example = """
id: split
type: io.kestra.plugin.core.storage.Split
from: "{{ outputs.write.uri }}"
rows: 100
"""

    from_: Annotated[str, Form(label="File")] = Field(alias="from", examples=["{{ outputs.download.uri }}"])
    """The file to split."""
    bytes_: str | None = Field(None, alias="bytes", examples=["10MB"])
    """A new part begins once one has so many bytes."""
    partitions: int | None = Field(None, ge=1, le=MOST_PARTITIONS)
    """So many parts; the rows go to them in turn."""
    rows: int | None = Field(None, ge=1)
    """So many rows in each part."""
    separator: str = Field("\n", min_length=1)
    """What parts two rows."""

    @field_validator("bytes_")
    @classmethod
    def _is_a_size(cls, value: str | None) -> str | None:
        if value is not None and not holds_template(value):
            bytes_in(value)
        return value

    def run(self, context: RunContext) -> Parts:
        separator, name = bytes_of(self.separator), f"{context.task_id}{extension(self.from_)}"
        with context.files.open(self.from_) as file:
            found = rows(file, separator)
            if self.bytes_ is None and self.partitions is not None:
                return Parts(uris=self._dealt(context, found, separator, name, self.partitions))
            if self.bytes_ is None and self.rows is None:
                raise TaskFailure("Set one of bytes, partitions and rows.", retryable=False)
            return Parts(uris=list(self._cut(context, found, separator, name)))

    def _cut(self, context: RunContext, found: Iterator[bytes], separator: bytes, name: str) -> Iterator[str]:
        """Parts one after another."""
        row = next(found, None)
        number = 0
        while row is not None:
            number += 1
            if number > MOST_FILES:
                raise TaskFailure(f"It would be more than {MOST_FILES:,} files; take larger parts.", retryable=False)
            size = count = 0
            with context.files.writing(name) as part:
                while row is not None and not self._is_full(size, count):
                    part.write(row + separator)
                    size, count = size + len(row) + len(separator), count + 1
                    row = next(found, None)
            yield part.uri

    def _is_full(self, size: int, count: int) -> bool:
        if self.bytes_ is not None:
            return size >= bytes_in(self.bytes_)
        return self.rows is not None and count >= self.rows

    def _dealt(
        self, context: RunContext, found: Iterator[bytes], separator: bytes, name: str, number: int
    ) -> list[str]:
        """Parts side by side; those that got nothing are left out."""
        parts: list[Writing] = []
        with ExitStack() as stack:
            for place, row in enumerate(found):
                if place < number:
                    parts.append(stack.enter_context(context.files.writing(name)))
                parts[place % number].write(row + separator)
        return [part.uri for part in parts]
