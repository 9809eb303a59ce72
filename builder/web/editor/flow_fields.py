"""The form fields of the flow itself."""

from typing import Any

from builder.tasks.form import Control, FormField, label_of


def _field(
    name: str,
    control: Control,
    description: str,
    *,
    label: str = "",
    group: str = "main",
    **more: Any,
) -> FormField:
    return FormField(
        name=name,
        label=label or label_of(name),
        control=control,
        group=group,
        required=more.pop("required", False),
        description=description,
        **more,
    )


FLOW_FIELDS = (
    _field(
        "id", "text", "The flow's name in its namespace; it stays for ever.", group="step", required=True, dynamic=False
    ),
    _field(
        "namespace", "text", "Where the flow lives, such as company.team.", group="step", required=True, dynamic=False
    ),
    _field("description", "textarea", "What the flow is for; Markdown works.", group="main", dynamic=False),
    _field(
        "labels",
        "map",
        "Words to find its executions by; a name, a colon and a value on each line.",
        dynamic=False,
        placeholder="team: support",
    ),
    _field("variables", "map", "Values that steps read as {{ vars.name }}.", placeholder="region: eu"),
    _field("disabled", "checkbox", "Triggers do not start it and nobody can run it.", group="flow", default="false"),
    _field(
        "concurrency",
        "yaml",
        "How many executions may run at once; the rest: QUEUE, CANCEL or FAIL.",
        group="flow",
        placeholder="limit: 1\nbehavior: QUEUE",
    ),
    _field(
        "retry",
        "yaml",
        "Whether and when to run the flow again after a failure.",
        group="failure",
        placeholder="type: constant\ninterval: PT1M\nmaxAttempts: 3",
    ),
    _field(
        "pluginDefaults",
        "yaml",
        "Properties that all steps of a type share.",
        group="advanced",
        placeholder="- type: io.kestra.plugin.openai\n  values:\n    apiKey: \"{{ secret('OPENAI_API_KEY') }}\"",
    ),
)
