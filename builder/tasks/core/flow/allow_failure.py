"""A block whose failure does not stop the flow."""

from collections.abc import Mapping
from typing import Any

from builder.tasks.api import Children, Field, FlowBlock


class AllowFailure(FlowBlock):
    """Run steps whose failure only counts as a warning, so that the flow goes on."""

    type_name = "io.kestra.plugin.core.flow.AllowFailure"
    aliases = ("io.kestra.core.tasks.flows.AllowFailure",)
    example = """
id: try_it
type: io.kestra.plugin.core.flow.AllowFailure
tasks:
  - id: risky
    type: io.kestra.plugin.core.execution.Fail
"""

    tasks: Children = Field(min_length=1)
    """The steps, in their order; the first failure ends the block."""

    def outcome(self, worst: str, answers: Mapping[str, Any]) -> str:
        return "WARNING" if worst == "FAILED" else worst
