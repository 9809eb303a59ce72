"""The docstrings below fields, read when somebody wants to see them: a worker, which shows nothing, reads no source."""

import ast
import inspect
import sys
from collections.abc import Mapping
from functools import cache

from pydantic import BaseModel


@cache
def words_of(model: type[BaseModel]) -> Mapping[str, str]:
    """What is said of each field, by its Python name; a class's own words win over those of its bases."""
    found: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        found |= _by_class(cls.__module__).get(cls.__qualname__, {})
    return found


@cache
def _by_class(module: str) -> Mapping[str, Mapping[str, str]]:
    """The words of every class of a module, by its qualified name; none where the source is not at hand."""
    if module.partition(".")[0] in ("builtins", "pydantic", "typing", "abc"):
        return {}
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (KeyError, OSError, TypeError):
        return {}
    found: dict[str, Mapping[str, str]] = {}
    waiting: list[tuple[str, ast.AST]] = [("", tree)]
    while waiting:
        name, node = waiting.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                found[name + child.name] = _of_fields(child)
                waiting.append((f"{name}{child.name}.", child))
            elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                waiting.append((f"{name}{child.name}.<locals>.", child))
    return found


def _of_fields(node: ast.ClassDef) -> Mapping[str, str]:
    pairs = zip(node.body, node.body[1:], strict=False)
    return {
        field.target.id: inspect.cleandoc(said.value.value)
        for field, said in pairs
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(said, ast.Expr) and isinstance(said.value, ast.Constant) and isinstance(said.value.value, str)
    }
