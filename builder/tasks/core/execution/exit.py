"""Ends the execution here."""

from typing import Annotated, Literal

from builder.tasks.api import Exited, Form, KestraTask, RunContext


class Exit(KestraTask):
    """End the execution here, in a state of one's choice.

    The step and the blocks around it end in that state, and no other step begins but those of the flow's `finally` and
    `afterExecution`. Steps that run beside it in a parallel branch come to their end first; KILLED stops them.
    """

    type_name = "io.kestra.plugin.core.execution.Exit"
    title = "End the execution"
    category = "Execution"
    quick = True
    example = """
id: nothing_to_do
type: io.kestra.plugin.core.execution.Exit
state: WARNING
runIf: "{{ inputs.amount > 2 }}"
"""

    state: Annotated[Literal["SUCCESS", "WARNING", "FAILED", "KILLED", "CANCELLED", "CANCELED"], Form()] = "SUCCESS"
    """How the execution ends; CANCELED is the older spelling of CANCELLED."""

    def run(self, context: RunContext) -> None:
        state = "CANCELLED" if self.state == "CANCELED" else self.state
        context.log("INFO", f"The execution ends here as {state}.")
        context.affect(Exited(state))
