"""The methods of values that Kestra's flows call, by what they belong to; importing a module declares them."""

from builder.expressions.methods import dates, lists, texts

__all__ = ["dates", "lists", "texts"]
