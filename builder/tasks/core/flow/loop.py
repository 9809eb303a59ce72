"""Steps for each value, each turn with outputs of its own."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from builder.flows.inputs.kinds import kind_name
from builder.flows.inputs.values import BadValue
from builder.flows.model import Output
from builder.flows.outputs import typed_output
from builder.tasks.api import (
    TURN_ID,
    Ask,
    Children,
    Ending,
    Field,
    FlowBlock,
    FlowTask,
    Form,
    Lane,
    Layout,
    Order,
    Outputs,
    Properties,
    Rows,
    TaskFailure,
    Turned,
)
from builder.tasks.core.flow.looping import file_lines, is_file, keyed_values

_FAILURES = frozenset({"FAILED", "KILLED", "CANCELLED"})


class LoopOutput(Properties):
    """One output of each turn."""

    id: str = Field(pattern=r"^[a-zA-Z0-9][.a-zA-Z0-9_-]*$", examples=["summary"])
    """The output's name."""
    type: str = "STRING"
    """The kind of value, as for outputs of a flow."""
    value: Any = Field(None, examples=["{{ outputs.summarise.value }}"])
    """What the turn gives; steps of the turn are read plainly."""
    display_name: str | None = None
    """A name for people."""
    description: str | None = None
    """A note for people."""
    item_type: str = ""
    """What an ARRAY holds."""
    required: bool = True
    """Otherwise it is left out when it is null."""

    def typed(self, value: Any) -> Any:
        """The rendered value as the type says; raises TaskFailure."""
        try:
            return typed_output(Output(self.id, kind_name(self.type), value, item_type=self.item_type), value)
        except BadValue as error:
            raise TaskFailure(str(error)) from error


class Item(Outputs):
    value: str | None
    """The value of the turn."""
    iteration: int
    """Its number, from 0."""
    key: str
    """Its key, where the values are a map."""


class TurnOutputs(Outputs):
    item: Item
    """Whose turn it was."""
    outputs: dict[str, Any]
    """What it gave, by the ids of its outputs."""


class Looped(Outputs):
    iteration_count: int
    """How many turns there are."""
    running_iterations: int
    """How many of them run; 0 at the end."""
    terminated_iterations: dict[str, int]
    """How many came to each state."""
    outputs: list[TurnOutputs]
    """What each turn gave; loopOutputs(outputs.<id>.outputs, 'name') takes one output of all of them."""
    uri: str
    """The file of what each turn gave, a line for each, where it is stored instead (fetchType)."""


