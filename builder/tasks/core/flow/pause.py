"""Waits for a person, or for a while."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from builder.tasks.api import (
    AliasChoices,
    Ask,
    Children,
    Field,
    FlowBlock,
    Form,
    Lane,
    Layout,
    Outputs,
    Resume,
    TaskGroup,
    Wait,
)
from builder.tasks.core.flow.durations import read_duration

_UNANSWERED = "Timeout: nobody resumed the pause in time."


class Resumed(Outputs):
    by: str | None
    """Who resumed it; null where the time was over."""
    on: str
    """When."""
    to: str
    """What became of the execution: RUNNING."""


class Answered(Outputs):
    on_resume: dict[str, Any]
    """The values of the inputs that it asked for, by their ids."""
    resumed: Resumed
    """Who resumed it, and when."""


class Pause(FlowBlock):
    """Wait until somebody resumes the execution, or for some time.

    What the person enters is read as `{{ outputs.<this step>.onResume.<input> }}`, who it was and when as
    `{{ outputs.<this step>.resumed.by }}` and `.on`; nobody, where the time was over.
    """

    type_name = "io.kestra.plugin.core.flow.Pause"
    aliases = ("io.kestra.core.tasks.flows.Pause",)
    gives = Answered
    input_fields = ("onResume",)
    example = """
id: approval
type: io.kestra.plugin.core.flow.Pause
onResume:
  - id: reason
    type: STRING
"""

    pause_duration: Annotated[str | None, Form("duration", label="Wait for")] = Field(
        None, validation_alias=AliasChoices("pauseDuration", "delay"), examples=["PT10M"]
    )
    """How long to wait; without it, until somebody resumes."""
    behavior: Annotated[Literal["RESUME", "WARN", "FAIL", "CANCEL"], Form(label="When the time is over")] = "RESUME"
    """What happens at the end of the time; who resumes by hand always resumes."""
    timeout: Annotated[Any, Form("duration", group="failure", label="Time limit")] = Field(None, examples=["P1D"])
    """The step fails when nobody has resumed within this time."""
    on_resume: Annotated[list[Any], Form("yaml", label="Ask for")] = []
    """Inputs that the person who resumes fills in; declared as the inputs of a flow are."""
    on_pause: Annotated[dict[str, Any] | None, Form("task", group="children")] = None
    """A step to run before the wait begins, a message to whoever shall resume for example."""
    tasks: Children = []
    """Steps to run after the wait; newer flows put them after the pause."""

    def asks(self) -> Mapping[str, Ask]:
        asked = {"pauseDuration": self.pause_duration, "timeout": self.timeout}
        return {name: Ask(template) for name, template in asked.items() if template is not None}

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        return Layout([Lane("", groups.get("tasks", ()))], wait=self._wait(answers), before=groups.get("onPause", ()))

    def _wait(self, answers: Mapping[str, Any]) -> Wait:
        duration, timeout = read_duration(answers.get("pauseDuration")), read_duration(answers.get("timeout"))
        if duration is not None:
            return Wait(duration.total_seconds(), at_end=self.behavior, message=_UNANSWERED)
        return Wait(None if timeout is None else timeout.total_seconds(), at_end="FAIL", message=_UNANSWERED)

    def resumed(self, resume: Resume) -> Mapping[str, Any]:
        given = {"onResume": dict(resume.inputs)} if self.on_resume else {}
        return {**given, "resumed": {"by": resume.by, "on": resume.on, "to": "RUNNING"}}

    @classmethod
    def groups_of(cls, written: Mapping[str, Any]) -> list[TaskGroup]:
        step = written.get("onPause")
        before = [TaskGroup("onPause", ("onPause",), [(("onPause",), step)])] if isinstance(step, Mapping) else []
        return before + super().groups_of(written)
