"""A flow made ready to run: a tree of nodes with their task classes, built once per revision and cached."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, cached_property, partial
from typing import Any, TypeVar

from pydantic import ValidationError

from builder.engine.again.retries import Retry, read_retry
from builder.engine.execution import TaskRun
from builder.engine.templates import FindTemplate, Templates, no_templates
from builder.errors import InvalidFlow, Path, Problem
from builder.flows.durations import parse_duration
from builder.flows.model import Flow
from builder.tasks.base import Task
from builder.tasks.fields.properties import yaml_names
from builder.tasks.fields.sentences import faults_of
from builder.tasks.flow import TURN_ID, FlowTask, children

T = TypeVar("T")

TURNS = "turns"
"""The group of a loop that holds the block of one turn."""


@dataclass(frozen=True)
class Node:
    """One task of the flow. `properties`: as written, defaults merged. `groups`: child nodes by group name.

    `task`: its class; FlowTask subclasses are flow control (`flow` is then the task itself), others are runnable.
    `retry` is the nearest: its own, else that of an ancestor block, else the flow's.
    """

    id: str
    task: type[Task]
    properties: Mapping[str, Any]
    groups: Mapping[str, tuple["Node", ...]] = field(default_factory=dict)
    flow: FlowTask | None = None
    retry: Retry | None = None

    @property
    def run_if(self) -> Any:
        """The condition as written, None without one."""
        return self.properties.get("when", self.properties.get("runIf"))

    @property
    def timeout(self) -> Any:
        """The time limit as written: None, a duration, or text that holds a template."""
        return self.properties.get("timeout")

    @property
    def turn(self) -> "Node | None":
        """The block that is made for each turn of a loop whose turns are runs of their own."""
        return next(iter(self.groups.get(TURNS, ())), None)

    def mapped(self, state: str) -> str:
        """What a final state becomes by allowFailure and allowWarning."""
        if state == "FAILED" and is_set(self.properties, "allowFailure"):
            state = "WARNING"
        if state == "WARNING" and is_set(self.properties, "allowWarning"):
            return "SUCCESS"
        return state

    @cached_property
    def group_ids(self) -> Mapping[str, tuple[str, ...]]:
        """The ids of the children by group."""
        return {name: tuple(node.id for node in nodes) for name, nodes in self.groups.items()}


@dataclass(frozen=True)
class Plan:
    """A flow's nodes; disabled tasks are left out."""

    flow: Flow
    revision: int
    tasks: tuple[Node, ...]
    errors: tuple[Node, ...] = ()
    finally_: tuple[Node, ...] = ()
    by_id: Mapping[str, Node] = field(default_factory=dict)
    after: tuple[Node, ...] = ()
    listeners: tuple[tuple[Node, ...], ...] = ()
    """The tasks of each listener, in the flow's order."""

    def node(self, run: TaskRun) -> Node:
        """The task that a run runs. Raises KeyError when the flow has no such task (any more)."""
        node = self.by_id[run.task_id]
        turn = node.turn if run.is_turn else None
        return turn or node


def build_plan(
    flow: Flow, revision: int, find: Callable[[str], type[Task]], template: FindTemplate = no_templates
) -> Plan:
    """The plan of a flow; `find` gives the class of a type name, `template` the flow that a template is.

    Raises InvalidFlow, and what those two raise.
    """
    by_id: dict[str, Node] = {}
    retry = _read(lambda: read_retry(flow.retry), ("retry",))
    builder = _Building(find, by_id, Templates(template))
    tasks = builder.nodes(list(children(flow.tasks, ("tasks",))), retry)
    errors = builder.nodes(list(children(flow.errors, ("errors",))), retry)
    finally_ = builder.nodes(list(children(flow.finally_, ("finally",))), retry)
    after = builder.nodes(list(children(flow.after_execution, ("afterExecution",))), retry)
    listeners = tuple(
        builder.nodes(list(children(one.tasks, ("listeners", number, "tasks"))), retry)
        for number, one in enumerate(flow.listeners)
    )
    return Plan(flow, revision, tasks, errors, finally_, by_id, after, listeners)


def is_set(written: Mapping[str, Any], key: str) -> bool:
    """Whether a flag is true, as YAML or as text."""
    return str(written.get(key)).strip().lower() == "true"


