"""One way or the other."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from builder.tasks.api import Ask, Children, Field, FlowBlock, Form, Lane, Layout, Outputs, is_true


class Judged(Outputs):
    evaluation_result: bool
    """Whether the condition was true."""


class If(FlowBlock):
    """Run some steps when a condition is true, and others when it is not."""

    type_name = "io.kestra.plugin.core.flow.If"
    aliases = ("io.kestra.core.tasks.flows.If",)
    gives = Judged
    group_fields = ("then", "else", "errors", "finally")
    example = """
id: urgent
type: io.kestra.plugin.core.flow.If
condition: "{{ inputs.priority > 5 }}"
then:
  - id: alarm
    type: io.kestra.plugin.core.log.Log
    message: At once!
else:
  - id: note
    type: io.kestra.plugin.core.log.Log
    message: Tomorrow will do.
"""

    condition: Any = Field(examples=["{{ inputs.priority > 5 }}"])
    """What decides; false, 0 and nothing are false, everything else is true."""
    then: Children = Field(min_length=1)
    """The steps for true."""
    else_: Annotated[list[Any], Form("tasks", group="children", label="Else")] = Field([], alias="else")
    """The steps for false."""

    def asks(self) -> Mapping[str, Ask]:
        condition = self.condition
        return {"condition": Ask(str(condition).lower() if isinstance(condition, bool) else condition)}

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        result = is_true(answers["condition"])
        chosen = groups.get("then" if result else "else", ())
        return Layout([Lane("", chosen)], outputs={"evaluationResult": result})
