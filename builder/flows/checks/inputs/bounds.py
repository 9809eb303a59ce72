"""Whether an input's own bounds and default make sense for its type."""

from collections.abc import Mapping
from typing import Any

from builder.errors import Path
from builder.flows.checks.findings import Findings
from builder.flows.inputs.kinds import INPUT_KINDS, own_properties
from builder.flows.inputs.values import BadValue, parse_value

FILE_DEFAULTS = ("nsfile://", "file://", "kestra://")
_PAIRS = (("min", "max"), ("after", "before"))


def check_bounds(findings: Findings, path: Path, kind: str, item: Mapping[str, Any]) -> None:
    """Bounds that are no value of the type, or that nothing can meet, are errors; a default that does not fit its own
    input is a warning, since the input may be given."""
    for low, high in _PAIRS:
        if low in INPUT_KINDS[kind]:
            given = [key for key in (low, high) if item.get(key) is not None]
            right = [key for key in given if _is_value(findings, (*path, key), kind, item[key])]
            if len(right) == len(_PAIRS) and _crossed(kind, item, low, high):
                findings.error((*path, high), f"nothing can be given: {high} is below {low}")
    if kind == "FILE":
        _check_file_default(findings, (*path, "defaults"), item.get("defaults"))
    elif kind != "SECRET" and item.get("expression") is None:
        _check_default(findings, (*path, "defaults"), kind, item)


def check_defaults(findings: Findings, path: Path, item: Mapping[str, Any]) -> None:
    """Defaults and prefills that later releases refuse: warnings, since earlier ones took them."""
    default, prefill = item.get("defaults"), item.get("prefill")
    if default is not None and item.get("required") is False:
        findings.warning(
            (*path, "required"),
            "Inputs with a default value must be required: the default always applies, so required: false does nothing",
            "Remove required, or write prefill in place of defaults.",
        )
    if default is not None and prefill is not None:
        findings.warning(
            (*path, "prefill"),
            "Inputs with a default value cannot also have a prefill: the default wins",
            "Remove one of the two.",
        )
    elif prefill is not None and item.get("required", True) is not False:
        findings.warning(
            (*path, "prefill"),
            "a prefill is for an input that may be emptied: this one is required",
            "Add required: false, or write defaults in place of prefill.",
        )


def _check_file_default(findings: Findings, path: Path, default: Any) -> None:
    if default is None:
        return
    if not isinstance(default, str) or ("{{" not in default and not default.startswith(FILE_DEFAULTS)):
        findings.error(
            path,
            "the default of a FILE is the address of a file",
            "Write nsfile:///path for a file of the namespace, or file:///path for one of the server.",
        )


def _is_value(findings: Findings, path: Path, kind: str, value: Any) -> bool:
    try:
        parse_value(kind, {}, value)
    except BadValue as error:
        findings.error(path, f"{path[-1]} does not fit its type: {error}")
        return False
    return True


def _crossed(kind: str, item: Mapping[str, Any], low: str, high: str) -> bool:
    try:
        parse_value(kind, {low: item[low]}, item[high])
    except BadValue:
        return True
    return False


def _check_default(findings: Findings, path: Path, kind: str, item: Mapping[str, Any]) -> None:
    """A validator is left to the run: a hundred bad patterns would make a check slow."""
    default = item.get("defaults")
    if default is None or item.get("validator") is not None or "{{" in str(default) or "{%" in str(default):
        return
    properties = own_properties(kind, item)
    if not isinstance(properties.get("values", []), list):
        return
    try:
        parse_value(kind, properties, default)
    except BadValue as error:
        findings.warning(
            path,
            f"the default does not fit its own input: {error}",
            "A run that gives no value for this input will be refused.",
        )