class Loop(FlowBlock):
    """Run the same steps for each value of a list, a map or a file, each turn by itself.

    Inside, `{{ item.value }}` is the value, `{{ item.index }}` its number from 0 and `{{ item.key }}` its key in a map,
    however deep the step stands; `{{ item.parent }}` is the item of the loop around. Steps of a turn see each other as
    `{{ outputs.step }}`, and nobody sees them after the turn: what is wanted is named in `outputs`, and read as
    `{{ loopOutputs(outputs.loop, 'name') }}`. Errors and finally belong to each turn. A value that comes twice has two
    turns. Once a turn failed no other begins, unless failures are not taken over.
    """

    type_name = "io.kestra.plugin.core.flow.Loop"
    gives = Looped
    order = Order.TURNS
    example = """
id: each
type: io.kestra.plugin.core.flow.Loop
values: ["red", "green", "blue"]
concurrencyLimit: 2
tasks:
  - id: say
    type: io.kestra.plugin.core.debug.Return
    format: "{{ item.index }}: {{ item.value }}"
outputs:
  - id: said
    type: STRING
    value: "{{ outputs.say.value }}"
"""

    values: Annotated[str | list[Any] | dict[str, Any], Form("textarea")] = Field(
        examples=['["red", "green"]', "{{ inputs.names }}"]
    )
    """The values: a list, a map, JSON text of one, or the address of a file with a value on each line."""
    concurrency_limit: int = Field(0, ge=0)
    """How many turns run at once: 0 is all at once, 1 is one after another."""
    transmit_failed: Annotated[bool, Form(label="Fail when a turn fails")] = True
    """Take over the failure or warning of a turn; otherwise all turns run and the step succeeds whatever happens."""
    tasks: Children = Field(min_length=1)
    """The steps of each turn, in their order."""
    outputs: list[LoopOutput] = []
    """What each turn gives, as {id, type, value}."""
    fetch_type: Annotated[Literal["AUTO", "FETCH", "STORE"], Form(group="advanced", label="Keep outputs")] = "AUTO"
    """FETCH gives the outputs of all turns as a list, STORE as a file; AUTO stores them where the values are a file."""
    break_when: Annotated[str | None, Form(group="advanced")] = Field(
        None, examples=["{{ iteration.state == 'FAILED' }}"]
    )
    """Looked at after each turn: when it is true no further turn begins. It sees `item` and `iteration`: its state,
    outputs and executionId."""

    def asks(self) -> Mapping[str, Ask]:
        return {"values": Ask(self.values)}

    def asks_then(self, answers: Mapping[str, Any]) -> Mapping[str, Ask]:
        values = answers["values"]
        if isinstance(self.values, str) and is_file(values):
            return {"lines": Ask("{{ read(" + json.dumps(values.strip()) + ") }}")}
        return {}

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        values = file_lines(answers["lines"]) if "lines" in answers else keyed_values(answers["values"])
        lanes = [Lane(str(index), (TURN_ID,), value, index, item_key=key) for index, (key, value) in enumerate(values)]
        counts = {"iterationCount": len(lanes), "runningIterations": 0, "terminatedIterations": {}}
        return Layout(lanes, self.concurrency_limit, counts)

    def turn(self) -> FlowTask:
        return Turn.model_construct(id="turn", type="", outputs=tuple(self.outputs), break_when=self.break_when)

    @property
    def goes_on_after_failure(self) -> bool:
        return not self.transmit_failed

    def outcome(self, worst: str, answers: Mapping[str, Any]) -> str:
        if not self.transmit_failed:
            return "SUCCESS"
        return "FAILED" if worst in _FAILURES else worst

    def turns_ended(self, turns: Sequence[Turned], answers: Mapping[str, Any]) -> Rows:
        counts: dict[str, int] = {}
        for turned in turns:
            counts[turned.state] = counts.get(turned.state, 0) + 1
        rows = [{"item": _item(turned), "outputs": dict(turned.outputs or {})} for turned in turns]
        ended = {"runningIterations": 0, "terminatedIterations": counts}
        if self.fetch_type == "STORE" or (self.fetch_type == "AUTO" and "lines" in answers):
            return Rows(ended, rows)
        return Rows({**ended, "outputs": rows})


class Turn(FlowTask):
    """One turn of a Loop; no type that a flow names."""

    outputs: tuple[LoopOutput, ...] = ()
    break_when: str | None = None

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        return Layout([Lane("", groups.get("tasks", ()))], turns=bool(self.outputs))

    def turn_lanes(self, groups: Mapping[str, Sequence[str]], turn: int) -> Layout:
        return self.layout(groups, {})

    def turn_asks(self) -> Mapping[str, Ask]:
        return {"outputs": Ask({output.id: output.value for output in self.outputs})}

    def turn_ended(self, answers: Mapping[str, Any], turn: int, elapsed_seconds: float) -> Ending:
        values = {output.id: output.typed(answers["outputs"].get(output.id)) for output in self.outputs}
        left_out = {output.id for output in self.outputs if not output.required and values[output.id] is None}
        return Ending("SUCCESS", {name: value for name, value in values.items() if name not in left_out})

    def end_asks(self) -> Mapping[str, Ask]:
        return {} if self.break_when is None else {"breakWhen": Ask(self.break_when)}


def _item(turned: Turned) -> dict[str, Any]:
    found: dict[str, Any] = {"value": turned.value, "iteration": turned.index}
    return found if turned.key is None else {**found, "key": turned.key}
