"""Values from YAML text, bounded: no tags, no anchors that multiply, only JSON values."""

import json
from datetime import date
from typing import Any

import yaml

from builder.expressions.faults import ExpressionError, ExpressionLimit
from builder.expressions.limits import Budget
from builder.expressions.values import json_text

_LARGEST = 512 * 1024
_DEEPEST = 60


class _Loader(yaml.SafeLoader):
    """Texts that look like dates stay texts."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(text: str, budget: Budget) -> Any:
    """The value of one YAML document."""
    check_size(text)
    budget.spend(len(text) * 20)
    try:
        value = _plain(_loaded(text), budget, 0)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ExpressionError(f"The text is not valid YAML{where}") from None
    except (RecursionError, ValueError):
        raise ExpressionError("The YAML holds a value that cannot be read") from None
    json_text(value, budget)
    return value


def _loaded(text: str) -> Any:
    return yaml.load(text, Loader=_Loader)  # noqa: S506  (a SafeLoader)


def check_size(text: str) -> None:
    if len(text) > _LARGEST:
        raise ExpressionLimit("output_bytes", f"YAML in expressions is limited to {_LARGEST:,} characters")


def _plain(value: Any, budget: Budget, depth: int) -> Any:
    budget.step()
    if depth > _DEEPEST:
        raise ExpressionLimit("depth", f"The YAML is nested more than {_DEEPEST} levels deep")
    if isinstance(value, dict):
        return {_key(key): _plain(entry, budget, depth + 1) for key, entry in value.items()}
    if isinstance(value, (list, set)):
        return [_plain(item, budget, depth + 1) for item in value]
    return value if value is None or isinstance(value, (str, int, float, bool)) else _leaf(value)


def _leaf(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise ExpressionError("The YAML holds a value that is no text, number, list or map")


def _key(key: Any) -> str:
    return key if isinstance(key, str) else json.dumps(key) if isinstance(key, (int, float, bool)) else "null"
