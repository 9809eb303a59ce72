"""The form fields of the flow itself, and of its listeners."""

from dataclasses import replace
from typing import Any

from builder.flows.model import AT_LIMIT, CHECK_BEHAVIORS, CHECK_STYLES, QUOTA_BEHAVIORS, WHEN_FULL
from builder.tasks.base import Task
from builder.tasks.fields.controls import Control
from builder.tasks.fields.form import FormField, fields_of, label_of
from builder.tasks.fields.shapes import Shape


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


_LIMIT = (
    _field("limit", "number", "So many at once.", required=True, examples=("1",), dynamic=False),
    _field("behavior", "select", "What becomes of one more: it waits, or ends as cancelled or failed.",
           label="One more", options=AT_LIMIT, default=AT_LIMIT[0], free=False, dynamic=False),
    _field("key", "text", "An expression: so many at once for each of its values, instead of for the whole flow.",
           label="For each", examples=("{{ inputs.customer }}",)),
    _field("queueLimit", "number", "So many may wait; with 1, one more is left out while one waits already.",
           label="Waiting at most", examples=("1",), dynamic=False),
    _field("whenFull", "select", "What becomes of one more when so many wait: it ends as cancelled or failed.",
           label="When so many wait", options=WHEN_FULL, default=WHEN_FULL[0], free=False, dynamic=False),
)  # fmt: skip
_CHECK = (
    _field("when", "text", "An expression that must give true.", label="Must hold", required=True,
           other_names=("condition",), examples=("{{ inputs.count > 0 }}",)),
    _field("message", "text", "What is said when it does not hold.", required=True,
           examples=("Give a count above 0.",)),
    _field("behavior", "select", "What happens then.", label="Else", options=CHECK_BEHAVIORS, free=False,
           default=CHECK_BEHAVIORS[0]),
    _field("style", "select", "How it is shown.", options=CHECK_STYLES, default="INFO", free=False),
)  # fmt: skip
_QUOTA = (
    _field("duration", "duration", "The length of each window of time; windows are counted from 1970 in UTC.",
           label="In each", required=True, examples=("P1D",), dynamic=False),
    _field("limit", "number", "So many executions may begin in it.", label="At most", required=True,
           examples=("100",), dynamic=False),
    _field("behavior", "select", "How one more ends.", label="One more", required=True, options=QUOTA_BEHAVIORS,
           free=False),
)  # fmt: skip
_SLA_ID = _field("id", "text", "Its name.", required=True, examples=("in_time",), dynamic=False)
_SLA_REST = (
    _field("behavior", "select", "What happens when it is not kept.", label="Else", required=True,
           options=("FAIL", "CANCEL", "NONE"), free=False),
    _field("labels", "map", "Labels that the execution gets then.", items=(Shape.TEXT,)),
)  # fmt: skip
_SLAS = {
    "MAX_DURATION": (
        _SLA_ID,
        _field("duration", "duration", "The longest time an execution may take.", required=True, examples=("PT1H",)),
        *_SLA_REST,
    ),
    "EXECUTION_ASSERTION": (
        _SLA_ID,
        _field("assert", "text", "An expression that must stay true after each step.", label="Must hold", required=True,
               examples=("{{ outputs.count.value | number > 0 }}",)),
        *_SLA_REST,
    ),
}  # fmt: skip
_DEFAULT = (
    _field("type", "text", "A type, or the beginning of the names of several.", required=True, dynamic=False,
           examples=("io.kestra.plugin.openai.ChatCompletion",)),
    _field("values", "map", "The properties that they share, with their values.", required=True),
    _field("forced", "checkbox", "Also where a step says something else itself.", default="false"),
)  # fmt: skip

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
        "Words to find its executions by.",
        dynamic=False,
        items=(Shape.TEXT,),
    ),
    _field("variables", "map", "Values that steps read as {{ vars.name }}."),
    _field("disabled", "checkbox", "Triggers do not start it and nobody can run it.", group="flow", default="false"),
    _field(
        "concurrency",
        "section",
        "How many executions may run at once, and what becomes of one more.",
        label="Executions at once",
        group="flow",
        variants={"": _LIMIT},
    ),
    _field(
        "checks",
        "list",
        "What must hold of the inputs before an execution is made.",
        group="flow",
        variants={"": _CHECK},
    ),
    _field(
        "quotas",
        "list",
        "How many executions may begin in a time, such as a day.",
        group="flow",
        variants={"": _QUOTA},
    ),
    replace(
        next(one for one in fields_of(Task) if one.name == "retry"),
        description="When a failed step, or the whole execution, is tried again; a step's own retry goes first.",
    ),
    _field(
        "sla",
        "list",
        "What an execution must keep: a longest time, or what must be true.",
        label="SLA",
        group="failure",
        variants=_SLAS,
    ),
    _field(
        "pluginDefaults",
        "list",
        "Properties that all steps of a type share.",
        group="advanced",
        variants={"": _DEFAULT},
        other_names=("taskDefaults",),
    ),
)
_NO_EFFECT = "accepted, without effect here."
LEFT_OUT = (
    _field("revision", "yaml", f"The number that Kestra gave when it wrote the file; {_NO_EFFECT}"),
    _field("deleted", "yaml", f"What Kestra said of it when it wrote the file; {_NO_EFFECT}"),
    _field("draft", "yaml", f"What Kestra said of it when it wrote the file; {_NO_EFFECT}"),
    _field("tenantId", "yaml", f"Where it was in Kestra; {_NO_EFFECT}", label="Tenant"),
    _field("workerGroup", "yaml", f"Kestra Enterprise: which workers run it; {_NO_EFFECT}"),
    _field("workerSelector", "yaml", f"Kestra Enterprise: which workers run it; {_NO_EFFECT}"),
    _field("policyRefs", "yaml", f"Kestra Enterprise: policies; {_NO_EFFECT}", label="Policies"),
)
"""What the form shows only where it is written."""
LISTENER_FIELDS = (
    _field("description", "textarea", "What the steps are for.", dynamic=False),
    _field("conditions", "list", "What must hold of the execution when it has ended; all of them."),
)
