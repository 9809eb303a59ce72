"""The only door for task packages: all that a task type needs, and nothing else."""

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, ValidationInfo, field_validator, model_validator

from builder.errors import BuilderError, Fault, Path, Severity, TaskFailure, dotted
from builder.expressions import read_row as read_item
from builder.expressions import result_to_json
from builder.expressions import truthy as is_true
from builder.flows.catalogue import Kind, Order, TaskGroup
from builder.flows.file_paths import is_chosen as is_chosen_file
from builder.flows.values.json_schema import schema_fault, value_faults
from builder.tasks.base import InstillTask, KestraTask, Level, Task, ToolTask
from builder.tasks.condition import (
    Condition,
    ConditionError,
    DateCondition,
    Facts,
    RunState,
    Upstream,
    UpstreamCondition,
    read_moment,
)
from builder.tasks.fields.form import Form
from builder.tasks.fields.outputs import InstillOutputs, Outputs
from builder.tasks.fields.properties import (
    AsWritten,
    Duration,
    InstillProperties,
    Properties,
    Rendered,
    ToolProperties,
    WrongProperty,
    field_of,
    holds_template,
)
from builder.tasks.flow import TURN_ID, Children, FlowBlock, FlowTask, Inner, children
from builder.tasks.flow.layout import (
    Again,
    Ask,
    Batches,
    Child,
    Ending,
    Lane,
    Layout,
    Resume,
    Review,
    Rows,
    Turned,
    Wait,
)
from builder.tasks.prepare import prepare, prepare_properties
from builder.tasks.trigger import PollingTrigger, Trigger
from builder.tasks.world.context import LEVELS, Files, Http, Kv, Outside, RunContext, Writing
from builder.tasks.world.credentials import names_a_secret
from builder.tasks.world.effects import Exited, LabelsAdded, VariablesSet, VariablesUnset
from builder.tasks.world.elsewhere import PARTS, Counted, Part, Purged, Scope
from builder.tasks.world.local_files import (
    NamespaceFiles,
    bring_in,
    bring_namespace_files,
    list_local_files,
    local_place,
    take_out,
)
from builder.tasks.world.offers import Offer, Offering, Question, Render

__all__ = [
    "LEVELS",
    "PARTS",
    "TURN_ID",
    "AfterValidator",
    "Again",
    "AliasChoices",
    "AsWritten",
    "Ask",
    "Batches",
    "BuilderError",
    "Child",
    "Children",
    "Condition",
    "ConditionError",
    "Counted",
    "DateCondition",
    "Duration",
    "Ending",
    "Exited",
    "Facts",
    "Fault",
    "Field",
    "Files",
    "FlowBlock",
    "FlowTask",
    "Form",
    "Http",
    "Inner",
    "InstillOutputs",
    "InstillProperties",
    "InstillTask",
    "KestraTask",
    "Kind",
    "Kv",
    "LabelsAdded",
    "Lane",
    "Layout",
    "Level",
    "NamespaceFiles",
    "Offer",
    "Offering",
    "Order",
    "Outputs",
    "Outside",
    "Part",
    "Path",
    "PollingTrigger",
    "Properties",
    "Purged",
    "Question",
    "Render",
    "Rendered",
    "Resume",
    "Review",
    "Rows",
    "RunContext",
    "RunState",
    "Scope",
    "SecretStr",
    "Severity",
    "Task",
    "TaskFailure",
    "TaskGroup",
    "ToolProperties",
    "ToolTask",
    "Trigger",
    "Turned",
    "Upstream",
    "UpstreamCondition",
    "ValidationInfo",
    "VariablesSet",
    "VariablesUnset",
    "Wait",
    "Writing",
    "WrongProperty",
    "bring_in",
    "bring_namespace_files",
    "children",
    "dotted",
    "field_of",
    "field_validator",
    "holds_template",
    "is_chosen_file",
    "is_true",
    "list_local_files",
    "local_place",
    "model_validator",
    "names_a_secret",
    "prepare",
    "prepare_properties",
    "read_item",
    "read_moment",
    "result_to_json",
    "schema_fault",
    "take_out",
    "value_faults",
]
