"""Every filter, function, test and method describes itself; its example is played."""

import pytest

from builder.expressions import FILTERS, FUNCTIONS, METHODS, TESTS, check, render

OPERATIONS = [*FILTERS.values(), *FUNCTIONS.values(), *TESTS.values(), *METHODS.values()]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each.kind}-{each.name}")
def test_the_example_is_true(operation):
    assert operation.summary.endswith(".")
    assert check(operation.example) == []
    if operation.result is not None:
        assert render(operation.example, {}) == operation.result
