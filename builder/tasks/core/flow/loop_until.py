"""Steps again and again until something is true."""

from collections.abc import Mapping, Sequence
from typing import Any

from builder.tasks.api import (
    Again,
    Ask,
    Children,
    Duration,
    Ending,
    Field,
    FlowBlock,
    Lane,
    Layout,
    Order,
    Outputs,
    Properties,
    is_true,
)

LEAST_INTERVAL_SECONDS = 0.05
"""No loop turns faster: a pause of nothing would keep a worker busy for nobody."""


class CheckFrequency(Properties):
    """How often a loop looks at its condition."""

    max_iterations: int | None = Field(None, ge=1)
    """How many turns there may be at most."""
    max_duration: Duration | None = None
    """How long the loop may take at most."""
    interval: Duration | None = None
    """How long to wait between two turns; one minute when it is not set."""


class Turns(Outputs):
    iteration_count: int
    """The number of the turn, from 1; after the loop, how many there were."""


class LoopUntil(FlowBlock):
    """Run steps again and again until a condition is true.

    `{{ outputs.<this step>.iterationCount }}` is the number of the turn, from 1. Outputs of the steps are those of the
    last turn. A loop that sets no limit of its own fails when it is stopped by the one it is given.
    """

    type_name = "io.kestra.plugin.core.flow.LoopUntil"
    gives = Turns
    order = Order.TURNS
    aliases = ("io.kestra.plugin.core.flow.WaitFor", "io.kestra.core.tasks.flows.WaitFor")
    title = "Loop until"
    example = """
id: until_done
type: io.kestra.plugin.core.flow.LoopUntil
condition: "{{ outputs.look.value == 'done' }}"
checkFrequency:
  interval: PT10S
  maxIterations: 30
tasks:
  - id: look
    type: io.kestra.plugin.core.debug.Return
    format: done
"""

    condition: Any = Field(examples=["{{ outputs.look.value == 'done' }}"])
    """The loop ends when this is true after a turn."""
    tasks: Children = Field(min_length=1)
    """The steps of each turn, in their order."""
    fail_on_max_reached: bool = False
    """Fail when the most turns or the longest time is reached; otherwise the step succeeds then."""
    check_frequency: CheckFrequency = CheckFrequency()
    """How often, how long, and with which pause."""

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        return Layout((), turns=True)

    def turn_lanes(self, groups: Mapping[str, Sequence[str]], turn: int) -> Layout:
        lane = Lane(str(turn), groups.get("tasks", ()), iteration=turn - 1)
        return Layout([lane], outputs={"iterationCount": turn}, turns=True)

    def turn_asks(self) -> Mapping[str, Ask]:
        condition = self.condition
        return {"condition": Ask(str(condition).lower() if isinstance(condition, bool) else condition)}

    def turn_ended(self, answers: Mapping[str, Any], turn: int, elapsed_seconds: float) -> Again | Ending:
        if is_true(answers["condition"]):
            return Ending("SUCCESS")
        most, longest, interval = self._bounds()
        if (most is None or turn < most) and (longest is None or elapsed_seconds + interval <= longest):
            return Again(interval)
        if self._fails_at_its_limit:
            reached = "maxIterations" if most is not None and turn >= most else "maxDuration"
            return Ending(
                "FAILED",
                message=f"The condition was still false after {turn} turns, and {reached} allows no "
                "more. Set checkFrequency to wait longer.",
            )
        return Ending("SUCCESS")

    @property
    def _fails_at_its_limit(self) -> bool:
        """As it is written; a loop that never named a limit did not mean to end by one."""
        bounded = self.check_frequency.max_iterations is not None or self.check_frequency.max_duration is not None
        return self.fail_on_max_reached if bounded or "fail_on_max_reached" in self.model_fields_set else True

    def _bounds(self) -> tuple[int | None, float | None, float]:
        """Most turns, longest time and pause in seconds; WaitFor is the old name with its old defaults."""
        check, old = self.check_frequency, self.type.endswith(".WaitFor")
        most = check.max_iterations or (100 if old else None)
        longest = check.max_duration.total_seconds() if check.max_duration else (3600.0 if old else None)
        interval = check.interval.total_seconds() if check.interval is not None else (1.0 if old else 60.0)
        return most, longest, max(interval, LEAST_INTERVAL_SECONDS)
