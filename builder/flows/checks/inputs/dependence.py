"""Which inputs depend on which: all named ones must be there, and none may wait for itself."""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from builder.errors import Path
from builder.flows.checks.findings import Findings, check_keys, kind_of
from builder.flows.checks.nearest import suggestion

Declared = tuple[Path, Any, Mapping[str, Any]]
"""Where an input stands, its full id, and what is written."""


def check_dependencies(findings: Findings, path: Path, declared: Sequence[Declared]) -> None:
    """`dependsOn` of all inputs."""
    known = {name for _, name, _ in declared if isinstance(name, str)}
    graph: dict[str, list[str]] = {}
    for place, name, item in declared:
        depends = item.get("dependsOn")
        if depends is not None:
            graph[str(name)] = _check_one(findings, (*place, "dependsOn"), str(name), depends, known)
    _check_cycles(findings, declared, graph)


def _check_one(findings: Findings, place: Path, name: str, depends: Any, known: set[str]) -> list[str]:
    """The inputs that this one waits for."""
    if not isinstance(depends, Mapping) or not _is_names(depends.get("inputs") or []):
        findings.error(place, "dependsOn is a map", "Write dependsOn: {inputs: [other], condition: ...}.")
        return []
    check_keys(findings, place, depends, ("inputs", "condition"), "dependsOn")
    condition = depends.get("condition")
    if condition is not None and not isinstance(condition, str):
        findings.error((*place, "condition"), f"condition must be an expression, not {kind_of(condition)}")
    needed = depends.get("inputs") or []
    for other in needed:
        if other not in known:
            message = f'the input "{name}" depends on "{other}", which does not exist'
            findings.error((*place, "inputs"), message, suggestion(other, known))
    return [other for other in needed if other in known]


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _check_cycles(findings: Findings, declared: Sequence[Declared], graph: Mapping[str, list[str]]) -> None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        place = next(place for place, name, _ in declared if name == circle[0])
        message = f"inputs depend on each other in a cycle: {' -> '.join(circle)}"
        findings.error((*place, "dependsOn"), message, "Take one of them out of the circle.")
