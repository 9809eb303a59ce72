"""The only door for task packages: all that a task type needs, and nothing else."""

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator

from builder.errors import BuilderError, Fault, Path, Severity, TaskFailure
from builder.expressions import result_to_json, truthy
from builder.flows.catalogue import Kind, TaskGroup
from builder.tasks.base import InstillTask, KestraTask, Level, Task, ToolTask
from builder.tasks.context import LEVELS, Files, Http, Kv, RunContext
from builder.tasks.flow import Ask, Children, FlowTask, Lane, Layout
from builder.tasks.form import Form
from builder.tasks.outputs import Outputs
from builder.tasks.properties import (
    Duration,
    InstillProperties,
    Properties,
    Rendered,
    ToolProperties,
    holds_template,
)
from builder.tasks.trigger import Trigger

__all__ = [
    "LEVELS",
    "AliasChoices",
    "Ask",
    "BuilderError",
    "Children",
    "Duration",
    "Fault",
    "Field",
    "Files",
    "FlowTask",
    "Form",
    "Http",
    "InstillProperties",
    "InstillTask",
    "KestraTask",
    "Kind",
    "Kv",
    "Lane",
    "Layout",
    "Level",
    "Outputs",
    "Path",
    "Properties",
    "Rendered",
    "RunContext",
    "SecretStr",
    "Severity",
    "Task",
    "TaskFailure",
    "TaskGroup",
    "ToolProperties",
    "ToolTask",
    "Trigger",
    "field_validator",
    "holds_template",
    "model_validator",
    "result_to_json",
    "truthy",
]
