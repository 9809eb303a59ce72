"""Tasks that only the fault suite has: one takes its process along, one takes memory, one talks, one just sleeps."""

import os
import signal
import time

from builder.tasks.api import KestraTask, RunContext


class Poison(KestraTask):
    """Kill the process that runs it."""

    type_name = "tests.faults.Poison"
    example = "id: bad\ntype: tests.faults.Poison\n"

    async def run(self, context: RunContext) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class Grow(KestraTask):
    """Take 4 GB of memory, in pieces, in a process of its own."""

    type_name = "tests.faults.Grow"
    example = "id: grow\ntype: tests.faults.Grow\n"
    isolated = True

    def run(self, context: RunContext) -> dict[str, int]:
        pieces = [bytearray(50_000_000) for _ in range(80)]
        return {"bytes": sum(map(len, pieces))}


class Sleeper(KestraTask):
    """Sleep in a process of its own."""

    type_name = "tests.faults.Sleeper"
    example = "id: it\ntype: tests.faults.Sleeper\nseconds: 4\n"
    isolated = True

    seconds: float
    """How long."""

    def run(self, context: RunContext) -> None:
        context.log("INFO", f"I am process {os.getpid()}")
        time.sleep(self.seconds)


class Talk(KestraTask):
    """Write a thousand lines into the log."""

    type_name = "tests.faults.Talk"
    example = "id: talk\ntype: tests.faults.Talk\n"

    async def run(self, context: RunContext) -> None:
        for number in range(1000):
            context.log("INFO", f"line {number}")
