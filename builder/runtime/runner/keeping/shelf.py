"""Large outputs live in files: the database keeps a note of where, the runner's memory keeps the value."""

from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings

from builder.engine.execution import Execution
from builder.errors import BuilderError
from builder.runtime.files import storage
from builder.store import documents, executions

STORED = "io.millstream.datatype:stored"
"""The `type` of the map that stands for a value in a file; `uri` and `bytes` say where and how much."""


def is_heavy(outputs: Mapping[str, Any] | None) -> bool:
    """Whether these outputs are too large for a row (setting MILLSTREAM_INLINE_OUTPUT_BYTES)."""
    return outputs is not None and len(documents.dump(outputs)) > settings.MILLSTREAM["INLINE_OUTPUT_BYTES"]


def shelved(execution_id: str, outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs with their largest values put into files, until the rest is small enough. Blocking."""
    most = settings.MILLSTREAM["INLINE_OUTPUT_BYTES"]
    sizes = {name: len(documents.dump(value)) for name, value in outputs.items()}
    kept = dict(outputs)
    total = sum(sizes.values())
    for name in sorted(sizes, key=lambda each: sizes[each], reverse=True):
        if total <= most:
            break
        text = documents.dump(outputs[name]).encode()
        uri = storage.put(execution_id, f"{name}.json", text, storage.SHELF)
        kept[name] = {"type": STORED, "uri": uri, "bytes": len(text)}
        total -= sizes[name]
    return kept


def fetched(outputs: Mapping[str, Any], files_of: Container[str]) -> dict[str, Any]:
    """The outputs with their values read back. Blocking; raises NotFound when a file is gone."""
    return {name: _value(value, files_of) for name, value in outputs.items()}


def whole(execution_id: str) -> Execution:
    """The execution as whoever asks for it alone gets it. Blocking; raises NotFound."""
    return unshelved(executions.load(execution_id)[0], settings.MILLSTREAM["OUTPUT_BYTES"])


def unshelved(execution: Execution, most_bytes: int) -> Execution:
    """The execution with the values that are in files, as far as they have no more bytes than this together. Blocking.

    What is larger, gone or another execution's stays a note.
    """
    allowed = {execution.id, *filter(None, (execution.original_id, execution.parent_id))}
    runs = dict(execution.runs)
    for path, run in runs.items():
        if holds_stored(run.outputs):
            outputs = dict(run.outputs or {})
            for name, value in outputs.items():
                outputs[name], most_bytes = _within(value, allowed, most_bytes)
            runs[path] = replace(run, outputs=outputs)
    return replace(execution, runs=runs)


def _within(value: Any, allowed: Container[str], most_bytes: int) -> tuple[Any, int]:
    """The value, and how many bytes may follow."""
    if not is_stored(value):
        return value, most_bytes
    try:
        text = storage.read(value["uri"], allowed, most_bytes)
        return documents.load(text.decode()), most_bytes - len(text)
    except (BuilderError, ValueError):  # a task may have made a note of its own that names anything
        return value, most_bytes


def holds_stored(outputs: Mapping[str, Any] | None) -> bool:
    """Whether some of these outputs are in files."""
    return outputs is not None and any(map(is_stored, outputs.values()))


def is_stored(value: Any) -> bool:
    """Whether this is the note that stands for a value in a file."""
    return isinstance(value, Mapping) and value.get("type") == STORED and isinstance(value.get("uri"), str)


def _value(value: Any, files_of: Container[str]) -> Any:
    return documents.load(storage.read(value["uri"], files_of).decode()) if is_stored(value) else value
