"""Declared inputs and outputs: ids, types, their properties, and what they depend on."""

import re
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

import regex

from builder.errors import Path
from builder.flows.checks.bounds import check_bounds
from builder.flows.checks.findings import Findings, check_keys, kind_of
from builder.flows.checks.nearest import suggestion
from builder.flows.input_kinds import COMMON_INPUT_KEYS, INPUT_KINDS, OUTPUT_KEYS

_ID = re.compile(r"[a-zA-Z0-9][.a-zA-Z0-9_-]*")
_DISPLAY_NAME_LENGTH = 64


def check_inputs(findings: Findings, path: Path, declared: Any) -> None:
    """A list of input declarations."""
    if declared is None:
        return
    if not isinstance(declared, list):
        findings.error(path, "inputs are a list", "Write - id: name and type: STRING for each.")
        return
    _check_ids(findings, path, declared, "input")
    for index, item in enumerate(declared):
        if isinstance(item, Mapping) and not findings.is_full:
            _check_input(findings, (*path, index), item)
    _check_nesting(findings, path, declared)
    _check_dependencies(findings, path, declared)


def _check_nesting(findings: Findings, path: Path, declared: list[Any]) -> None:
    """`a` cannot be a value when `a.b` makes it a map."""
    names = [input_id(item) if isinstance(item, Mapping) else "" for item in declared]
    maps = {name[:end]: name for name in names for end, letter in enumerate(name) if letter == "."}
    for index, name in enumerate(names):
        if name in maps:
            findings.error(
                (*path, index, "id"),
                f'the inputs "{name}" and "{maps[name]}" cannot both exist: "{maps[name]}" makes "{name}" a map',
                "Rename one of the two.",
            )


def check_outputs(findings: Findings, declared: Any) -> None:
    """The flow's declared outputs."""
    if declared is None:
        return
    if not isinstance(declared, list):
        findings.error(("outputs",), "outputs are a list", "Write - id: name, type: STRING and value: ... for each.")
        return
    _check_ids(findings, ("outputs",), declared, "output")
    for index, item in enumerate(declared):
        if not isinstance(item, Mapping):
            continue
        path: Path = ("outputs", index)
        check_keys(findings, path, item, OUTPUT_KEYS, "an output")
        _check_kind(findings, path, item, "output")
        if "value" not in item:
            findings.error(path, f'the output "{item.get("id", "")}" needs a value')


def _check_ids(findings: Findings, path: Path, declared: list[Any], word: str) -> None:
    seen: set[str] = set()
    for index, item in enumerate(declared):
        place = (*path, index)
        if not isinstance(item, Mapping):
            findings.error(place, f"an {word} is a map of id and type, not {kind_of(item)}")
            continue
        key = "id" if "id" in item or word == "output" else "name"
        name = item.get(key)
        if name is None:
            findings.error(place, f"an {word} has no id", "Add id: to it.")
        elif not isinstance(name, str) or not _ID.fullmatch(name):
            findings.error(
                (*place, key),
                f"the id of an {word} may hold letters, digits, dot, dash and underscore, "
                "and begins with a letter or digit",
            )
        elif name in seen:
            findings.error((*place, key), f'two {word}s are named "{name}"', f"Give each {word} its own id.")
        else:
            seen.add(name)


def _check_kind(findings: Findings, path: Path, item: Mapping[str, Any], word: str, key: str = "type") -> str | None:
    kind = item.get(key)
    if kind is None:
        findings.error(path, f'the {word} "{input_id(item)}" has no {key}', f"Add {key}: STRING, or another type.")
    elif not isinstance(kind, str) or kind not in INPUT_KINDS:
        findings.error(
            (*path, key), f'no {word} type "{kind}" (Invalid type: {kind})', suggestion(str(kind), INPUT_KINDS)
        )
    else:
        return kind
    return None


def input_id(item: Mapping[str, Any]) -> str:
    """The declared id; its old key is `name`."""
    return str(item.get("id", item.get("name", "")))


def _check_input(findings: Findings, path: Path, item: Mapping[str, Any]) -> None:
    kind = _check_kind(findings, path, item, "input")
    if kind is None:
        return
    check_keys(findings, path, item, (*COMMON_INPUT_KEYS, *INPUT_KINDS[kind]), f"an input of type {kind}")
    if not isinstance(item.get("required", True), bool):
        findings.error((*path, "required"), "required must be true or false")
    name = item.get("displayName")
    if name is not None and (not isinstance(name, str) or len(name) > _DISPLAY_NAME_LENGTH):
        findings.error((*path, "displayName"), f"displayName is a text of at most {_DISPLAY_NAME_LENGTH} characters")
    _check_validator(findings, (*path, "validator"), item.get("validator"))
    if kind in ("SELECT", "ENUM", "MULTISELECT"):
        _check_choice(findings, path, item)
    if kind == "ARRAY" or item.get("itemType") is not None:
        _check_item_type(findings, path, item)
    if item.get("jsonSchema") is not None:
        findings.warning((*path, "jsonSchema"), "jsonSchema is kept in the text but not checked here", at_key=True)
    check_bounds(findings, path, kind, item)


def _check_validator(findings: Findings, path: Path, pattern: Any) -> None:
    if pattern is None:
        return
    try:
        regex.compile(pattern)
    except (regex.error, TypeError) as error:
        findings.error(path, f"validator is not a valid regular expression: {error}")


def _check_choice(findings: Findings, path: Path, item: Mapping[str, Any]) -> None:
    values = item.get("values", item.get("options"))
    if values is None and item.get("expression") is None:
        findings.error(path, f'the input "{input_id(item)}" needs values, a list, or an expression that gives one')
    elif values is not None and item.get("expression") is not None:
        findings.error((*path, "expression"), "values and expression cannot both be given")
    elif values is not None and (not isinstance(values, list) or not values):
        key = "values" if "values" in item else "options"
        findings.error((*path, key), f"{key} is a list of at least one value")


def _check_item_type(findings: Findings, path: Path, item: Mapping[str, Any]) -> None:
    if _check_kind(findings, path, item, "item", "itemType") == "ARRAY":
        findings.error((*path, "itemType"), "itemType cannot be ARRAY")


def _check_dependencies(findings: Findings, path: Path, declared: list[Any]) -> None:
    items = [(index, item) for index, item in enumerate(declared) if isinstance(item, Mapping)]
    known = {input_id(item) for _, item in items}
    graph: dict[str, list[str]] = {}
    for index, item in items:
        depends = item.get("dependsOn")
        place = (*path, index, "dependsOn")
        if depends is None:
            continue
        if not isinstance(depends, Mapping) or not _is_names(depends.get("inputs", [])):
            findings.error(place, "dependsOn is a map", "Write dependsOn: {inputs: [other], condition: ...}.")
            continue
        check_keys(findings, place, depends, ("inputs", "condition"), "dependsOn")
        graph[input_id(item)] = [name for name in depends.get("inputs", []) if name in known]
        for name in depends.get("inputs", []):
            if name not in known:
                findings.error(
                    (*place, "inputs"),
                    f'the input "{input_id(item)}" depends on "{name}", which does not exist',
                    suggestion(str(name), known),
                )
    _check_cycles(findings, path, items, graph)


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _check_cycles(
    findings: Findings, path: Path, items: list[tuple[int, Mapping[str, Any]]], graph: Mapping[str, list[str]]
) -> None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        index = next(index for index, item in items if input_id(item) == circle[0])
        findings.error((*path, index, "dependsOn"), f"inputs depend on each other in a cycle: {' -> '.join(circle)}")
