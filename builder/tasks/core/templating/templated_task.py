"""Runs a task whose text is made by an expression."""

from collections.abc import Mapping
from typing import Annotated, Any

import yaml

from builder.tasks.api import Field, Form, KestraTask, RunContext, TaskFailure


class TemplatedTask(KestraTask):
    """Run a task whose YAML is made while the flow runs.

    Its outputs are this step's. `id` may be left out; its `timeout` and properties count, while when it runs, how often
    it is tried and what its failure means are this step's to say. Steps that hold other steps cannot be made this way.
    The text decides what is run, so make it of nothing that a stranger wrote.
    """

    type_name = "io.kestra.plugin.core.templating.TemplatedTask"
    aliases = ("io.kestra.core.tasks.templating.TemplatedTask",)
    title = "Templated task"
    category = "Logs and values"
    example = """
id: made
type: io.kestra.plugin.core.templating.TemplatedTask
spec: |
  type: io.kestra.plugin.core.debug.Return
  format: "{{ inputs.kind }} of {{ inputs.name }}"
"""

    spec: Annotated[str, Form("code", language="yaml", label="Task")] = Field(
        examples=["type: io.kestra.plugin.core.log.Log\nmessage: Hello"]
    )
    """The task as YAML, rendered before it is read."""

    async def run(self, context: RunContext) -> Mapping[str, Any]:
        try:
            written = yaml.safe_load(self.spec)
        except (yaml.YAMLError, RecursionError) as error:
            raise TaskFailure(f"spec is no YAML: {' '.join(str(error).split())}", retryable=False) from error
        if not isinstance(written, dict):
            raise TaskFailure("spec must be one task: a map with a type and its properties.", retryable=False)
        return await context.run_task(written)
