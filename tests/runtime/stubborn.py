"""A task that does not want to end."""

import asyncio

from builder.tasks.api import KestraTask, RunContext


class Stubborn(KestraTask):
    """Catch everything, the order to end too, and go on."""

    type_name = "tests.runtime.Stubborn"
    example = "id: bad\ntype: tests.runtime.Stubborn\n"

    async def run(self, context: RunContext) -> dict[str, str]:
        for _ in range(200):
            try:
                await asyncio.sleep(0.05)
            except:  # noqa: E722
                context.log("INFO", "not yet")
        return {"said": "I won"}
