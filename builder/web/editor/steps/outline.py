"""The steps of a flow as the editor's left pane shows them: inputs, triggers, tasks with their branches."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from builder.errors import Path, Problem, Severity
from builder.flows.catalogue import Kind
from builder.flows.inputs.kinds import FORM
from builder.tasks.catalogue import Catalogue, Entry
from builder.tasks.fields.controls import STEPS
from builder.web.paths import path_key

SECTIONS = (
    ("inputs", "Inputs", "input"),
    ("triggers", "Triggers", "trigger"),
    ("tasks", "Steps", "task"),
    ("outputs", "Outputs", "output"),
    ("errors", "If a step fails", "task"),
    ("finally", "At the end, always", "task"),
    ("afterExecution", "After the execution", "task"),
    ("listeners", "Listeners", "listener"),
)
_ALWAYS = ("inputs", "triggers", "tasks", "outputs")
_ALWAYS_INSIDE = ("tasks", "then", "else")
_LAST = ("errors", "finally")
_BRANCHES = {
    "tasks": "",
    "then": "Then",
    "else": "Else",
    "errors": "If a step fails",
    "finally": "At the end, always",
    "defaults": "Otherwise",
    "onWait": "While it waits",
    "onPause": "Before it waits",
    "cases": "A case",
    "onApprove": "If approved",
    "onDeny": "If denied",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One row: a task, trigger, input, output or listener. `errors` and `warnings` count its own problems.

    `deletes`: what it deletes for good, if anything. `places`: where it could have steps too.
    """

    path: Path
    kind: str
    id: str
    title: str
    type_name: str
    errors: int
    warnings: int
    disabled: bool
    branches: tuple["Branch", ...]
    deletes: str = ""
    places: tuple["Branch", ...] = ()

    @property
    def key(self) -> str:
        return path_key(self.path)


@dataclass(frozen=True, slots=True)
class Branch:
    """A list of steps; `path` is where the list stands, or would stand when it is made.

    `wrap`: under which key each item holds its step. `alone`: there is room for one step, without a list.
    """

    name: str
    label: str
    path: Path
    kind: str
    steps: tuple[Step, ...]
    wrap: str = ""
    alone: bool = False

    @property
    def key(self) -> str:
        return path_key(self.path)

    @property
    def full(self) -> bool:
        return self.alone and bool(self.steps)


def outline(data: Mapping[str, Any], problems: Sequence[Problem], catalogue: Catalogue) -> tuple[Branch, ...]:
    """The sections of a flow; empty ones are there when they are usual."""
    reader = _Reader(problems, catalogue)
    return tuple(
        Branch(name, label, (name,), kind, tuple(reader.steps(data.get(name), (name,), kind)))
        for name, label, kind in SECTIONS
        if name in _ALWAYS or data.get(name)
    )


def missing(branches: Sequence[Branch]) -> tuple[Branch, ...]:
    """The sections that the flow does not have yet, and could have."""
    there = {branch.name for branch in branches}
    return tuple(Branch(name, label, (name,), kind, ()) for name, label, kind in SECTIONS if name not in there)


def walk(branches: Sequence[Branch]) -> Iterator[Step]:
    """All steps, each before those inside it."""
    for branch in branches:
        for step in branch.steps:
            yield step
            yield from walk(step.branches)


