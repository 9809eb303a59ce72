"""Steps one after another."""

from builder.tasks.api import Children, Field, FlowBlock


class Sequential(FlowBlock):
    """Run steps one after another, as one block."""

    type_name = "io.kestra.plugin.core.flow.Sequential"
    aliases = ("io.kestra.core.tasks.flows.Sequential",)
    example = """
id: prepare
type: io.kestra.plugin.core.flow.Sequential
tasks:
  - id: first
    type: io.kestra.plugin.core.log.Log
    message: One
  - id: second
    type: io.kestra.plugin.core.log.Log
    message: Two
"""

    tasks: Children = Field(min_length=1)
    """The steps, in their order."""
