"""Instill's recipes (version v1beta) as flows that people can read and edit. Pure.

What is known of task types comes in through the protocol `Components`.
"""

from builder.flows.recipes.translate import Components, Translated, is_recipe, translate

__all__ = ["Components", "Translated", "is_recipe", "translate"]