class _Reader:
    def __init__(self, problems: Sequence[Problem], catalogue: Catalogue) -> None:
        self._problems = problems
        self._catalogue = catalogue

    def steps(self, items: Any, path: Path, kind: str) -> Iterator[Step]:
        for index, item in enumerate(items if isinstance(items, list) else ()):
            yield self._step(item, (*path, index), kind)

    def _step(self, item: Any, path: Path, kind: str, around: Path = ()) -> Step:
        written: Mapping[str, Any] = item if isinstance(item, Mapping) else {}
        entry = self._entry(written, kind)
        branches = tuple(self._branches(written, path, entry)) if entry else self._children(written, path, kind)
        own = [one for one in self._problems if _belongs(one.path, around or path, branches)]
        errors = sum(one.severity is Severity.ERROR for one in own)
        title = str(written.get("type") or "no type").rpartition(".")[2]
        return Step(
            path=path,
            kind=kind,
            id=str(written.get("id") or written.get("name") or _unnamed(kind, path)),
            title=entry.title if entry else _conditions(written) if kind == "listener" else title,
            type_name=entry.name if entry else str(written.get("type") or ""),
            errors=errors,
            warnings=len(own) - errors,
            disabled=written.get("disabled") is True,
            branches=branches,
            deletes=entry.deletes if entry else "",
            places=tuple(_places(path, entry, branches)) if entry else (),
        )

    def _entry(self, written: Mapping[str, Any], kind: str) -> Entry | None:
        name = written.get("type")
        entry = self._catalogue.find(name) if kind in ("task", "trigger") and isinstance(name, str) else None
        return entry if entry and entry.kind in (Kind.TASK, Kind.TRIGGER) else None

    def _children(self, written: Mapping[str, Any], path: Path, kind: str) -> tuple["Branch", ...]:
        """The inputs inside a FORM, the tasks of a listener."""
        if kind == "listener":
            place = (*path, "tasks")
            return (Branch("tasks", "", place, "task", tuple(self.steps(written.get("tasks"), place, "task"))),)
        if kind != "input" or written.get("type") != FORM:
            return ()
        return (self._asked("", (*path, "inputs"), written.get("inputs")),)

    def _asked(self, label: str, path: Path, items: Any) -> "Branch":
        return Branch(str(path[-1]), label, path, "input", tuple(self.steps(items, path, "input")))

    def _branches(self, written: Mapping[str, Any], path: Path, entry: Entry) -> Iterator[Branch]:
        holding = {one.name: one for one in entry.fields if one.control in STEPS}
        found: list[str] = []
        for group in entry.groups(written):
            name = str(group.path[0])
            found.append(name)
            field = holding.get(name)
            wrap = field.wraps if field else ""
            steps = tuple(self._step(task, (*path, *where), "task", _item((*path, *where), wrap))
                          for where, task in group.tasks)  # fmt: skip
            label = _label(name) if len(group.path) == 1 else str(group.path[-1])
            alone = field is not None and field.control == "task"
            yield Branch(group.name, label, (*path, *group.path), "task", steps, wrap, alone)
        for name in getattr(entry.plugin, "input_fields", ()):
            yield self._asked("Asks for", (*path, name), written.get(name))
        for name, field in holding.items():
            if name not in found and name in _ALWAYS_INSIDE:
                yield Branch(name, _label(name), (*path, name), "task", (), field.wraps)


def _places(path: Path, entry: Entry, branches: Sequence[Branch]) -> Iterator[Branch]:
    """Where a block could have steps and has none yet; one more way is always possible."""
    there = {branch.path[len(path)] for branch in branches}
    holding = sorted((one for one in entry.fields if one.control in STEPS), key=lambda one: one.name in _LAST)
    for one in holding:
        if one.control == "ways" or one.name not in there:
            kind = "way" if one.control == "ways" else "task"
            yield Branch(one.name, _label(one.name), (*path, one.name), kind, (), one.wraps, one.control == "task")


def _item(path: Path, wrap: str) -> Path:
    return path[:-1] if wrap else path


def _unnamed(kind: str, path: Path) -> str:
    number = path[-1]
    return f"listener {number + 1}" if kind == "listener" and isinstance(number, int) else f"({number})"


def _conditions(listener: Mapping[str, Any]) -> str:
    found = listener.get("conditions")
    count = len(found) if isinstance(found, list) else 0
    return f"if {count} condition{'s' * (count > 1)} hold{'s' * (count == 1)}" if count else "at every end"


def _label(name: str) -> str:
    return _BRANCHES.get(name, name)


def _belongs(problem: Path, path: Path, branches: Sequence[Branch]) -> bool:
    if problem[: len(path)] != path:
        return False
    inside = [_item(step.path, branch.wrap) for branch in branches for step in branch.steps]
    return not any(problem[: len(other)] == other for other in inside)
