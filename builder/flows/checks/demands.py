"""What a flow demands: of its executions while they run (sla), and before one is made at all (checks, quotas)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from builder.errors import Path
from builder.flows.checks.findings import Findings, check_keys, kind_of
from builder.flows.checks.labels import check_labels
from builder.flows.checks.values import check_choice, check_duration
from builder.flows.durations import BadDuration, parse_duration
from builder.flows.model import CHECK_BEHAVIORS, CHECK_STYLES, QUOTA_BEHAVIORS

DEMAND_KEYS: Mapping[str, tuple[str, ...]] = {
    "sla": ("id", "type", "behavior", "duration", "assert", "labels"),
    "quotas": ("duration", "limit", "behavior"),
    "checks": ("when", "condition", "message", "style", "behavior"),
}
_SLA_NEEDS = {"MAX_DURATION": "duration", "EXECUTION_ASSERTION": "assert"}
_SHORTEST_WINDOW = timedelta(minutes=1)


def check_slas(findings: Findings, path: Path, value: Any) -> None:
    """A list of SLAs, or a single one."""
    for place, item in _items(findings, path, value, "an SLA is a map of id, type and behavior"):
        check_keys(findings, place, item, DEMAND_KEYS["sla"], "an SLA")
        _check_text(findings, (*place, "id"), item.get("id"), "an SLA needs an id")
        check_choice(findings, (*place, "behavior"), item.get("behavior"), ("FAIL", "CANCEL", "NONE"))
        check_choice(findings, (*place, "type"), item.get("type"), tuple(_SLA_NEEDS))
        if item.get("labels") is not None:
            check_labels(findings, (*place, "labels"), item["labels"])
        need = _SLA_NEEDS.get(str(item.get("type")))
        if need is None:
            continue
        if item.get(need) is None:
            findings.error((*place, need), f"an SLA of type {item['type']} needs {need}")
        elif need == "duration":
            check_duration(findings, (*place, need), item[need])
        elif not isinstance(item[need], str | bool):
            findings.error((*place, need), f"assert must be an expression, not {kind_of(item[need])}")
        _warn_of_other(findings, place, item, need)


def _warn_of_other(findings: Findings, place: Path, item: Mapping[str, Any], need: str) -> None:
    for other in ("duration", "assert"):
        if other != need and item.get(other) is not None:
            findings.warning((*place, other), f"{other} has no effect in an SLA of type {item['type']}", at_key=True)


def check_quotas(findings: Findings, path: Path, value: Any) -> None:
    """A list of quotas, or a single one; each has a window of its own length."""
    lengths: set[timedelta] = set()
    for place, item in _items(findings, path, value, "a quota is a map of duration, limit and behavior"):
        check_keys(findings, place, item, DEMAND_KEYS["quotas"], "a quota")
        check_choice(findings, (*place, "behavior"), item.get("behavior"), QUOTA_BEHAVIORS)
        limit = item.get("limit")
        if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
            findings.error((*place, "limit"), "a quota needs limit, a whole number of at least 1")
        _check_window(findings, (*place, "duration"), item.get("duration"), lengths)


def _check_window(findings: Findings, place: Path, written: Any, lengths: set[timedelta]) -> None:
    if written is None:
        findings.error(place, "a quota needs a duration", "Write duration: P1D.")
        return
    try:
        length = parse_duration(str(written))
    except BadDuration as error:
        findings.error(place, str(error))
        return
    if length < _SHORTEST_WINDOW:
        findings.error(place, "the duration of a quota must be at least PT1M")
    elif length in lengths:
        findings.error(place, f"two quotas have the duration {written}", "Keep the one with the smaller limit.")
    lengths.add(length)


def check_checks(findings: Findings, path: Path, value: Any) -> None:
    """A list of checks, or a single one."""
    for place, item in _items(findings, path, value, "a check is a map of when and message"):
        check_keys(findings, place, item, DEMAND_KEYS["checks"], "a check")
        named = [key for key in ("when", "condition") if item.get(key) is not None]
        if not named:
            findings.error(place, "a check needs when", 'Write when: "{{ inputs.count > 0 }}".')
        for key in named:
            if not isinstance(item[key], str | bool):
                findings.error((*place, key), f"{key} must be an expression, not {kind_of(item[key])}")
        if len(named) > 1:
            findings.warning((*place, "condition"), "condition has no effect beside when", at_key=True)
        _check_text(findings, (*place, "message"), item.get("message"), "a check needs a message")
        check_choice(findings, (*place, "style"), item.get("style", "INFO"), CHECK_STYLES)
        check_choice(findings, (*place, "behavior"), item.get("behavior", CHECK_BEHAVIORS[0]), CHECK_BEHAVIORS)


def _items(findings: Findings, path: Path, value: Any, words: str) -> list[tuple[Path, Mapping[str, Any]]]:
    found = []
    for index, item in enumerate(value if isinstance(value, list) else [value]):
        place = (*path, index) if isinstance(value, list) else path
        if isinstance(item, Mapping):
            found.append((place, item))
        else:
            findings.error(place, words)
    return found


def _check_text(findings: Findings, path: Path, value: Any, missing: str) -> None:
    if value is None or value == "":
        findings.error(path, missing)
    elif not isinstance(value, str):
        findings.error(path, f"{path[-1]} must be a text, not {kind_of(value)}")
