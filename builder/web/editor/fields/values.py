"""Values between the form and the flow: how a written value is shown in a control, and what a control's text means."""

from collections.abc import Mapping
from typing import Any

from builder.errors import InvalidInput
from builder.flows.document import parse
from builder.flows.edit.write import Style, block_list, block_mapping, inline

UNSET: Any = object()
"""The control was emptied: the key goes away."""


def shown(control: str, value: Any) -> str:
    """A written value as the text of its control."""
    if value is None:
        return ""
    if control == "list" and isinstance(value, list):
        return "\n".join(map(_word, value))
    if _is_expression(value):
        return str(value)
    if control in ("yaml", "map", "list"):
        return as_yaml(value)
    return _word(value).removesuffix("\n") if control in ("textarea", "code") else _word(value)


def fits(control: str, value: Any) -> bool:
    """Whether a control can show a written value without loss; else it is shown as YAML."""
    if value is None:
        return True
    if control == "list":
        return isinstance(value, list) and all(isinstance(item, str) and "\n" not in item and item for item in value)
    if control == "checkbox":
        return isinstance(value, bool)
    if control == "rows":
        return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)
    if control in ("yaml", "map", "section"):
        return control != "section" or isinstance(value, Mapping)
    if control in ("text", "secret", "model", "cron", "zone", "duration", "select"):
        return not isinstance(value, Mapping | list) and "\n" not in str(value)
    return not isinstance(value, Mapping | list)


def as_yaml(value: Any) -> str:
    """A value as YAML of its own."""
    if isinstance(value, Mapping) and value:
        return block_mapping(value, 0, Style(dash=2))
    if isinstance(value, list) and value:
        return block_list(value, 0, Style(dash=2))
    return inline(value, Style())


def meant(control: str, raw: Any) -> Any:
    """What a control's text means; UNSET when it is empty. Raises InvalidInput for a text that is no YAML."""
    if isinstance(raw, bool):
        return raw
    text = str(raw).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        return UNSET
    if control == "list":
        return [line.strip() for line in text.split("\n") if line.strip()]
    if control in ("yaml", "map"):
        return text.strip() if _is_expression(text.strip()) else _from_yaml(text)
    if control == "number":
        return _number(text.strip())
    return text if control in ("textarea", "code") else text.strip()


def _is_expression(value: Any) -> bool:
    """A text that begins with an expression needs no quotes in the form; as bare YAML it would be a broken map."""
    return isinstance(value, str) and value.startswith(("{{", "{%"))


def _from_yaml(text: str) -> Any:
    document = parse(text)
    if document.problems:
        first = document.problems[0]
        raise InvalidInput(f"Line {first.line} of this box: {first.message}.")
    return document.data


def _number(text: str) -> Any:
    value = parse(text).data if "{" not in text else text
    return value if isinstance(value, int | float) and not isinstance(value, bool) else text


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return as_yaml(value) if isinstance(value, Mapping | list) else str(value)
