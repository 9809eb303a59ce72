"""The values of a loop, as ForEach and its older relatives read them."""

import json
from collections.abc import Mapping
from typing import Any

from builder.tasks.api import TaskFailure


def loop_values(answer: Any) -> list[str]:
    """The values of a loop as text, each once, in order; `answer` is the rendered list, or JSON text of one."""
    values = _parsed(answer)
    if not isinstance(values, list):
        raise TaskFailure(f"The values must be a list, but they are {_short(answer)}. Write a list, or JSON of one.")
    missing = sum(value is None for value in values)
    if missing:
        raise TaskFailure(f"Found '{missing}' null values on Each, with values={_java(values)}")
    return list(dict.fromkeys(_text(value) for value in values))


def _parsed(answer: Any) -> Any:
    if not isinstance(answer, str):
        return answer
    try:
        return json.loads(answer)
    except ValueError as error:
        raise TaskFailure(f"The values must be a JSON list, but they are {_short(answer)}.") from error


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return f'"{text[:60]}…"' if len(text) > 60 else f'"{text}"'


def _java(value: Any) -> str:
    """A value as Kestra prints it in messages."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={_java(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_java, value)) + "]"
    return "null" if value is None else _text(value)
