"""Labels as they are written: a map, or a list of key and value; those of the system are refused."""

from collections.abc import Mapping
from typing import Any

from builder.errors import Path
from builder.flows.checks.findings import Findings, kind_of
from builder.flows.dialects.compat import LABEL, read_compat


def check_labels(findings: Findings, path: Path, labels: Any) -> None:
    """The labels of a flow, or those that something puts on an execution."""
    if isinstance(labels, Mapping):
        pairs = [((*path, key), key, value) for key, value in labels.items()]
    elif isinstance(labels, list):
        pairs = _label_items(findings, path, labels)
    else:
        findings.error(path, "labels are a map of keys and values", "Write labels: {team: ml}.")
        return
    for place, key, value in pairs:
        if key.startswith("system.") and key != "system.readOnly":
            findings.error(place, f'the label "{key}" is not allowed: labels that begin with system. are reserved')
        if key == LABEL:
            _check_compat(findings, place, value)
        if isinstance(value, dict | list) or value is None:
            findings.error(place, f'the label "{key}" needs a text as value, not {kind_of(value)}')


def _check_compat(findings: Findings, path: Path, value: Any) -> None:
    try:
        read_compat(str(value))
    except ValueError as error:
        findings.warning(path, f"the label compat has no effect: {error}", 'Write a release, such as compat: "0.21".')


def _label_items(findings: Findings, path: Path, labels: list[Any]) -> list[tuple[Path, str, Any]]:
    pairs: list[tuple[Path, str, Any]] = []
    for index, item in enumerate(labels):
        if isinstance(item, Mapping) and set(item) == {"key", "value"} and isinstance(item["key"], str):
            pairs.append(((*path, index), item["key"], item["value"]))
        else:
            findings.error((*path, index), "a label is key and value", "Write {key: team, value: ml}, or a map.")
    return pairs
