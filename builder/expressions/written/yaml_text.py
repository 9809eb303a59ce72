"""YAML text from values and back, bounded: no tags, no anchors that multiply, only JSON values."""

import json
from datetime import date
from typing import Any

import yaml

from builder.expressions.faults import ExpressionError, ExpressionLimit
from builder.expressions.limits import Budget
from builder.expressions.values import json_text

_LARGEST = 512 * 1024
_DEEPEST = 60


class _Dumper(yaml.SafeDumper):
    """Lists inside maps are indented, as Kestra writes them; repeated values are written out."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


class _Loader(yaml.SafeLoader):
    """Texts that look like dates stay texts."""


_Dumper.yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def yaml_text(value: Any, budget: Budget) -> str:
    """Block style, ends with a new line; items of an outermost list stand one space in."""
    plain = json_text(value, budget)
    _check_size(plain)
    dumped = yaml.dump(json.loads(plain), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**6)
    dumped = dumped.removesuffix("...\n")
    if isinstance(value, (list, tuple)) and value:
        dumped = "".join(" " + line for line in dumped.splitlines(keepends=True))
    budget.text(len(dumped))
    return dumped


def read_yaml(text: str, budget: Budget) -> Any:
    """The value of one YAML document."""
    _check_size(text)
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


def _check_size(text: str) -> None:
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