def duration_of(value: Any) -> timedelta:
    """A duration as written or as rendered; raises BadDuration."""
    return value if isinstance(value, timedelta) else parse_duration(str(value).strip())


class _Building:
    """Builds nodes from tasks as written, children before parents, without recursing into the flow's depth."""

    def __init__(self, find: Callable[[str], type[Task]], by_id: dict[str, Node], templates: Templates) -> None:
        self.find = find
        self.by_id = by_id
        self.templates = templates

    def nodes(self, tasks: Sequence[tuple[Path, Any]], retry: Retry | None) -> tuple[Node, ...]:
        order = list(self._walk(tasks, retry))
        built: dict[Path, Node | None] = {}
        for path, written, nearest, groups in reversed(order):
            built[path] = self._node(
                path,
                written,
                nearest,
                {
                    name: tuple(node for child in paths if (node := built.get(child)) is not None)
                    for name, paths in groups.items()
                },
            )
        found = tuple(node for path, _ in tasks if (node := built.get(path)) is not None)
        for path, *_ in order:
            if (node := built[path]) is not None:
                self._add(path, node)
        return found

    def _add(self, path: Path, node: Node) -> None:
        """Only templates can bring a second task of one name; the same template may stand in several places."""
        known = self.by_id.setdefault(node.id, node)
        if known.properties != node.properties:
            raise InvalidFlow([Problem(path, 0, 0, f"two tasks are named {node.id!r}, one of them in a template")])

    def _walk(
        self, tasks: Sequence[tuple[Path, Any]], retry: Retry | None
    ) -> list[tuple[Path, Mapping[str, Any], Retry | None, dict[str, list[Path]]]]:
        found = []
        stack = [(path, task, retry) for path, task in reversed(tasks)]
        while stack:
            path, written, outer = stack.pop()
            if is_set(written, "disabled"):
                continue
            nearest = _read(partial(read_retry, written.get("retry")), (*path, "retry")) or outer
            groups: dict[str, list[Path]] = {}
            cls = self.find(str(written["type"]))
            if issubclass(cls, FlowTask):
                for group in reversed(self.templates.groups(cls, path, written)):
                    groups[group.name] = [(*path, *child) for child, _ in group.tasks]
                    stack += [((*path, *child), task, nearest) for child, task in reversed(group.tasks)]
            found.append((path, written, nearest, groups))
        return found

    def _node(
        self, path: Path, written: Mapping[str, Any], retry: Retry | None, groups: dict[str, tuple[Node, ...]]
    ) -> Node:
        cls = self.find(str(written["type"]))
        flow = _flow_task(cls, path, written) if issubclass(cls, FlowTask) else None
        turn = flow.turn() if flow is not None else None
        if turn is not None:
            groups = {TURNS: (Node(TURN_ID, cls, {}, groups, turn, retry),)}
        if flow is not None and (inner := flow.inner()):
            groups["tasks"] = tuple(
                Node(one.properties["id"], one.task, one.properties, {}, one.flow, retry) for one in inner
            )
            self.by_id.update((node.id, node) for node in groups["tasks"])
        return Node(str(written["id"]), cls, written, groups, flow, retry)


def _flow_task(cls: type[FlowTask], path: Path, written: Mapping[str, Any]) -> FlowTask:
    foreign = _common_keys(cls)
    own = {key: value for key, value in written.items() if key not in foreign}
    try:
        return cls.read(own)
    except ValidationError as error:
        faults = faults_of(error.errors(include_url=False), cls, own, cls.short_name(), excuse=False)
        problems = [Problem((*path, *fault.path), 0, 0, fault.message, fault.hint) for fault in faults]
        raise InvalidFlow(problems) from None


@cache
def _common_keys(cls: type[FlowTask]) -> frozenset[str]:
    """The keys of the properties that any task may have; the engine or the runner reads them, not the task."""
    names = (name for name in Task.common if cls.model_fields[name].annotation == Task.model_fields[name].annotation)
    return frozenset(key for name in names for key in yaml_names(name, cls.model_fields[name]))


def _read(reading: Callable[[], T], path: Path) -> T:
    try:
        return reading()
    except ValueError as error:
        raise InvalidFlow([Problem(path, 0, 0, str(error))]) from error
