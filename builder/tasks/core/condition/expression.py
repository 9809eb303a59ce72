"""A condition that is an expression."""

from typing import Annotated

from builder.tasks.api import Condition, Facts, Field, Form, is_true


class Expression(Condition):
    """The expression gives something that is not false, 0 or nothing."""

    type_name = "io.kestra.plugin.core.condition.Expression"
    aliases = (
        "io.kestra.plugin.core.condition.ExpressionCondition",
        "io.kestra.core.models.conditions.types.VariableCondition",
        "io.kestra.core.models.conditions.types.ExpressionCondition",
    )
    title = "An expression is true"
    category = "Conditions"
    example = """
type: io.kestra.plugin.core.condition.Expression
expression: "{{ trigger.body.amount > 100 }}"
"""

    expression: Annotated[str, Form("textarea")] = Field(examples=["{{ trigger.body.amount > 100 }}"])
    """What must come to something other than false, 0 or nothing."""

    def holds(self, facts: Facts) -> bool:
        return is_true(self.expression)
