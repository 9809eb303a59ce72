"""The flow's own properties: id, namespace, labels, variables, concurrency, retry, plugin defaults, sla."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from builder.errors import Path
from builder.flows.checks.demands import DEMAND_KEYS, check_checks, check_quotas, check_slas
from builder.flows.checks.findings import Findings, check_keys, kind_of
from builder.flows.checks.labels import check_labels
from builder.flows.checks.values import check_choice, check_duration
from builder.flows.durations import BadDuration, parse_duration
from builder.flows.model import AT_LIMIT, WHEN_FULL

FLOW_KEYS = (
    "id",
    "namespace",
    "description",
    "labels",
    "inputs",
    "outputs",
    "variables",
    "tasks",
    "errors",
    "finally",
    "afterExecution",
    "triggers",
    "pluginDefaults",
    "taskDefaults",
    "concurrency",
    "retry",
    "sla",
    "disabled",
    "revision",
    "deleted",
    "tenantId",
    "listeners",
    "checks",
    "quotas",
    "workerGroup",
    "workerSelector",
    "policyRefs",
    "draft",
)
PART_KEYS: Mapping[str, tuple[str, ...]] = {
    "concurrency": ("limit", "behavior", "key", "queueLimit", "whenFull"),
    "retry": ("type", "interval", "maxInterval", "minInterval", "delayFactor", "maxAttempt", "maxAttempts",
              "maxDuration", "warningOnRetry", "behavior"),
    "pluginDefaults": ("type", "forced", "values", "ref"),
    **DEMAND_KEYS,
}  # fmt: skip
"""What may stand in a part of the flow."""
_RETRY_NEEDS = {
    "constant": ("interval",),
    "exponential": ("interval", "maxInterval"),
    "random": ("minInterval", "maxInterval"),
}
_RETRY_ORDER = {
    "constant": (("interval", "maxDuration"),),
    "exponential": (("interval", "maxInterval"), ("interval", "maxDuration")),
    "random": (("minInterval", "maxInterval"), ("maxInterval", "maxDuration")),
}
_RESERVED_IDS = frozenset(
    {"pause", "resume", "force-run", "change-status", "kill", "executions", "search", "source", "disable", "enable"}
)
ID_LENGTH, NAMESPACE_LENGTH = 100, 150
_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]*")
_NAMESPACE = re.compile(r"[a-z0-9][a-z0-9._-]*")


def check_head(findings: Findings, flow: Mapping[str, Any]) -> None:
    """Everything of the flow but its inputs, outputs, tasks and triggers."""
    check_keys(findings, (), flow, FLOW_KEYS, "a flow")
    _check_name(findings, flow, "id", _ID, ID_LENGTH, "letters, digits, dot, dash and underscore")
    _check_name(
        findings,
        flow,
        "namespace",
        _NAMESPACE,
        NAMESPACE_LENGTH,
        "lower-case letters, digits, dot, dash and underscore",
    )
    for key, check in _PARTS.items():
        if flow.get(key) is not None:
            check(findings, (key,), flow[key])


def _check_name(
    findings: Findings, flow: Mapping[str, Any], key: str, pattern: re.Pattern[str], longest: int, letters: str
) -> None:
    value = flow.get(key)
    if value is None or value == "":
        findings.error((key,), f"{key} is missing: it must not be empty", f"Add {key}: to the top of the flow.")
    elif not isinstance(value, str):
        findings.error(
            (key,),
            f"{key} must be a text, not {kind_of(value)}",
            f'Write "{value}".' if isinstance(value, int | float) else "",
        )
    elif len(value) > longest:
        findings.error((key,), f"{key} is longer than its limit of {longest} characters")
    elif not pattern.fullmatch(value):
        findings.error((key,), f"{key} may hold {letters}, and begins with a letter or digit")
    elif key == "id" and value in _RESERVED_IDS:
        findings.warning(
            (key,),
            f'"{value}" is a word of the API\'s addresses, which Kestra refuses since 1.0',
            "Choose another name; where the namespace has no dot, only executions/trigger/... starts this flow.",
        )


def _check_concurrency(findings: Findings, path: Path, value: Any) -> None:
    if not isinstance(value, Mapping):
        findings.error(path, "concurrency is a map", "Write concurrency: {limit: 1, behavior: QUEUE}.")
        return
    check_keys(findings, path, value, PART_KEYS["concurrency"], "concurrency")
    _check_count(findings, path, value, "limit")
    check_choice(findings, (*path, "behavior"), value.get("behavior", AT_LIMIT[0]), AT_LIMIT)
    if value.get("key") is not None and not isinstance(value["key"], str):
        findings.error((*path, "key"), f"concurrency.key must be a text, not {kind_of(value['key'])}")
    if value.get("queueLimit") is not None:
        _check_count(findings, path, value, "queueLimit")
        if value.get("behavior", AT_LIMIT[0]) != AT_LIMIT[0]:
            findings.error((*path, "queueLimit"), "queueLimit needs behavior: QUEUE; nothing waits otherwise")
    check_choice(findings, (*path, "whenFull"), value.get("whenFull", WHEN_FULL[0]), WHEN_FULL)


def _check_count(findings: Findings, path: Path, value: Mapping[str, Any], key: str) -> None:
    count = value.get(key)
    if isinstance(count, bool) or not isinstance(count, int):
        findings.error((*path, key), f"concurrency.{key} must be a whole number")
    elif count < 1:
        findings.error((*path, key), f"concurrency.{key} must be at least 1")


def _check_retry(findings: Findings, path: Path, value: Any) -> None:
    if not isinstance(value, Mapping):
        findings.error(path, "retry is a map", "Write retry: {type: constant, interval: PT10S, maxAttempts: 3}.")
        return
    check_keys(findings, path, value, PART_KEYS["retry"], "retry")
    check_choice(findings, (*path, "type"), value.get("type"), tuple(_RETRY_NEEDS))
    for key in _RETRY_NEEDS.get(str(value.get("type")), ()):
        if value.get(key) is None:
            findings.error((*path, key), f"retry of type {value['type']} needs {key}")
    for key in ("interval", "maxInterval", "minInterval", "maxDuration"):
        if value.get(key) is not None:
            check_duration(findings, (*path, key), value[key])
    _check_waits(findings, path, value)
    for key in ("maxAttempt", "maxAttempts"):
        attempts = value.get(key)
        if attempts is not None and (isinstance(attempts, bool) or not isinstance(attempts, int) or attempts < 1):
            findings.error((*path, key), f"retry.{key} must be a whole number from 1")
    check_choice(
        findings,
        (*path, "behavior"),
        value.get("behavior", "RETRY_FAILED_TASK"),
        ("RETRY_FAILED_TASK", "CREATE_NEW_EXECUTION"),
    )


def _check_waits(findings: Findings, path: Path, value: Mapping[str, Any]) -> None:
    """A wait that is as long as what bounds it means that nothing is tried again."""
    for small, big in _RETRY_ORDER.get(str(value.get("type")), ()):
        waits = [_seconds(value.get(key)) for key in (small, big)]
        if waits[0] is not None and waits[1] is not None and waits[0] >= waits[1]:
            findings.error((*path, small), f"{small} must be shorter than {big}")


def _seconds(value: Any) -> float | None:
    try:
        return parse_duration(value).total_seconds() if isinstance(value, str) else None
    except BadDuration:
        return None


def _check_defaults(findings: Findings, path: Path, value: Any) -> None:
    if not isinstance(value, list):
        findings.error(path, f"{path[0]} is a list", "Write - type: ... and values: ... for each.")
        return
    for index, item in enumerate(value):
        place = (*path, index)
        if not isinstance(item, Mapping):
            findings.error(place, "a plugin default is a map of type and values")
            continue
        check_keys(findings, place, item, PART_KEYS["pluginDefaults"], "a plugin default")
        if not isinstance(item.get("type"), str):
            findings.error((*place, "type"), "a plugin default needs a type")
        if not isinstance(item.get("values"), Mapping):
            findings.error((*place, "values"), "a plugin default needs values, as a map")
        if not isinstance(item.get("forced", False), bool):
            findings.error((*place, "forced"), "forced must be true or false")


def _expects(kind: type, words: str) -> Callable[[Findings, Path, Any], None]:
    def check(findings: Findings, path: Path, value: Any) -> None:
        if not isinstance(value, kind):
            findings.error(path, f"{path[0]} must be {words}, not {kind_of(value)}")

    return check


_PARTS: dict[str, Callable[[Findings, Path, Any], None]] = {
    "labels": check_labels,
    "concurrency": _check_concurrency,
    "retry": _check_retry,
    "pluginDefaults": _check_defaults,
    "taskDefaults": _check_defaults,
    "quotas": check_quotas,
    "sla": check_slas,
    "checks": check_checks,
    "description": _expects(str, "a text"),
    "variables": _expects(dict, "a map"),
    "disabled": _expects(bool, "true or false"),
}
