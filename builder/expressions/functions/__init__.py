"""The functions and tests of expressions, by what they are about; importing a module declares them."""

from builder.expressions.functions import asking, lookups, numbers, reading, tests, times

__all__ = ["asking", "lookups", "numbers", "reading", "tests", "times"]
