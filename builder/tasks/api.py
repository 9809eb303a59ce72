"""The only door for task packages: all that a task type needs, and nothing else."""

from pydantic import AliasChoices, Field, SecretStr, ValidationInfo, field_validator, model_validator

from builder.errors import BuilderError, Fault, Path, Severity, TaskFailure
from builder.expressions import result_to_json
from builder.expressions import truthy as is_true
from builder.flows.catalogue import Kind, TaskGroup
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
from builder.tasks.context import LEVELS, Files, Http, Kv, RunContext
from builder.tasks.effects import Exited, LabelsAdded, VariablesSet, VariablesUnset
from builder.tasks.flow import Again, Ask, Child, Children, Ending, FlowBlock, FlowTask, Lane, Layout, Wait, children
from builder.tasks.form import Form
from builder.tasks.outputs import Outputs
from builder.tasks.properties import (
    Duration,
    InstillProperties,
    Properties,
    Rendered,
    ToolProperties,
    WrongProperty,
    holds_template,
)
from builder.tasks.trigger import Trigger

__all__ = [
    "LEVELS",
    "Again",
    "AliasChoices",
    "Ask",
    "BuilderError",
    "Child",
    "Children",
    "Condition",
    "ConditionError",
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
    "InstillProperties",
    "InstillTask",
    "KestraTask",
    "Kind",
    "Kv",
    "LabelsAdded",
    "Lane",
    "Layout",
    "Level",
    "Outputs",
    "Path",
    "Properties",
    "Rendered",
    "RunContext",
    "RunState",
    "SecretStr",
    "Severity",
    "Task",
    "TaskFailure",
    "TaskGroup",
    "ToolProperties",
    "ToolTask",
    "Trigger",
    "Upstream",
    "UpstreamCondition",
    "ValidationInfo",
    "VariablesSet",
    "VariablesUnset",
    "Wait",
    "WrongProperty",
    "children",
    "field_validator",
    "holds_template",
    "is_true",
    "model_validator",
    "read_moment",
    "result_to_json",
]
