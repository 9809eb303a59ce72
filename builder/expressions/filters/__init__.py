"""The filters of expressions, by what they are about; importing a module declares them."""

from builder.expressions.filters import encodings, lists, numbers, patterns, texts, times

__all__ = ["encodings", "lists", "numbers", "patterns", "texts", "times"]
