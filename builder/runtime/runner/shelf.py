"""Large outputs live in files: the database keeps a note of where, the runner's memory keeps the value."""

from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings

from builder.runtime import storage
from builder.store import documents

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
        uri = storage.put(execution_id, f"{name}.json", text)
        kept[name] = {"type": STORED, "uri": uri, "bytes": len(text)}
        total -= sizes[name]
    return kept


def fetched(outputs: Mapping[str, Any], files_of: Collection[str]) -> dict[str, Any]:
    """The outputs with their values read back. Blocking; raises NotFound when a file is gone."""
    return {name: _value(value, files_of) for name, value in outputs.items()}


def holds_stored(outputs: Mapping[str, Any] | None) -> bool:
    """Whether some of these outputs are in files."""
    return outputs is not None and any(map(_is_stored, outputs.values()))


def _is_stored(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get("type") == STORED and isinstance(value.get("uri"), str)


def _value(value: Any, files_of: Collection[str]) -> Any:
    return documents.load(storage.read(value["uri"], files_of).decode()) if _is_stored(value) else value
