"""The steps of a flow as a tree: each with the ways that lead through it, also while the flow has problems."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from builder.errors import Path
from builder.flows.catalogue import Catalogue, Kind, Order, TaskGroup


class Relation(StrEnum):
    """How a way hangs on what it begins from, in Kestra's words."""

    SEQUENTIAL = "SEQUENTIAL"
    CHOICE = "CHOICE"
    ERROR = "ERROR"
    FINALLY = "FINALLY"
    AFTER_EXECUTION = "AFTER_EXECUTION"
    LISTENER = "LISTENER"
    PARALLEL = "PARALLEL"
    DYNAMIC = "DYNAMIC"


LATER = (Relation.FINALLY, Relation.AFTER_EXECUTION, Relation.LISTENER)
"""Ways that begin when the others have ended."""


@dataclass(frozen=True, slots=True)
class Step:
    """A task; `path` is where it is written. `written`: its map, empty when there is none."""

    path: Path
    id: str
    written: Mapping[str, Any]
    type_name: str
    ways: tuple["Way", ...] = ()

    @property
    def disabled(self) -> bool:
        return self.written.get("disabled") is True


@dataclass(frozen=True, slots=True)
class Way:
    """A list of steps. `after`: by id, the steps of the same way that a step waits for (relation PARALLEL)."""

    name: str
    relation: Relation
    path: Path
    steps: tuple[Step, ...]
    order: Order = Order.SEQUENCE
    after: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tree:
    """A flow: what starts it, what it asks for, and its ways; the one of its tasks comes first."""

    triggers: tuple[Step, ...]
    inputs: tuple[Step, ...]
    ways: tuple[Way, ...]


_SECTIONS = {
    "tasks": Relation.SEQUENTIAL,
    "errors": Relation.ERROR,
    "finally": Relation.FINALLY,
    "afterExecution": Relation.AFTER_EXECUTION,
}
_RELATIONS = {
    Order.PARALLEL: Relation.PARALLEL,
    Order.DEPENDENCE: Relation.PARALLEL,
    Order.TURNS: Relation.DYNAMIC,
}
_PLAIN = frozenset({"tasks", "onPause", "onWait"})


def read_tree(data: Mapping[str, Any], catalogue: Catalogue) -> Tree:
    """The tree of a flow's data, as far as it can be read."""
    reader = _Reader(catalogue)
    ways = [
        Way(name, relation, (name,), reader.steps(_listed(data.get(name)), (name,)))
        for name, relation in _SECTIONS.items()
        if name == "tasks" or _listed(data.get(name))
    ]
    for index, listener in enumerate(_listed(data.get("listeners"))):
        path: Path = ("listeners", index, "tasks")
        tasks = listener.get("tasks") if isinstance(listener, Mapping) else None
        ways.append(Way("listeners", Relation.LISTENER, path, reader.steps(_listed(tasks), path)))
    return Tree(_named(data.get("triggers"), "triggers"), _named(data.get("inputs"), "inputs"), tuple(ways))


def steps_of(ways: Sequence[Way]) -> Iterator[Step]:
    """All steps, each before those inside it."""
    for way in ways:
        for step in way.steps:
            yield step
            yield from steps_of(step.ways)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _id(written: Mapping[str, Any], path: Path) -> str:
    return str(written.get("id") or written.get("name") or f"({path[-1]})")


def _named(items: Any, section: str) -> tuple[Step, ...]:
    found = []
    for index, item in enumerate(_listed(items)):
        path: Path = (section, index)
        written = _map(item)
        found.append(Step(path, _id(written, path), written, str(written.get("type") or "")))
    return tuple(found)


class _Reader:
    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def steps(self, items: Sequence[Any], path: Path) -> tuple[Step, ...]:
        return tuple(self._step(item, (*path, index)) for index, item in enumerate(items))

    def _step(self, item: Any, path: Path) -> Step:
        written = _map(item)
        name = written.get("type")
        found = self._catalogue.find(name) if isinstance(name, str) else None
        known = found if found is not None and found.kind is Kind.TASK else None
        ways = tuple(self._way(group, path) for group in known.groups(written) if group.tasks) if known else ()
        return Step(path, _id(written, path), written, known.name if known else str(name or ""), ways)

    def _way(self, group: TaskGroup, path: Path) -> Way:
        steps = tuple(self._step(task, (*path, *where)) for where, task in group.tasks)
        return Way(group.name, _relation(group), (*path, *group.path), steps, group.order, group.after)


def _relation(group: TaskGroup) -> Relation:
    if group.name in ("errors", "finally"):
        return _SECTIONS[group.name]
    plain = Relation.SEQUENTIAL if group.name in _PLAIN else Relation.CHOICE
    return _RELATIONS.get(group.order, plain)
