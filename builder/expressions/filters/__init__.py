"""The filters of expressions, by what they are about; importing a module declares them."""

from builder.expressions.filters import texts

__all__ = ["texts"]
