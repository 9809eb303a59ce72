"""Tasks that only the fault suite has: one takes its process along, one wants more memory than there is."""

import os
import signal

from builder.tasks.api import KestraTask, RunContext


class Poison(KestraTask):
    """Kill the process that runs it."""

    type_name = "tests.faults.Poison"
    example = "id: bad\ntype: tests.faults.Poison\n"

    async def run(self, context: RunContext) -> None:
        os.kill(os.getpid(), signal.SIGKILL)
