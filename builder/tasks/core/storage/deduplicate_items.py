"""Leaves of items with the same key only the last one."""

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated

from builder.tasks.api import Field, Form, Outputs, Rendered, RunContext, result_to_json
from builder.tasks.core.storage.sources import FileTask, extension, items


class Deduplicated(Outputs):
    uri: str
    """The file without repeats, as a kestra:// address."""
    num_keys: int
    """How many different keys there were."""
    processed_items_total: int
    """How many items were read."""
    dropped_items_total: int
    """How many of them were left out."""


class DeduplicateItems(FileTask):
    """Of the items of a file (Ion or JSON lines) that have the same key, keep only the last."""

    type_name = "io.kestra.plugin.core.storage.DeduplicateItems"
    aliases = ("io.kestra.core.tasks.storages.DeduplicateItems",)
    title = "Leave out repeated items"
    example = """
id: once
type: io.kestra.plugin.core.storage.DeduplicateItems
from: "{{ outputs.write.uri }}"
expr: "{{ id }}"
"""

    from_: Annotated[str, Form(label="File")] = Field(alias="from", examples=["{{ outputs.download.uri }}"])
    """The file; each line holds one item."""
    expr: Annotated[str, Rendered("raw"), Form(label="Key")] = Field(examples=["{{ id }}"])
    """An expression for the key of an item; it sees the item's fields, and the whole as item."""

    def run(self, context: RunContext) -> Deduplicated:
        total = 0
        with _Last(context.working_dir / ".keys") as last:
            with context.files.open(self.from_) as file:
                last.keep(self._keys(context, file))
            with (
                context.files.open(self.from_) as file,
                context.files.writing(f"{context.task_id}{extension(self.from_)}") as kept,
            ):
                wanted = last.places()
                place = next(wanted, None)
                for total, (row, _) in enumerate(items(file), 1):
                    if total == place:
                        kept.write(row + b"\n")
                        place = next(wanted, None)
            keys = last.count()
        return Deduplicated(uri=kept.uri, num_keys=keys, processed_items_total=total, dropped_items_total=total - keys)

    def _keys(self, context: RunContext, file: IO[bytes]) -> Iterator[bytes]:
        for _, fields in items(file):
            key = str(result_to_json(context.render_now(self.expr, fields)))
            yield hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=16).digest()


class _Last:
    """Where each key stood last, in a file: there may be millions."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> "_Last":
        self._table = sqlite3.connect(self._path, isolation_level=None)
        self._table.execute("PRAGMA journal_mode=OFF")
        self._table.execute("CREATE TABLE last (key BLOB PRIMARY KEY, place INTEGER) WITHOUT ROWID")
        return self

    def __exit__(self, *error: object) -> None:
        self._table.close()
        self._path.unlink(missing_ok=True)

    def keep(self, keys: Iterator[bytes]) -> None:
        self._table.execute("BEGIN")
        self._table.executemany(
            "INSERT OR REPLACE INTO last VALUES (?, ?)", ((key, at) for at, key in enumerate(keys, 1))
        )
        self._table.execute("COMMIT")

    def places(self) -> Iterator[int]:
        return (place for (place,) in self._table.execute("SELECT place FROM last ORDER BY place"))

    def count(self) -> int:
        return int(self._table.execute("SELECT count(*) FROM last").fetchone()[0])
