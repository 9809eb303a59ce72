"""Values between the form and the flow: how a written value is shown in a control, and what a control's text means."""

from collections.abc import Callable, Mapping
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
    if control in ("yaml", "list"):
        return as_yaml(value)
    return _word(value).removesuffix("\n") if control in ("textarea", "code") else _word(value)


def fits(control: str, value: Any) -> bool:
    """Whether a control can show a written value without loss; else it is shown as YAML."""
    if value is None or control == "yaml":
        return True
    if control in _FITTING:
        return _FITTING[control](value)
    if control in ("text", "secret", "model", "cron", "zone", "duration", "select"):
        return not isinstance(value, Mapping | list) and "\n" not in str(value)
    return not isinstance(value, Mapping | list)


def _listed(value: Any, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)


def _mapped(value: Any) -> bool:
    return isinstance(value, Mapping)


_FITTING: Mapping[str, Callable[[Any], bool]] = {
    "list": lambda value: _listed(value, str) and all(item and "\n" not in item for item in value),
    "siblings": lambda value: _listed(value, str),
    "choices": lambda value: _listed(value, str),
    "rows": lambda value: _listed(value, Mapping),
    "checkbox": lambda value: isinstance(value, bool),
    "map": _mapped,
    "ways": _mapped,
    "section": _mapped,
}


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
    if isinstance(raw, list):
        return [str(one) for one in raw] or UNSET
    text = str(raw).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        return UNSET
    if control == "list":
        return [line.strip() for line in text.split("\n") if line.strip()]
    if control == "yaml":
        return text.strip() if _is_expression(text.strip()) else _from_yaml(text)
    if control == "number":
        return _number(text.strip())
    return text if control in ("textarea", "code") else text.strip()


def meant_entry(raw: Any, old: Any, *, plain: bool) -> Any:
    """What the text of an entry of a map means: text stays text, a number is one; `plain`: always text."""
    text = str(raw).replace("\r\n", "\n").replace("\r", "\n")
    if plain or isinstance(old, str):
        return text
    value = parse(text).data if text and "\n" not in text and len(text) < 40 else text
    exact = isinstance(value, bool | int | float) and _word(value) == text
    return value if exact else text


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
