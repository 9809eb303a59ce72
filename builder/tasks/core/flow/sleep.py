"""Does nothing for a while."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from builder.tasks.api import Ask, Field, FlowTask, Form, Layout, TaskFailure, Wait
from builder.tasks.core.flow.durations import read_duration


class Sleep(FlowTask):
    """Wait for some time, then go on. Nothing is kept busy meanwhile, however long it is."""

    type_name = "io.kestra.plugin.core.flow.Sleep"
    example = """
id: wait
type: io.kestra.plugin.core.flow.Sleep
duration: PT5S
"""

    duration: Annotated[str, Form("duration")] = Field(examples=["PT30S"])
    """How long to wait."""
    timeout: Annotated[Any, Form("duration", group="failure", label="Time limit")] = Field(None, examples=["PT5M"])
    """The step fails when it would take longer than this."""

    def asks(self) -> Mapping[str, Ask]:
        return {"duration": Ask(self.duration)} | ({} if self.timeout is None else {"timeout": Ask(self.timeout)})

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        duration = read_duration(answers["duration"])
        if duration is None:
            raise TaskFailure("The duration is empty: write one such as PT30S.")
        timeout = read_duration(answers.get("timeout"))
        if timeout is not None and timeout < duration:
            return Layout((), wait=Wait(timeout.total_seconds(), False, "FAIL", "Timeout: the time limit was shorter."))
        return Layout((), wait=Wait(duration.total_seconds(), paused=False))
