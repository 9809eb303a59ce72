"""Flows whose steps stand in other flows: taken over while a plan is built."""

from collections.abc import Callable, Mapping
from typing import Any

from builder.errors import BuilderError, InvalidFlow, Path, Problem
from builder.flows.catalogue import TaskGroup
from builder.flows.model import Flow
from builder.tasks.flow import FlowTask, children

FindTemplate = Callable[[str, str], Flow]
"""namespace, id -> the flow; raises BuilderError."""


class NeedsTemplates(BuilderError):
    """The flow takes steps of other flows over, so its plan depends on more than its own text."""


def no_templates(namespace: str, flow_id: str) -> Flow:
    """For plans of flows that stand alone. Raises NeedsTemplates."""
    raise NeedsTemplates(f"The template {namespace}.{flow_id} is needed.")


class Templates:
    """Gives the groups of child tasks with those of templates; notices templates that hold themselves."""

    def __init__(self, find: FindTemplate) -> None:
        self._find = find
        self._inside: dict[Path, tuple[tuple[str, str], ...]] = {}
        """The templates around what begins with a path."""

    def groups(self, cls: type[FlowTask], path: Path, written: Mapping[str, Any]) -> list[TaskGroup]:
        """The groups of a task: what its template has, then what it has itself."""
        named = cls.template_of(written)
        if named is None:
            return cls.groups_of(written)
        around = self._around(path)
        if named in around:
            chain = " -> ".join(".".join(one) for one in (*around, named))
            raise InvalidFlow([Problem(path, 0, 0, f"the template holds itself: {chain}")])
        self._inside[path] = (*around, named)
        flow = self._find(*named)
        own = {group.name: group.tasks for group in cls.groups_of(written)}
        taken = {"tasks": flow.tasks, "errors": flow.errors, "finally": flow.finally_}
        return [
            TaskGroup(name, (name,), [*children(tasks, ("template", name)), *own.get(name, ())])
            for name, tasks in taken.items()
        ]

    def _around(self, path: Path) -> tuple[tuple[str, str], ...]:
        while path:
            path = path[:-1]
            if path in self._inside:
                return self._inside[path]
        return ()
