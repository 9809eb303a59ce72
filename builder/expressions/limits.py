"""How much one rendering may use; every size is asked for before it is allocated."""

import time
from dataclasses import dataclass

from builder.expressions.faults import ExpressionLimit

_CLOCK_EVERY = 256
LONGEST_INTEGER_BITS = 3300


@dataclass(frozen=True, slots=True)
class Limits:
    """`seconds` is processor time of the thread, so that a busy machine fails nothing; sizes are in bytes."""

    steps: int = 1_000_000
    depth: int = 50
    seconds: float = 1.0
    output_bytes: int = 8 * 1024 * 1024
    total_bytes: int = 64 * 1024 * 1024
    items: int = 200_000
    template_bytes: int = 1024 * 1024


DEFAULT_LIMITS = Limits()


class Budget:
    """What is left of the limits during one rendering."""

    __slots__ = ("_depth", "_spent", "_started", "_steps", "limits")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._steps = 0
        self._depth = 0
        self._spent = 0
        self._started = time.thread_time()

    def step(self) -> None:
        self._steps += 1
        if self._steps % _CLOCK_EVERY == 0:
            self._look_at_the_clock()
        if self._steps > self.limits.steps:
            raise ExpressionLimit("steps", f"The expression takes more than {self.limits.steps:,} steps")

    def _look_at_the_clock(self) -> None:
        if time.thread_time() - self._started > self.limits.seconds:
            raise ExpressionLimit("seconds", f"The expression takes longer than {self.limits.seconds:g} s")

    @property
    def seconds_left(self) -> float:
        self._look_at_the_clock()
        return max(0.01, self.limits.seconds - (time.thread_time() - self._started))

    def wait(self, seconds: float) -> None:
        """Time that another process worked for this rendering."""
        self._started -= seconds
        self._look_at_the_clock()

    def enter(self) -> None:
        """One level deeper: a macro, a block or a render inside another."""
        self._depth += 1
        if self._depth > self.limits.depth:
            raise ExpressionLimit("depth", f"The expression is nested more than {self.limits.depth} levels deep")

    def leave(self) -> None:
        self._depth -= 1

    def spend(self, size: int) -> None:
        """`size` bytes are about to be made."""
        self._spent += size
        if self._spent > self.limits.total_bytes:
            raise ExpressionLimit("total_bytes", f"The expression makes more than {self.limits.total_bytes:,} bytes")
        self._look_at_the_clock_for(size)

    def _look_at_the_clock_for(self, size: int) -> None:
        if size > 100_000:
            self._look_at_the_clock()

    def text(self, length: int, *, wide: bool = False) -> None:
        """A text of so many characters is about to be made."""
        size = length * 2 if wide else length
        if size > self.limits.output_bytes:
            raise ExpressionLimit("output_bytes", f"A text grows over {self.limits.output_bytes:,} bytes")
        self.spend(size)

    def items(self, count: int) -> None:
        """A list or map of so many items is about to be made."""
        if count > self.limits.items:
            raise ExpressionLimit("items", f"A list grows over {self.limits.items:,} items")
        self.spend(16 * count + 64)

    def integer(self, bits: int) -> None:
        """An integer of so many bits is about to be made."""
        if bits > LONGEST_INTEGER_BITS:
            raise ExpressionLimit("integer", "A number grows over 1,000 digits")
