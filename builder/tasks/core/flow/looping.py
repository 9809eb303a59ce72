"""The values of a loop, as ForEach and its older relatives read them, and as Loop does."""

import json
import re
from collections.abc import Mapping
from typing import Any

from builder.expressions import ExpressionError
from builder.expressions.limits import DEFAULT_LIMITS, Budget
from builder.expressions.written.ion import read_ion
from builder.tasks.api import TaskFailure

_ADDRESS = re.compile(r"""(kestra|nsfile|file)://[^\s"'\\{}#]+""")


def loop_values(answer: Any) -> list[str]:
    """The values of a loop as text, each once, in order; `answer` is the rendered list, or JSON text of one."""
    values = _parsed(answer)
    if not isinstance(values, list):
        raise TaskFailure(f"The values must be a list, but they are {_short(answer)}. Write a list, or JSON of one.")
    missing = sum(value is None for value in values)
    if missing:
        raise TaskFailure(f"Found '{missing}' null values on Each, with values={_java(values)}")
    return list(dict.fromkeys(_text(value) for value in values))


def keyed_values(answer: Any) -> list[tuple[str | None, str]]:
    """The values of a Loop as text, each with its key where they are a map; none is left out."""
    values = _parsed(answer)
    if isinstance(values, Mapping):
        return [(str(key), _text(value)) for key, value in values.items()]
    if not isinstance(values, list):
        raise TaskFailure(
            f"The values must be a list, a map or a file, but they are {_short(answer)}. Write a list, JSON of one, or "
            "the address of a file (kestra://...)."
        )
    return [(None, _text(value)) for value in values]


def is_file(answer: Any) -> bool:
    """Whether text is the address of a file."""
    return isinstance(answer, str) and _ADDRESS.fullmatch(answer.strip()) is not None


def file_lines(text: str) -> list[tuple[str | None, str]]:
    """The lines of a file as values; a line that is JSON or Ion of a text is that text, empty ones are left out."""
    budget = Budget(DEFAULT_LIMITS)
    return [(None, _line(line.strip(), budget)) for line in text.splitlines() if line.strip()]


def _line(line: str, budget: Budget) -> str:
    if line[0] not in '"{[':
        return line
    try:
        values = read_ion(line, budget)
    except ExpressionError:
        return line
    return _text(values[0]) if len(values) == 1 else line


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
