"""Another flow for each batch of a file's rows."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from builder.tasks.api import (
    Batches,
    Children,
    Ending,
    Field,
    FlowTask,
    Form,
    Inner,
    Layout,
    Outputs,
    Properties,
    RunContext,
)
from builder.tasks.core.flow.subflow import CallsFlow
from builder.tasks.core.storage.split import Split

_REQUEST = ("namespace", "flow_id", "revision", "inputs", "labels", "inherit_labels", "schedule_date")
_NAMES = {"flow_id": "flowId", "inherit_labels": "inheritLabels", "schedule_date": "scheduleDate"}


class Batch(Properties):
    """How a file is cut; of bytes, partitions and rows the first that is set counts."""

    rows: int | str | None = None
    """So many rows in each batch; one when nothing is set."""
    bytes_: str | None = Field(None, alias="bytes", examples=["10MB"])
    """A new batch begins once one has so many bytes."""
    partitions: int | str | None = None
    """So many batches; the rows go to them in turn."""
    separator: str = "\n"
    """What parts two rows."""


class Batched(Outputs):
    splits: str = Field(alias="<id>_split.splits")
    """A file with the address of each batch on a line."""
    uris: list[str] = Field(alias="<id>_split.uris")
    """The addresses of the batches."""
    iterations: dict[str, int] = Field(alias="<id>_items.iterations")
    """How many runs of the flow came to each state."""
    number_of_batches: int = Field(alias="<id>_items.numberOfBatches")
    """How many batches there were."""
    subflow_outputs: str = Field(alias="<id>_merge.subflowOutputs")
    """A file with the outputs of all runs, a line for each."""


class ForEachItem(CallsFlow):
    """Run another flow for each batch of the rows of a file.

    The flow's inputs see the batch's file as `{{ taskrun.items }}` and its number, from 0, as
    `{{ taskrun.iteration }}`. Three steps are made of it: `<id>_split` cuts the file, `<id>_items` runs the flow for
    all batches, also when some fail, and counts how they came out in `{{ outputs.<id>_items.iterations }}`;
    `<id>_merge` puts the outputs of all runs into one file, `{{ outputs.<id>_merge.subflowOutputs }}`, a line for each.
    """

    type_name = "io.kestra.plugin.core.flow.ForEachItem"
    aliases = ("io.kestra.core.tasks.flows.ForEachItem",)
    title = "For each item"
    gives = Batched
    group_fields = ("errors", "finally")
    example = """
id: each
type: io.kestra.plugin.core.flow.ForEachItem
items: "{{ outputs.write.uri }}"
batch:
  rows: 1
namespace: company.team
flowId: summarise
inputs:
  text: "{{ taskrun.items }}"
"""

    items: str = Field(examples=["{{ inputs.file }}", "{{ outputs.download.uri }}"])
    """The file whose rows are taken."""
    batch: Batch = Batch()
    """How many rows go to one run of the flow."""
    errors: Children = []
    """Steps that run when one of the steps inside fails."""
    finally_: Annotated[list[Any], Form("tasks", group="children", label="Finally")] = Field([], alias="finally")
    """Steps that run at the end whatever happened inside, after those of errors."""

    def inner(self) -> Sequence[Inner]:
        cut = self.batch.written()
        if not {"rows", "bytes", "partitions"} & cut.keys():
            cut["rows"] = 1
        split, items, merge = (f"{self.id}_{part}" for part in ("split", "items", "merge"))
        return (
            Inner(Cut, {"id": split, "type": self.type, "from": self.items, **cut}),
            Inner(Run, {"id": items}, Run.model_construct(id=items, type=self.type, call=self)),
            Inner(Merge, {"id": merge}, Merge.model_construct(id=merge, type=self.type, of=items)),
        )


class Cuts(Outputs):
    splits: str
    """A file with the address of each batch on a line."""
    uris: list[str]
    """The addresses of the batches."""


class Cut(Split):
    """Cuts the file into batches; part of ForEachItem."""

    type_name = ""

    def run(self, context: RunContext) -> Cuts:  # type: ignore[override]
        uris = super().run(context).uris
        with context.files.writing("splits.txt") as listing:
            for uri in uris:
                listing.write(f"{uri}\n".encode())
        return Cuts(splits=listing.uri, uris=uris)


class Run(FlowTask):
    """Runs the flow for each batch; part of ForEachItem."""

    call: CallsFlow

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        request = {_NAMES.get(name, name): getattr(self.call, name) for name in _REQUEST}
        return Layout((), batches=Batches(f"{self.call.id}_split", "uris", request, self.call.wait))

    def batches_ended(self, counts: Mapping[str, int]) -> Ending:
        total = sum(counts.values())
        iterations = {"CREATED": 0} if self.call.wait else {}
        outputs = {"iterations": {**iterations, "RUNNING": 0, **counts}, "numberOfBatches": total}
        failed = counts.get("FAILED", 0) + counts.get("CANCELLED", 0)
        if not self.call.transmit_failed:
            return Ending("SUCCESS", outputs)
        if failed:
            return Ending("FAILED", outputs, f"{failed} of {total} batches failed.")
        return Ending(next((state for state in ("KILLED", "WARNING") if counts.get(state)), "SUCCESS"), outputs)

    @property
    def restarts_children(self) -> bool:
        return self.call.restarts_children


class Merge(FlowTask):
    """Puts the outputs of all batches into one file; part of ForEachItem."""

    of: str

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        return Layout((), gathers=self.of)

    def gathered(self, uri: str) -> Mapping[str, Any]:
        return {"subflowOutputs": uri}
