"""The variables of a recipe as inputs of a flow."""

from collections.abc import Iterator, Mapping
from typing import Any

_KINDS = {
    "string": "STRING", "text": "STRING", "number": "FLOAT", "integer": "INT", "boolean": "BOOLEAN", "file": "FILE",
    "image": "FILE", "audio": "FILE", "video": "FILE", "document": "FILE", "json": "JSON", "object": "JSON",
    "semi-structured": "JSON",
}  # fmt: skip
_ITEMS = {"FILE": "URI", "FLOAT": "FLOAT", "INT": "INT", "BOOLEAN": "BOOLEAN", "JSON": "JSON"}
_TYPE_KEYS = ("type", "instill-format", "instillFormat", "format")
_ORDER_KEYS = ("instill-ui-order", "instillUiOrder")
_KNOWN = {
    *_TYPE_KEYS, *_ORDER_KEYS, "title", "description", "default", "required", "enum", "instill-ui-multiline",
    "instillUiMultiline", "items",
}  # fmt: skip


def in_order(variables: Mapping[str, Any]) -> list[str]:
    """The names of the variables as Instill shows them: by their order, the others after them as they are written."""

    def place(name: str) -> float:
        one = variables[name]
        given = next((one[key] for key in _ORDER_KEYS if key in one), None) if isinstance(one, Mapping) else None
        return given if isinstance(given, int | float) else float("inf")

    return sorted(variables, key=place)


def kind_of(one: Mapping[str, Any]) -> tuple[str, str | None] | None:
    """An input's type and, of a list, what is in it; None for a type that is not known."""
    written = next((str(one[key]) for key in _TYPE_KEYS if one.get(key)), "string").strip().lower()
    list_of = written.removeprefix("array:") if written.startswith("array:") else None
    if written in ("array", "list"):
        items = one.get("items")
        list_of = str(items.get("type") or "string") if isinstance(items, Mapping) else "string"
    plain = (list_of or written).partition("/")[0].replace("*", "file")
    found = _KINDS.get(plain)
    if found is None:
        return None
    return ("ARRAY", _ITEMS.get(found, "STRING")) if list_of is not None else (found, None)


def as_input(name: str, one: Mapping[str, Any]) -> dict[str, Any]:
    """The declaration of the input."""
    kind, item = kind_of(one) or ("STRING", None)
    found: dict[str, Any] = {"id": name, "type": kind}
    if item is not None:
        found["itemType"] = item
    if isinstance(one.get("enum"), list) and one["enum"] and kind == "STRING":
        found |= {"type": "SELECT", "values": [str(value) for value in one["enum"]]}
    if one.get("title"):
        found["displayName"] = str(one["title"])
    if one.get("description"):
        found["description"] = str(one["description"]).strip()
    if one.get("default") is not None:
        found["defaults"] = one["default"]
    elif one.get("required") is False:
        found["required"] = False
    return found


def unknown_keys(one: Mapping[str, Any]) -> Iterator[str]:
    """What a variable says that an input cannot."""
    return (str(key) for key in one if key not in _KNOWN)
