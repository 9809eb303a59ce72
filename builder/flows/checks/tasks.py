"""The tree of tasks: ids, types, what each type says of its properties, calls of the flow to itself."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from builder.errors import Path, Severity
from builder.flows.catalogue import Catalogue, Kind, PluginType
from builder.flows.checks.calls import CALLS
from builder.flows.checks.findings import Findings, check_keys, kind_of
from builder.flows.checks.inputs import check_inputs

TASK_LISTS = ("tasks", "errors", "finally", "afterExecution")
_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]*")
_WORDS = {Kind.TASK: "a task", Kind.TRIGGER: "a trigger", Kind.CONDITION: "a condition"}


class Flows(Protocol):
    """Knows which flows there are."""

    def flow_exists(self, namespace: str, id: str) -> bool: ...


def check_tasks(findings: Findings, flow: Mapping[str, Any], catalogue: Catalogue, flows: Flows | None) -> set[str]:
    """All lists of tasks of a flow, with everything inside them; answers with the ids of all tasks."""
    if flow.get("tasks") is None or flow["tasks"] == []:
        empty = "tasks" in flow
        findings.error(
            ("tasks",),
            "tasks is empty: it must not be empty" if empty else "tasks is missing: it must not be empty",
            "Add at least one task.",
        )
    walk = _Walk(findings, flow, catalogue, flows)
    for key in TASK_LISTS:
        value = flow.get(key)
        if isinstance(value, list):
            for index, task in enumerate(value):
                walk.task((key, index), task, "")
        elif value is not None:
            findings.error((key,), f"{key} is a list of tasks, not {kind_of(value)}", "Begin each task with a dash.")
    for path, tasks in _of_listeners(findings, flow.get("listeners")):
        for index, task in enumerate(tasks):
            walk.task((*path, index), task, "")
    return walk.seen


def _of_listeners(findings: Findings, listeners: Any) -> Iterator[tuple[Path, list[Any]]]:
    """The list of tasks of each listener; what else a listener may have are conditions."""
    if listeners is not None and not isinstance(listeners, list):
        findings.error(("listeners",), f"listeners are a list, not {kind_of(listeners)}", "Begin each with a dash.")
        return
    for index, listener in enumerate(listeners or ()):
        path: Path = ("listeners", index)
        if not isinstance(listener, Mapping):
            findings.error(path, f"a listener is a map of conditions and tasks, not {kind_of(listener)}")
            continue
        check_keys(findings, path, listener, ("conditions", "tasks", "description"), "a listener")
        tasks = listener.get("tasks")
        if not isinstance(tasks, list) or not tasks:
            findings.error((*path, "tasks"), "tasks of a listener must be a list that is not empty")
        else:
            yield (*path, "tasks"), tasks


def find_type(
    findings: Findings, path: Path, written: Mapping[str, Any], catalogue: Catalogue, kind: Kind, word: str = ""
) -> PluginType | None:
    """The plug-in of a map's `type`; reports a missing, unknown or misplaced one."""
    word = word or kind.value
    name = written.get("type")
    if name is None or name == "":
        findings.error(path, f'{word} "{written.get("id", "")}" has no type', "Add type: to it.")
        return None
    if not isinstance(name, str):
        findings.error((*path, "type"), f"type must be a text, not {kind_of(name)}")
        return None
    found = catalogue.find(name)
    if found is None:
        near = catalogue.nearest(name, kind)
        findings.error((*path, "type"), f'no {word} type "{name}"', f"Did you mean {near}?" if near else "")
    elif found.kind is not kind:
        findings.error((*path, "type"), f"{name} is {_WORDS[found.kind]}, not {_WORDS[kind]}")
        return None
    return found


