"""A condition on the state that an execution got to."""

from builder.tasks.api import Facts, Field, RunState, UpstreamCondition


class ExecutionStatus(UpstreamCondition):
    """The execution is in one of these states, and in none of those."""

    type_name = "io.kestra.plugin.core.condition.ExecutionStatus"
    aliases = (
        "io.kestra.plugin.core.condition.ExecutionStatusCondition",
        "io.kestra.core.models.conditions.types.ExecutionStatusCondition",
    )
    title = "It got to a state"
    category = "Conditions"
    example = """
type: io.kestra.plugin.core.condition.ExecutionStatus
in: [FAILED, WARNING]
"""

    in_: list[RunState] | None = Field(None, alias="in", examples=[["SUCCESS"]])
    """The states that are meant; all when it is not set."""
    not_in: list[RunState] | None = Field(None, examples=[["KILLED"]])
    """The states that are not meant."""

    def holds(self, facts: Facts) -> bool:
        state = self.upstream(facts).state
        return (self.in_ is None or state in self.in_) and state not in (self.not_in or ())
