"""Deletes old revisions of flows for good."""

from typing import Annotated, Literal, Self

from builder.tasks.api import (
    Field,
    Form,
    KestraTask,
    Outputs,
    Properties,
    RunContext,
    WrongProperty,
    model_validator,
    read_moment,
)


class RevisionsPurged(Outputs):
    size: int
    """How many revisions were deleted."""


class OldRevisions(Properties):
    """What goes: revisions beyond the newest ones, or those from before a time."""

    type: Annotated[Literal["version"], Form("hidden")] = "version"
    """Kestra's name for it."""
    keep_amount: int | None = Field(None, ge=1)
    """How many revisions of each flow stay; one when nothing is set."""
    before: str | None = Field(None, examples=["{{ now() | dateAdd(-3, 'MONTHS') }}"])
    """Only revisions made then or earlier go."""

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if self.keep_amount is not None and self.before is not None:
            raise WrongProperty(("before",), "Cannot set both 'before' and 'keepAmount' properties")
        return self


class PurgeFlows(KestraTask):
    """Delete old revisions of flows for good; the latest of each flow stays.

    Revisions that executions have run stay with them, since a restart and the page need their text: purge those
    executions first.
    """

    type_name = "io.kestra.plugin.core.flow.PurgeFlows"
    title = "Purge old revisions of flows"
    category = "Executions"
    deletes = "Old revisions of flows, for good."
    example = """
id: purge
type: io.kestra.plugin.core.flow.PurgeFlows
namespace: company
behavior:
  keepAmount: 2
"""

    namespace: str | None = Field(None, examples=["company.team"])
    """Whose flows; without a flow, those of the namespaces below it too. All when it is not set."""
    flow_id: Annotated[str | None, Form(label="Flow")] = None
    """Only this flow of the namespace."""
    behavior: OldRevisions = OldRevisions()
    """Which revisions go; all but the latest when nothing is set."""

    @model_validator(mode="after")
    def _has_a_namespace(self) -> Self:
        if self.flow_id and not self.namespace:
            raise WrongProperty(("namespace",), "Property `namespace` is required when `flowId` is set.")
        return self

    async def run(self, context: RunContext) -> RevisionsPurged:
        before = self.behavior.before
        keep = self.behavior.keep_amount or (0 if before else 1)
        moment = read_moment(before) if before else None
        return RevisionsPurged(
            size=await context.elsewhere.purge_flows(self.namespace, self.flow_id, keep=keep, before=moment)
        )
