"""The types an input or output may have, and the properties that each adds."""

from collections.abc import Mapping
from typing import Any

_TEXT = ("validator",)
_NUMBER = ("min", "max")
_DATE = ("after", "before")
_CHOICE = ("values", "expression", "allowCustomValue", "allowInput", "autoSelectFirst", "isRadio")

INPUT_KINDS: Mapping[str, tuple[str, ...]] = {
    "STRING": _TEXT,
    "SECRET": _TEXT,
    "INT": _NUMBER,
    "FLOAT": _NUMBER,
    "BOOL": (),
    "BOOLEAN": (),
    "SELECT": _CHOICE,
    "ENUM": _CHOICE,
    "MULTISELECT": (*_CHOICE, "options", "itemType"),
    "ARRAY": ("itemType",),
    "DATETIME": _DATE,
    "DATE": _DATE,
    "TIME": _DATE,
    "DURATION": _NUMBER,
    "FILE": ("extension", "allowedFileExtensions"),
    "JSON": ("jsonSchema",),
    "YAML": (),
    "ION": (),
    "URI": (),
    "EMAIL": (),
    "OBJECT": ("properties",),
    "TABLE": ("columns", "rows"),
}
"""Type name to the properties that only it has."""

FORM = "FORM"
"""A group of inputs: it has no value of its own, `inputs` holds its children."""
CELL_KINDS = tuple(
    kind
    for kind in INPUT_KINDS
    if kind not in ("OBJECT", "TABLE", "ARRAY", "FILE", "SECRET", "JSON", "ION", "YAML")
)  # fmt: skip
"""What a property of an OBJECT or a column of a TABLE may be."""

COMMON_INPUT_KEYS = ("id", "name", "type", "description", "displayName", "required", "defaults", "prefill", "dependsOn")
CELL_KEYS = ("id", "name", "type", "description", "displayName", "required")
FORM_KEYS = ("id", "name", "type", "description", "displayName", "dependsOn", "inputs")
OUTPUT_KEYS = ("id", "type", "value", "description", "displayName", "required", "itemType")
_RENAMED = {"options": "values", "allowInput": "allowCustomValue"}


def kind_name(written: str) -> str:
    """The type as it is kept: ENUM is the old name of SELECT."""
    return "SELECT" if written == "ENUM" else written


def own_properties(kind: str, written: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that only this type has, under their present names."""
    found: dict[str, Any] = {}
    for key in (*INPUT_KINDS[kind], "prefill"):
        if key in written and written[key] is not None:
            found[_RENAMED.get(key, key)] = written[key]
    extensions = found.get("allowedFileExtensions")
    if isinstance(extensions, str):
        found["allowedFileExtensions"] = [extensions]
    return found
