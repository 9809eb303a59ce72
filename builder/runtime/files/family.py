"""Whose files an execution may read: its own, those of what it came from, and those of what it started."""

from collections.abc import Container
from dataclasses import dataclass

from builder.engine.execution import Execution
from builder.runtime.files import storage
from builder.store import executions, namespace_files
from builder.store.contents import Located

_GENERATIONS = 20
_STARTERS = (".Flow", ".Subflow", ".ForEachItem", ".Loop")


@dataclass(frozen=True)
class Family(Container[str]):
    """`above`: the execution and all it came from, known from the start. Asking for another one reads the database:
    it belongs here when it descends from this one."""

    id: str
    above: frozenset[str]

    def __contains__(self, other: object) -> bool:
        return other in self.above or (isinstance(other, str) and self.id in _line_above(other))


def family_of(execution: Execution) -> Family:
    """The family of an execution: the one it repeats, its parents, and the one whose end triggered it. Blocking."""
    found = {execution.id, execution.original_id or execution.id, *_line_above(execution.parent_id)}
    trigger = execution.trigger or {}
    started_by = (trigger.get("variables") or {}).get("executionId")
    if str(trigger.get("type", "")).endswith(_STARTERS) and isinstance(started_by, str):
        found |= {started_by, *_line_above(started_by)}
    return Family(execution.id, frozenset(found))


def file_of(execution_id: str, uri: str) -> Located:
    """A file that an execution names, as whoever looks at the execution may see it. Blocking.

    Raises NotFound, Forbidden.
    """
    execution, _ = executions.load(execution_id)
    where = namespace_files.address(uri, execution.namespace) if uri.startswith(("kestra://", "nsfile://")) else None
    return storage.locate(uri, family_of(execution)) if where is None else namespace_files.located(where)


def _line_above(execution_id: str | None) -> list[str]:
    """The execution and its parents, nearest first."""
    found: list[str] = []
    while execution_id is not None and execution_id not in found and len(found) < _GENERATIONS:
        found.append(execution_id)
        loaded = executions.load_many([execution_id], with_runs=False).get(execution_id)
        execution_id = loaded[0].parent_id if loaded else None
    return found
