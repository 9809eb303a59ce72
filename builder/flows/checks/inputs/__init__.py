"""Declared inputs and outputs: ids, types, their properties, and what they depend on."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import regex

from builder.errors import Path
from builder.flows.checks.findings import Findings, check_keys, kind_of
from builder.flows.checks.inputs.bounds import check_bounds, check_defaults
from builder.flows.checks.inputs.cells import check_cells, check_rows
from builder.flows.checks.inputs.dependence import check_dependencies
from builder.flows.checks.nearest import suggestion
from builder.flows.inputs.kinds import COMMON_INPUT_KEYS, FORM, FORM_KEYS, INPUT_KINDS, OUTPUT_KEYS
from builder.flows.values.json_schema import schema_fault

_ID = re.compile(r"[a-zA-Z0-9][.a-zA-Z0-9_-]*")
_DISPLAY_NAME_LENGTH = 64


def check_inputs(findings: Findings, path: Path, declared: Any) -> None:
    """A list of input declarations."""
    if declared is None:
        return
    if not isinstance(declared, list):
        findings.error(path, "inputs are a list", "Write - id: name and type: STRING for each.")
        return
    named = _named(findings, path, declared)
    _check_ids(findings, named, "input")
    for one in named:
        if not findings.is_full:
            _check_input(findings, one)
    _check_nesting(findings, named)
    check_dependencies(findings, path, [(one.path, one.id, one.item) for one in named])


@dataclass(frozen=True, slots=True)
class _Named:
    """A declaration with its full id: the child of a FORM is `form.child`."""

    path: Path
    key: str
    id: Any
    item: Mapping[str, Any]


def _named(findings: Findings, path: Path, declared: list[Any], form: str = "") -> list[_Named]:
    found: list[_Named] = []
    for index, item in enumerate(declared):
        place = (*path, index)
        if not isinstance(item, Mapping):
            findings.error(place, f"an input is a map of id and type, not {kind_of(item)}")
            continue
        key = "id" if "id" in item else "name"
        own = item.get(key)
        full = f"{form}.{own}" if form and isinstance(own, str) else own
        found.append(_Named(place, key, full, item))
        if item.get("type") == FORM and isinstance(item.get("inputs"), list) and not form:
            found += _named(findings, (*place, "inputs"), item["inputs"], str(full))
    return found


def _check_nesting(findings: Findings, named: Sequence[_Named]) -> None:
    """`a` cannot be a value when `a.b` makes it a map."""
    names = [one.id for one in named if isinstance(one.id, str)]
    maps = {name[:end]: name for name in names for end, letter in enumerate(name) if letter == "."}
    for one in named:
        if one.id in maps and one.item.get("type") != FORM:
            findings.error(
                (*one.path, "id"),
                f'the inputs "{one.id}" and "{maps[one.id]}" cannot both exist: "{maps[one.id]}" makes "{one.id}" '
                "a map",
                "Rename one of the two.",
            )


def check_outputs(findings: Findings, declared: Any) -> None:
    """The flow's declared outputs."""
    if declared is None:
        return
    if not isinstance(declared, list):
        findings.error(("outputs",), "outputs are a list", "Write - id: name, type: STRING and value: ... for each.")
        return
    named: list[_Named] = []
    for index, item in enumerate(declared):
        if isinstance(item, Mapping):
            named.append(_Named(("outputs", index), "id", item.get("id"), item))
        else:
            findings.error(("outputs", index), f"an output is a map of id, type and value, not {kind_of(item)}")
    _check_ids(findings, named, "output")
    for one in named:
        check_keys(findings, one.path, one.item, OUTPUT_KEYS, "an output")
        _check_kind(findings, one.path, one.item, "output")
        check_common(findings, one.path, one.item)
        if one.item.get("itemType") is not None:
            _check_item_type(findings, one.path, one.item)
        if "value" not in one.item:
            findings.error(one.path, f'the output "{one.id or ""}" needs a value')


def _check_ids(findings: Findings, named: Sequence[_Named], word: str) -> None:
    seen: set[str] = set()
    for one in named:
        if one.id is None:
            findings.error(one.path, f"an {word} has no id", "Add id: to it.")
        elif not isinstance(one.id, str) or not _ID.fullmatch(one.id):
            findings.error(
                (*one.path, one.key),
                f"the id of an {word} may hold letters, digits, dot, dash and underscore, "
                "and begins with a letter or digit",
            )
        elif one.id in seen:
            findings.error(
                (*one.path, one.key),
                f'two {word}s are named "{one.id}" (Duplicate {word} with name [{one.id}])',
                f"Give each {word} its own id.",
            )
        else:
            seen.add(one.id)


