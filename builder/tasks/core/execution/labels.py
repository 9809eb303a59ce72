"""Labels the execution while it runs."""

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from builder.tasks.api import Field, Form, KestraTask, LabelsAdded, RunContext, TaskFailure, field_validator

_SYSTEM = "system."


class Labels(KestraTask):
    """Add labels to the execution that runs, or replace some of it.

    Executions are found by their labels in lists and in the API. Labels that begin with `system.` are the product's.
    """

    type_name = "io.kestra.plugin.core.execution.Labels"
    aliases = ("io.kestra.core.tasks.executions.Labels",)
    title = "Set labels"
    category = "Execution"
    quick = True
    example = """
id: label
type: io.kestra.plugin.core.execution.Labels
labels:
  customer: "{{ inputs.name }}"
  priority: high
"""

    labels: Annotated[str | dict[str, Any] | list[dict[str, Any]], Form("map")] = Field(
        examples=[{"customer": "{{ inputs.name }}"}]
    )
    """Names and values; also a list of key and value, or an expression that gives a JSON map."""

    @field_validator("labels")
    @classmethod
    def _names_what_it_sets(cls, labels: Any) -> Any:
        for item in labels if isinstance(labels, list) else ():
            if set(item) != {"key", "value"}:
                raise ValueError("a list of labels has a key and a value in each of its items")
        return labels

    def run(self, context: RunContext) -> None:
        labels = {key: _text(value) for key, value in self._pairs()}
        for key in labels:
            if key.startswith(_SYSTEM):
                raise TaskFailure(
                    f"labels: `{key}` cannot be set: names that begin with `{_SYSTEM}` are reserved.", retryable=False
                )
            if not key.strip():
                raise TaskFailure("labels: a label needs a name.", retryable=False)
        context.affect(LabelsAdded(labels))

    def _pairs(self) -> Iterable[tuple[str, Any]]:
        if isinstance(self.labels, str):
            return _from_json(self.labels).items()
        if isinstance(self.labels, Mapping):
            return self.labels.items()
        return [(str(item["key"]), item["value"]) for item in self.labels]


def _from_json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise TaskFailure("labels: the text must be a JSON map of names and values.", retryable=False)
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
