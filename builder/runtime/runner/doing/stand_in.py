"""A task that another one runs in its place (TemplatedTask): found in the catalogue and checked as in a flow."""

from collections.abc import Mapping
from typing import Any

from builder.engine.plan import Node
from builder.errors import Severity, TaskFailure
from builder.flows.catalogue import Kind
from builder.tasks.base import Task
from builder.tasks.catalogue import catalogue
from builder.tasks.flow import FlowTask


def stand_in(own: Node, written: Mapping[str, Any]) -> Node:
    """The node of the task that is written; without an id it has that of `own`. Raises TaskFailure."""
    entry = catalogue().find(str(written.get("type")))
    if entry is None or entry.kind is not Kind.TASK or not issubclass(entry.plugin, Task):
        near = catalogue().nearest(str(written.get("type")), Kind.TASK)
        hint = f"; did you mean {near}?" if near else "."
        raise _refused(f'there is no task type "{written.get("type")}"{hint}')
    if issubclass(entry.plugin, FlowTask):
        raise _refused(f"{entry.title} holds or steers other tasks; only a task that does its work itself can be run.")
    if entry.plugin is own.task:
        raise _refused(f"a {entry.title} cannot run another one.")
    properties = {"id": own.id, **written}
    errors = [fault for fault in entry.check(properties) if fault.severity is Severity.ERROR]
    if errors:
        raise _refused("; ".join(fault.message + (f" ({fault.hint})" if fault.hint else "") for fault in errors))
    return Node(str(properties["id"]), entry.plugin, properties)


def _refused(why: str) -> TaskFailure:
    return TaskFailure(f"The task cannot be run: {why}", retryable=False)