def _check_kind(findings: Findings, path: Path, item: Mapping[str, Any], word: str, key: str = "type") -> str | None:
    kind, known = item.get(key), [*INPUT_KINDS, FORM] if word == "input" else list(INPUT_KINDS)
    if kind is None:
        findings.error(path, f'the {word} "{input_id(item)}" has no {key}', f"Add {key}: STRING, or another type.")
    elif not isinstance(kind, str) or kind not in known:
        findings.error((*path, key), f'no {word} type "{kind}" (Invalid type: {kind})', suggestion(str(kind), known))
    else:
        return kind
    return None


def declared_inputs(declared: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The inputs that take a value, by their full ids; nothing of what is no declaration."""
    for item in declared if isinstance(declared, list) else ():
        if isinstance(item, Mapping) and item.get("type") == FORM:
            for name, child in declared_inputs(item.get("inputs")):
                yield f"{input_id(item)}.{name}", child
        elif isinstance(item, Mapping):
            yield input_id(item), item


def input_id(item: Mapping[str, Any]) -> str:
    """The declared id; its old key is `name`."""
    return str(item.get("id", item.get("name", "")))


def _check_input(findings: Findings, one: _Named) -> None:
    path, item = one.path, one.item
    if item.get("type") == FORM:
        _check_form(findings, path, item)
        return
    kind = _check_kind(findings, path, item, "input")
    if kind is None:
        return
    check_keys(findings, path, item, (*COMMON_INPUT_KEYS, *INPUT_KINDS[kind]), f"an input of type {kind}")
    check_common(findings, path, item)
    _check_own(findings, path, kind, item)
    check_bounds(findings, path, kind, item)
    check_defaults(findings, path, item)


def _check_own(findings: Findings, path: Path, kind: str, item: Mapping[str, Any]) -> None:
    """What only some types have."""
    _check_validator(findings, (*path, "validator"), item.get("validator"))
    if kind in ("SELECT", "ENUM", "MULTISELECT"):
        _check_choice(findings, path, item)
    if kind == "ARRAY" or item.get("itemType") is not None:
        _check_item_type(findings, path, item)
    if kind == "OBJECT":
        check_cells(findings, path, item, "properties", "an OBJECT")
    if kind == "TABLE":
        check_cells(findings, path, item, "columns", "a TABLE")
        check_rows(findings, (*path, "rows"), item.get("rows"))
    if item.get("jsonSchema") is not None:
        fault = schema_fault(item["jsonSchema"])
        if fault:
            findings.error((*path, "jsonSchema"), f"jsonSchema is not a valid JSON Schema: {fault}")


def _check_form(findings: Findings, path: Path, item: Mapping[str, Any]) -> None:
    check_keys(findings, path, item, FORM_KEYS, "an input of type FORM")
    check_common(findings, path, item)
    children = item.get("inputs")
    if not isinstance(children, list) or not children:
        findings.error((*path, "inputs"), f'the form "{input_id(item)}" needs inputs, a list of at least one')
        return
    for index, child in enumerate(children):
        if isinstance(child, Mapping) and child.get("type") == FORM:
            findings.error(
                (*path, "inputs", index, "type"), "a FORM cannot stand in a FORM", "Put it beside the other."
            )


def check_common(findings: Findings, path: Path, item: Mapping[str, Any]) -> None:
    """What inputs, outputs, properties and columns have in common."""
    if not isinstance(item.get("required", True), bool):
        findings.error((*path, "required"), "required must be true or false")
    name = item.get("displayName")
    if name is not None and (not isinstance(name, str) or len(name) > _DISPLAY_NAME_LENGTH):
        findings.error((*path, "displayName"), f"displayName is a text of at most {_DISPLAY_NAME_LENGTH} characters")
    if not isinstance(item.get("description") or "", str):
        findings.error((*path, "description"), f"description must be a text, not {kind_of(item['description'])}")


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
    kind = _check_kind(findings, path, item, "item", "itemType")
    if kind in ("ARRAY", "OBJECT", "TABLE"):
        findings.error((*path, "itemType"), f"itemType cannot be {kind}")
