"""A task that does not want to end."""

import asyncio
import threading

from builder.tasks.api import KestraTask, RunContext

over = threading.Event()
"""Set: it gives in at last."""


class Stubborn(KestraTask):
    """Catch everything, the order to end too, and go on."""

    type_name = "tests.runtime.Stubborn"
    example = "id: bad\ntype: tests.runtime.Stubborn\n"

    async def run(self, context: RunContext) -> dict[str, str]:
        while not over.is_set():
            try:
                await asyncio.sleep(0.02)
            except:  # noqa: E722
                context.log("INFO", "not yet")
        return {"said": "I won"}
