"""What is wrong with a template before it ever runs: its syntax, and names of operations and arguments."""

from collections.abc import Iterator
from dataclasses import dataclass

from builder.expressions import registry
from builder.expressions.faults import ExpressionError, did_you_mean, line_and_column
from builder.expressions.limits import DEFAULT_LIMITS
from builder.expressions.registry import Operation
from builder.expressions.syntax import nodes
from builder.expressions.syntax.paths import dotted_names
from builder.expressions.syntax.template import parse_template

_KNOWN = {"filter": registry.FILTERS, "function": registry.FUNCTIONS, "test": registry.TESTS}
_METHODS = {name.partition(".")[2] for name in registry.METHODS}
"""Kestra's reader lets any name pass until it runs, so an unknown one only warns before."""
_Use = tuple[str, str, nodes.Arguments]
"""Kind, name, arguments."""


@dataclass(frozen=True, slots=True)
class TemplateFault:
    """`line` and `column` count from 1 inside the template; `at_run`: it may be kept, and fails when rendered."""

    line: int
    column: int
    message: str
    hint: str = ""
    at_run: bool = False


def check(template: str) -> list[TemplateFault]:
    """All faults that can be known without values; an empty list when there are none."""
    if "{" not in template or dotted_names(template) is not None:
        return []
    try:
        tree = parse_template(template, DEFAULT_LIMITS)
    except ExpressionError as error:
        place = max(error.line, 1), max(error.column, 1)
        return [TemplateFault(*place, error.reason, error.hint)]
    return [fault for node in nodes.walk(tree.body) for fault in _faults(node, tree)]


def _faults(node: nodes.Node, tree: nodes.Template) -> Iterator[TemplateFault]:
    place = line_and_column(tree.source, node.position)
    for use in _uses(node, tree):
        for message, hint in _wrong(use, tree):
            yield TemplateFault(*place, message, hint)
    if isinstance(node, nodes.Method) and node.name not in _METHODS:
        hint = did_you_mean(node.name, _METHODS) or "use a filter: value | upper"
        yield TemplateFault(*place, f"No value has the method `.{node.name}()`", hint, at_run=True)


def _uses(node: nodes.Node, tree: nodes.Template) -> list[_Use]:
    if isinstance(node, nodes.Filter):
        return [("filter", node.name, node.arguments)]
    if isinstance(node, nodes.FilterBlock):
        return [("filter", name, arguments) for name, arguments in node.filters]
    if isinstance(node, nodes.Test):
        return [("test", node.name, node.arguments)]
    if isinstance(node, nodes.Call) and node.name not in tree.macros and node.name != "block":
        return [("function", node.name, node.arguments)]
    return []


def _wrong(use: _Use, tree: nodes.Template) -> Iterator[tuple[str, str]]:
    """Message and hint."""
    kind, name, arguments = use
    operation = _KNOWN[kind].get(name)
    if operation is None:
        known = [*_KNOWN[kind], *(tree.macros if kind == "function" else ())]
        yield registry.no_such(kind, name), did_you_mean(name, known)
    elif not operation.is_variadic:
        yield from _wrong_arguments(operation, arguments)


def _wrong_arguments(operation: Operation, arguments: nodes.Arguments) -> Iterator[tuple[str, str]]:
    named = {name for name, _ in arguments.named}
    for name, _ in arguments.named:
        if name not in operation.parameters:
            yield operation.no_argument(name), did_you_mean(name, operation.parameters)
    if len(arguments.positional) > len(operation.parameters):
        yield operation.too_many(len(arguments.positional)), ""
    for place, name in enumerate(operation.parameters[: operation.required]):
        if place >= len(arguments.positional) and name not in named:
            yield operation.missing(name), ""