def check_id(findings: Findings, path: Path, written: Mapping[str, Any], word: str) -> str | None:
    """The id of a task or trigger when it is right."""
    value = written.get("id")
    if value is None or value == "":
        findings.error(path, f"a {word} has no id", "Add id: to it.")
    elif not isinstance(value, str):
        findings.error((*path, "id"), f"id must be a text, not {kind_of(value)}", f'Write "{value}".')
    elif not _ID.fullmatch(value):
        findings.error(
            (*path, "id"),
            f"the id of a {word} may hold letters, digits, dash and underscore, and begins with a letter or digit",
        )
    else:
        return value
    return None


def ask_type(findings: Findings, path: Path, found: PluginType, written: Mapping[str, Any]) -> None:
    """What the type says of the properties; id and type have been judged already."""
    name = written.get("id")
    given = {**written, "id": name if isinstance(name, str) and name else "id"}
    for fault in found.check(given):
        if fault.path not in (("id",), ("type",)):
            findings.add((*path, *fault.path), fault.message, fault.hint, Severity(fault.severity))


class _Walk:
    """One walk through the tree; remembers the ids it has seen."""

    def __init__(self, findings: Findings, flow: Mapping[str, Any], catalogue: Catalogue, flows: Flows | None) -> None:
        self.findings = findings
        self.flow = flow
        self.catalogue = catalogue
        self.flows = flows
        self.seen: set[str] = set()

    def task(self, path: Path, task: Any, inside: str) -> None:
        if self.findings.is_full:
            return
        if not isinstance(task, Mapping):
            self.findings.error(path, f"a task is a map of id, type and properties, not {kind_of(task)}")
            return
        name = check_id(self.findings, path, task, "task")
        if name in self.seen:
            place = f' (the second is inside "{inside}")' if inside else ""
            self.findings.error(
                (*path, "id"),
                f'two tasks are named "{name}"{place}: Duplicate task id with name [{name}]',
                "Give each task its own id.",
            )
        elif name is not None:
            self.seen.add(name)
        found = find_type(self.findings, path, task, self.catalogue, Kind.TASK)
        if found is not None:
            self._properties(path, task, found)

    def _properties(self, path: Path, task: Mapping[str, Any], found: PluginType) -> None:
        ask_type(self.findings, path, found, task)
        if found.name in CALLS:
            self._call(path, task, CALLS[found.name])
        declared = found.inputs(task)
        if declared:
            check_inputs(self.findings, (*path, *declared[0][0][:-1]), [item for _, item in declared])
        for group in found.groups(task):
            for place, child in group.tasks:
                if found.only_runnable and group.name == "tasks":
                    self._refuse_flow_control((*path, *place), child, task)
                self.task((*path, *place), child, str(task.get("id", "")))

    def _refuse_flow_control(self, path: Path, child: Any, around: Mapping[str, Any]) -> None:
        name = child.get("type") if isinstance(child, Mapping) else None
        found = self.catalogue.find(name) if isinstance(name, str) else None
        if found is not None and found.is_flow_control:
            word = str(around.get("type", "")).rpartition(".")[2]
            self.findings.error(
                (*path, "type"),
                f"{around.get('id', '')}: Only runnable tasks are allowed as children of a {word} task",
                "Take it out, or put the whole inside it.",
            )

    def _call(self, path: Path, task: Mapping[str, Any], key: str) -> None:
        own = (self.flow.get("namespace"), self.flow.get("id"))
        called = (task.get("namespace"), task.get(key))
        if called == own:
            self.findings.error(
                (*path, key),
                f"Recursive call to flow [{own[0]}.{own[1]}]: the flow calls itself",
                "Call another flow, or use a loop.",
            )
            return
        namespace, flow_id = called
        fixed = isinstance(namespace, str) and isinstance(flow_id, str) and "{{" not in namespace + flow_id
        if self.flows and fixed and not self.flows.flow_exists(str(namespace), str(flow_id)):
            self.findings.warning(
                (*path, key), f"the flow {namespace}/{flow_id} does not exist", "Create it before this flow runs."
            )
