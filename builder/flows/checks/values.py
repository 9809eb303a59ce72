"""Values that several properties of a flow have: one of some words, a duration, a truth."""

from typing import Any

from builder.errors import Path, dotted
from builder.flows.checks.findings import Findings, kind_of
from builder.flows.checks.nearest import suggestion
from builder.flows.durations import BadDuration, parse_duration


def check_choice(findings: Findings, path: Path, value: Any, allowed: tuple[str, ...]) -> None:
    """One of these words."""
    if value not in allowed:
        findings.error(path, f"{dotted(path)} must be one of {', '.join(allowed)}", suggestion(str(value), allowed))


def check_duration(findings: Findings, path: Path, value: Any) -> None:
    """A duration in ISO-8601."""
    try:
        if not isinstance(value, str):
            raise BadDuration(f"{path[-1]} must be a duration such as PT30S, not {kind_of(value)}")
        parse_duration(value)
    except BadDuration as error:
        findings.error(path, str(error))
