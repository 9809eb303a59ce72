"""Every filter, function, test and method describes itself; its example is played."""

import pytest

from builder.expressions import FILTERS, FUNCTIONS, METHODS, TESTS, check, render
from builder.expressions.grammar import OPERATORS, TAGS
from builder.expressions.syntax.expression import BINARY, UNARY
from builder.expressions.syntax.template import TAGS as TEMPLATE_TAGS

OPERATIONS = [*FILTERS.values(), *FUNCTIONS.values(), *TESTS.values(), *METHODS.values()]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each.kind}-{each.name}")
def test_the_example_is_true(operation):
    assert operation.summary.endswith(".")
    assert check(operation.example) == []
    if operation.result is not None:
        assert render(operation.example, {}) == operation.result


@pytest.mark.parametrize("written", [*OPERATORS, *TAGS], ids=lambda each: f"{each.kind}-{each.word}")
def test_the_example_of_an_operator_or_tag_is_true(written):
    assert written.summary.endswith(".")
    assert check(written.example) == []
    assert render(written.example, {"inputs": {}}) == written.result


def test_every_operator_and_tag_is_told():
    told = {name for written in OPERATORS for name in written.name.replace(",", "").split()}
    assert set(" ".join([*BINARY, *UNARY]).split()) <= told
    assert {written.name for written in TAGS} >= TEMPLATE_TAGS
