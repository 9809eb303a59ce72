"""Steps that are written once and used in many flows."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from builder.tasks.api import Ask, Field, FlowBlock, Form, Lane, Layout, Outputs


class Arguments(Outputs):
    args: dict[str, Any]
    """What the steps are given."""


class Template(FlowBlock):
    """Run the steps of another flow as if they stood here.

    A template is a flow whose steps are taken over: its tasks, errors and finally (its inputs, triggers and outputs
    are not). They read what they are given as `{{ parent.outputs.args.name }}`, and later steps read their outputs
    plainly. Newer flows call the other flow by a Subflow.
    """

    type_name = "io.kestra.plugin.core.flow.Template"
    aliases = ("io.kestra.core.tasks.flows.Template",)
    gives = Arguments
    group_fields: ClassVar[tuple[str, ...]] = ("errors", "finally")
    example = """
id: greet
type: io.kestra.plugin.core.flow.Template
namespace: company.team
templateId: greeting
args:
  name: "{{ inputs.name }}"
"""

    namespace: str = Field(examples=["company.team"])
    """The namespace of the flow that holds the steps."""
    template_id: Annotated[str, Form(label="Template")] = Field(examples=["greeting"])
    """The flow that holds the steps."""
    args: Annotated[dict[str, Any], Form("map")] = {}
    """What the steps are given."""

    @classmethod
    def template_of(cls, written: Mapping[str, Any]) -> tuple[str, str]:
        return str(written.get("namespace")), str(written.get("templateId"))

    def asks(self) -> Mapping[str, Ask]:
        return {"args": Ask(self.args)} if self.args else {}

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        outputs = {"args": answers["args"]} if self.args else {}
        return Layout([Lane("", groups.get("tasks", ()))], outputs=outputs)
