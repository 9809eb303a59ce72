"""Kestra's expressions: `{{ ... }}` in Pebble's syntax, interpreted here, within limits."""

from builder.expressions import filters as _filters
from builder.expressions import functions as _functions
from builder.expressions import methods as _methods
from builder.expressions.check import TemplateFault, check
from builder.expressions.faults import ExpressionError, ExpressionLimit, TemplateSyntaxError, UndefinedVariable
from builder.expressions.limits import DEFAULT_LIMITS, Limits
from builder.expressions.lookups import LOOKUP_FUNCTIONS, Lookups
from builder.expressions.references import Reference, needs_lookups, references
from builder.expressions.registry import FILTERS, FUNCTIONS, METHODS, TESTS, Operation
from builder.expressions.render import render, render_value
from builder.expressions.values import result_to_json, truthy
from builder.expressions.written.ion import read_row

__all__ = [
    "DEFAULT_LIMITS",
    "FILTERS",
    "FUNCTIONS",
    "LOOKUP_FUNCTIONS",
    "METHODS",
    "TESTS",
    "ExpressionError",
    "ExpressionLimit",
    "Limits",
    "Lookups",
    "Operation",
    "Reference",
    "TemplateFault",
    "TemplateSyntaxError",
    "UndefinedVariable",
    "check",
    "needs_lookups",
    "read_row",
    "references",
    "render",
    "render_value",
    "result_to_json",
    "truthy",
]
assert _filters and _functions and _methods, "imported for what they declare"
