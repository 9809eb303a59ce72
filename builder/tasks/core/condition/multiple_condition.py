"""A condition that collects others over time; `builder.triggers` keeps what it has seen."""

from typing import Annotated, Any

from builder.schedule.windows import Window
from builder.tasks.api import AsWritten, Condition, ConditionError, Duration, Facts, Field, Form, Rendered
from builder.tasks.core.trigger.waiting import TimeWindow


class MultipleCondition(AsWritten, Condition):
    """Each of its named conditions has held for some execution within a time; for Flow triggers."""

    type_name = "io.kestra.plugin.core.condition.MultipleCondition"
    aliases = (
        "io.kestra.plugin.core.condition.MultipleConditionCondition",
        "io.kestra.core.models.conditions.types.MultipleCondition",
    )
    title = "Several executions"
    category = "Conditions"
    deprecated = "dependsOn of a Flow trigger"
    example = """
id: both_imports
type: io.kestra.plugin.core.condition.MultipleCondition
window: P1D
windowAdvance: P0D
conditions:
  orders:
    type: io.kestra.plugin.core.condition.ExecutionFlow
    namespace: company.team
    flowId: import_orders
  customers:
    type: io.kestra.plugin.core.condition.ExecutionFlow
    namespace: company.team
    flowId: import_customers
"""

    id: str = Field("multiple", examples=["both_imports"])
    """A name, its own among those of the trigger."""
    description: Annotated[str | None, Form("hidden")] = None
    """A note; accepted, without effect."""
    time_window: TimeWindow | None = None
    """Within which time; a day when it is not set."""
    window: Duration | None = Field(None, examples=["P1D"])
    """The older way to say how long the time is."""
    window_advance: Duration | None = Field(None, examples=["PT6H"])
    """The older way to say how much later than midnight it begins."""
    reset_on_success: bool = True
    """Begin anew once all have held."""
    conditions: Annotated[dict[str, dict[str, Any]], Rendered("raw"), Form("yaml")] = Field(min_length=1)
    """The conditions by their names."""

    def cut(self) -> Window:
        """Raises InvalidInput."""
        written = self.time_window or TimeWindow(window=self.window, window_advance=self.window_advance)
        return written.cut()

    def holds(self, facts: Facts) -> bool:
        raise ConditionError("MultipleCondition collects executions over time, which only a Flow trigger can do.")
