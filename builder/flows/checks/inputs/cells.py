"""The properties of an OBJECT and the columns and rows of a TABLE."""

from collections.abc import Mapping
from typing import Any

from builder.errors import Path
from builder.flows.checks.findings import Findings, check_keys, kind_of
from builder.flows.checks.inputs.bounds import check_bounds
from builder.flows.checks.nearest import suggestion
from builder.flows.inputs.kinds import CELL_KEYS, CELL_KINDS, INPUT_KINDS


def check_cells(findings: Findings, path: Path, item: Mapping[str, Any], key: str, owner: str) -> None:
    """A list of plainly typed values that make up one."""
    cells, place = item.get(key), (*path, key)
    if not isinstance(cells, list) or not cells:
        where = place if key in item else path
        findings.error(where, f"{owner} needs {key}, a list of at least one id and type")
        return
    seen: set[str] = set()
    for index, cell in enumerate(cells):
        if not isinstance(cell, Mapping):
            findings.error((*place, index), f"one of the {key} is a map of id and type, not {kind_of(cell)}")
            continue
        _check_cell(findings, (*place, index), cell, owner)
        name = cell.get("id", cell.get("name"))
        if not isinstance(name, str) or not name:
            findings.error((*place, index), f"one of the {key} has no id", "Add id: to it.")
        elif name in seen:
            findings.error((*place, index, "id"), f'two {key} are named "{name}"', "Give each its own id.")
        else:
            seen.add(name)


def _check_cell(findings: Findings, path: Path, cell: Mapping[str, Any], owner: str) -> None:
    kind = cell.get("type")
    if not isinstance(kind, str) or kind not in CELL_KINDS:
        hint = suggestion(str(kind), CELL_KINDS)
        findings.error((*path, "type") if "type" in cell else path, f'{owner} cannot hold the type "{kind}"', hint)
        return
    own = [key for key in INPUT_KINDS[kind] if key != "expression"]
    check_keys(findings, path, cell, (*CELL_KEYS, *own), f"a value of type {kind} in {owner}")
    if not isinstance(cell.get("required", True), bool):
        findings.error((*path, "required"), "required must be true or false")
    check_bounds(findings, path, kind, cell)


def check_rows(findings: Findings, path: Path, rows: Any) -> None:
    """How many rows a TABLE may have."""
    if rows is None:
        return
    if not isinstance(rows, Mapping):
        findings.error(path, "rows is a map", "Write rows: {min: 1, max: 10}.")
        return
    check_keys(findings, path, rows, ("min", "max"), "rows")
    numbers = {}
    for key in ("min", "max"):
        value = rows.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            findings.error((*path, key), f"rows.{key} must be a whole number from 0")
        elif value is not None:
            numbers[key] = value
    if len(numbers) == 2 and numbers["max"] < numbers["min"]:
        findings.error((*path, "max"), "no table can be given: max is below min")
