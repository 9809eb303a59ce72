"""Writes an entry of the key-value store."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from builder.flows.durations import parse_duration
from builder.tasks.api import AliasChoices, Duration, Field, Form, Rendered, RunContext, TaskFailure, result_to_json
from builder.tasks.core.kv.entries import KvTask

KvType = Literal["STRING", "NUMBER", "BOOLEAN", "DATETIME", "DATE", "DURATION", "JSON"]


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _truth(text: str) -> bool:
    return {"true": True, "false": False}[text.strip().lower()]


def _as_written(reading: Callable[[str], Any]) -> Callable[[str], str]:
    """The text itself, once it could be read."""

    def read(text: str) -> str:
        reading(text.strip())
        return text.strip()

    return read


_READERS: dict[str, Callable[[str], Any]] = {
    "NUMBER": _number,
    "BOOLEAN": _truth,
    "JSON": json.loads,
    "DATETIME": _as_written(datetime.fromisoformat),
    "DATE": _as_written(date.fromisoformat),
    "DURATION": _as_written(parse_duration),
}


class Set(KvTask):
    """Keep a value under a key, for later executions and other flows to read."""

    type_name = "io.kestra.plugin.core.kv.Set"
    title = "Set a value"
    example = """
id: remember
type: io.kestra.plugin.core.kv.Set
key: last_response
value: "{{ outputs.ask.responseId }}"
ttl: P1D
"""

    key: str = Field(min_length=1, examples=["last_response"])
    """The entry's name; letters, digits, dot, dash and underscore."""
    value: Annotated[Any, Rendered("typed"), Form("textarea")] = Field(examples=["{{ outputs.ask.responseId }}"])
    """What to keep; a lone expression keeps its type, also lists and maps."""
    overwrite: bool = True
    """Replace an entry that is there; without it the step fails then."""
    ttl: Annotated[Duration | None, Form(label="Kept for")] = Field(None, examples=["P7D"])
    """How long the entry lives; for ever when it is not set."""
    kv_type: Annotated[KvType | None, Form(group="advanced", label="Kept as")] = None
    """The type of a value that is text; found out by itself when it is not set."""
    kv_description: Annotated[str | None, Form(group="advanced", label="Note")] = Field(
        None, validation_alias=AliasChoices("kvDescription")
    )
    """A note for people, kept with the entry; without one, the entry's stays as it is."""

    async def run(self, context: RunContext) -> None:
        await context.kv.set(
            self.key,
            self._typed(),
            namespace=self.namespace,
            overwrite=self.overwrite,
            kind=self._kind(),
            description=self.kv_description,
            ttl_seconds=self.ttl.total_seconds() if self.ttl is not None else None,
        )

    def _typed(self) -> Any:
        read = _READERS.get(self.kv_type or "")
        if read is None or not isinstance(self.value, str):
            return result_to_json(self.value)
        try:
            return read(self.value)
        except (ValueError, KeyError) as error:
            raise TaskFailure(f"value cannot be kept as {self.kv_type}: it is not one.", retryable=False) from error

    def _kind(self) -> str | None:
        """A value that is no text has its type already."""
        if isinstance(self.value, str):
            return self.kv_type
        kinds = {datetime: "DATETIME", date: "DATE", timedelta: "DURATION"}
        return next((kind for type_, kind in kinds.items() if isinstance(self.value, type_)), None)
