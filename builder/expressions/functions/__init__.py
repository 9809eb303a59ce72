"""The functions of expressions, by what they are about; importing a module declares them."""

from builder.expressions.functions import lookups

__all__ = ["lookups"]
