"""What is wrong with a template before it ever runs: its syntax, and names of filters, functions and tests."""

from collections.abc import Collection
from dataclasses import dataclass

from builder.expressions import registry
from builder.expressions.faults import ExpressionError, did_you_mean, line_and_column
from builder.expressions.limits import DEFAULT_LIMITS
from builder.expressions.syntax import nodes
from builder.expressions.syntax.template import parse_template


@dataclass(frozen=True, slots=True)
class TemplateFault:
    """`line` and `column` count from 1 inside the template."""

    line: int
    column: int
    message: str
    hint: str = ""


def check(template: str) -> list[TemplateFault]:
    """All faults that can be known without values; an empty list when there are none."""
    if "{" not in template:
        return []
    try:
        tree = parse_template(template, DEFAULT_LIMITS)
    except ExpressionError as error:
        return [TemplateFault(max(error.line, 1), max(error.column, 1), error.reason, error.hint)]
    faults = []
    for node in nodes.walk(tree.body):
        for kind, name, known in _uses(node, tree):
            if name not in known:
                line, column = line_and_column(template, node.position)
                hint = did_you_mean(name, known)
                faults.append(TemplateFault(line, column, registry.no_such(kind, name), hint))
    return faults


def _uses(node: nodes.Node, tree: nodes.Template) -> list[tuple[str, str, Collection[str]]]:
    if isinstance(node, nodes.Filter):
        return [("filter", node.name, registry.FILTERS)]
    if isinstance(node, nodes.FilterBlock):
        return [("filter", name, registry.FILTERS) for name, _ in node.filters]
    if isinstance(node, nodes.Test):
        return [("test", node.name, registry.TESTS)]
    if isinstance(node, nodes.Call):
        return [("function", node.name, {*registry.FUNCTIONS, *tree.macros})]
    return []
