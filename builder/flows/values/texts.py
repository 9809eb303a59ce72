"""Texts of a form: those with a validator, addresses, choices."""

import re
from collections.abc import Mapping
from typing import Any

import regex

from builder.flows.values.words import BadValue, as_text

VALIDATOR_SECONDS = 0.05
"""A pattern that takes longer is given up: it explodes on this text."""

_URI = re.compile(r"[a-z]+://[-a-zA-Z0-9@:%._+~#=]{1,256}\.[a-zA-Z0-9()]{1,6}\b[-a-zA-Z0-9()@:%_+.~#?&/=,;!*'$\[\]]*")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def read_string(properties: Mapping[str, Any], value: Any) -> str:
    text = as_text(value)
    pattern = properties.get("validator")
    if pattern is None:
        return text
    try:
        matched = regex.fullmatch(pattern, text, timeout=VALIDATOR_SECONDS)
    except TimeoutError as error:
        raise BadValue(f"its validator `{pattern}` takes too long on this text: simplify the pattern") from error
    except regex.error as error:
        raise BadValue(f"its validator `{pattern}` is not a valid regular expression") from error
    if matched is None:
        raise BadValue(f"it must match the pattern `{pattern}`")
    return text


def read_bool(properties: Mapping[str, Any], value: Any) -> bool:
    return value if isinstance(value, bool) else as_text(value).lower() == "true"


def read_select(properties: Mapping[str, Any], value: Any) -> str:
    text = as_text(value)
    allowed = choices(properties)
    if text not in allowed and not properties.get("allowCustomValue"):
        raise BadValue(f"it must match the values `[{', '.join(allowed)}]`")
    return text


def choices(properties: Mapping[str, Any]) -> list[str]:
    """The values that may be chosen, of texts or of maps with label and value."""
    return [
        as_text(item.get("value")) if isinstance(item, Mapping) else as_text(item)
        for item in properties.get("values") or ()
    ]


def read_uri(properties: Mapping[str, Any], value: Any) -> str:
    if not _URI.fullmatch(value):
        raise ValueError
    return str(value)


def read_email(properties: Mapping[str, Any], value: Any) -> str:
    if value != "" and not _EMAIL.fullmatch(value):
        raise BadValue("The input must be a valid email")
    return str(value)
