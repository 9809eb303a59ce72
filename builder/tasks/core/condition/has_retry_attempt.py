"""A condition on tasks that were tried again."""

from builder.tasks.api import Facts, Field, RunState, UpstreamCondition


class HasRetryAttempt(UpstreamCondition):
    """A task of the execution was tried more than once, with a try that ended in one of these states."""

    type_name = "io.kestra.plugin.core.condition.HasRetryAttempt"
    aliases = (
        "io.kestra.plugin.core.condition.HasRetryAttemptCondition",
        "io.kestra.core.models.conditions.types.HasRetryAttemptCondition",
    )
    title = "A task was tried again"
    category = "Conditions"
    example = """
type: io.kestra.plugin.core.condition.HasRetryAttempt
in: [FAILED]
"""

    in_: list[RunState] | None = Field(None, alias="in", examples=[["FAILED"]])
    """The states of a try that are meant; all when it is not set."""
    not_in: list[RunState] | None = Field(None, examples=[["KILLED"]])
    """The states of a try that are not meant."""

    def holds(self, facts: Facts) -> bool:
        return any(
            (self.in_ is None or state in self.in_) and state not in (self.not_in or ())
            for state in self.upstream(facts).attempts
        )
