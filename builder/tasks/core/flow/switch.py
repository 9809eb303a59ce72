"""One way out of several."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from builder.tasks.api import (
    Ask,
    Children,
    Field,
    FlowBlock,
    Form,
    Lane,
    Layout,
    Outputs,
    TaskFailure,
    TaskGroup,
    children,
    model_validator,
)


class Chosen(Outputs):
    value: str
    """The value that was compared."""
    defaults: bool
    """Whether no case has it, so that the steps of defaults ran."""


class Switch(FlowBlock):
    """Run the steps of the case that a value names."""

    type_name = "io.kestra.plugin.core.flow.Switch"
    aliases = ("io.kestra.core.tasks.flows.Switch",)
    gives = Chosen
    group_fields = ("defaults", "errors", "finally")
    example = """
id: by_kind
type: io.kestra.plugin.core.flow.Switch
value: "{{ inputs.kind }}"
cases:
  complaint:
    - id: apologise
      type: io.kestra.plugin.core.log.Log
      message: We are sorry.
  praise:
    - id: thank
      type: io.kestra.plugin.core.log.Log
      message: Thank you!
defaults:
  - id: file
    type: io.kestra.plugin.core.log.Log
    message: Noted.
"""

    value: str = Field(examples=["{{ inputs.kind }}"])
    """What names the case; compared exactly, as text."""
    cases: Annotated[dict[str, list[Any]], Form("ways", group="main", label="Cases")] = {}
    """For each value the steps to run."""
    defaults: Children = []
    """The steps to run when no case has the value; without them that is a failure."""

    @model_validator(mode="after")
    def _has_a_way(self) -> "Switch":
        if not self.cases and not self.defaults:
            raise ValueError(f"{self.id}: No task defined, neither cases or default have any tasks")
        return self

    @classmethod
    def groups_of(cls, written: Mapping[str, Any]) -> list[TaskGroup]:
        cases = written.get("cases")
        found = [
            TaskGroup(f"cases.{case}", ("cases", case), list(children(tasks, ("cases", case))))
            for case, tasks in (cases.items() if isinstance(cases, Mapping) else ())
            if isinstance(tasks, list)
        ]
        return found + super().groups_of(written)

    def asks(self) -> Mapping[str, Ask]:
        return {"value": Ask(self.value)}

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        value = "" if answers["value"] is None else str(answers["value"])
        matched = value in self.cases
        if not matched and not self.defaults:
            raise TaskFailure(
                f'No case of "{self.id}" has the value "{value}", and there are no defaults. '
                f"Add a case for it, or defaults. The cases are: {', '.join(self.cases) or 'none'}."
            )
        chosen = groups.get(f"cases.{value}" if matched else "defaults", ())
        return Layout([Lane("", chosen)], outputs={"value": value, "defaults": not matched})
