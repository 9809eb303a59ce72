"""A task that takes its process with it, as a crash of Python or a lack of memory does."""

import os
import signal

from builder.tasks.api import KestraTask, RunContext


class Poison(KestraTask):
    """Kill the process that runs it."""

    type_name = "tests.runtime.Poison"
    example = "id: bad\ntype: tests.runtime.Poison\n"

    async def run(self, context: RunContext) -> None:
        os.kill(os.getpid(), signal.SIGKILL)
