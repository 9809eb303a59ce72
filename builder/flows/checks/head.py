"""The flow's own properties: id, namespace, labels, variables, concurrency, retry, plugin defaults, sla."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from builder.errors import Path
from builder.flows.checks.findings import Findings, check_keys, kind_of
from builder.flows.checks.nearest import suggestion
from builder.flows.dialects.compat import LABEL, read_compat
from builder.flows.durations import BadDuration, parse_duration

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
_NOT_ENFORCED = ("sla", "listeners", "checks", "quotas")
_RETRY_KEYS = (
    "type",
    "interval",
    "maxInterval",
    "minInterval",
    "delayFactor",
    "maxAttempt",
    "maxAttempts",
    "maxDuration",
    "warningOnRetry",
    "behavior",
)
_RETRY_NEEDS = {
    "constant": ("interval",),
    "exponential": ("interval", "maxInterval"),
    "random": ("minInterval", "maxInterval"),
}
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
    for key in _NOT_ENFORCED:
        if flow.get(key):
            findings.warning((key,), f'"{key}" is kept in the text but not acted upon here', at_key=True)


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


def _check_labels(findings: Findings, path: Path, labels: Any) -> None:
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


def _check_concurrency(findings: Findings, path: Path, value: Any) -> None:
    if not isinstance(value, Mapping):
        findings.error(path, "concurrency is a map", "Write concurrency: {limit: 1, behavior: QUEUE}.")
        return
    check_keys(findings, path, value, ("limit", "behavior"), "concurrency")
    limit = value.get("limit")
    if isinstance(limit, bool) or not isinstance(limit, int):
        findings.error((*path, "limit"), "concurrency.limit must be a whole number")
    elif limit < 1:
        findings.error((*path, "limit"), "concurrency.limit must be at least 1")
    _check_choice(findings, (*path, "behavior"), value.get("behavior", "QUEUE"), ("QUEUE", "CANCEL", "FAIL"))


def _check_choice(findings: Findings, path: Path, value: Any, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        findings.error(
            path, f"{'.'.join(map(str, path))} must be one of {', '.join(allowed)}", suggestion(str(value), allowed)
        )


def _check_retry(findings: Findings, path: Path, value: Any) -> None:
    if not isinstance(value, Mapping):
        findings.error(path, "retry is a map", "Write retry: {type: constant, interval: PT10S, maxAttempts: 3}.")
        return
    check_keys(findings, path, value, _RETRY_KEYS, "retry")
    _check_choice(findings, (*path, "type"), value.get("type"), tuple(_RETRY_NEEDS))
    for key in _RETRY_NEEDS.get(str(value.get("type")), ()):
        if value.get(key) is None:
            findings.error((*path, key), f"retry of type {value['type']} needs {key}")
    for key in ("interval", "maxInterval", "minInterval", "maxDuration"):
        if value.get(key) is not None:
            _check_duration(findings, (*path, key), value[key])
    for key in ("maxAttempt", "maxAttempts"):
        attempts = value.get(key)
        if attempts is not None and (isinstance(attempts, bool) or not isinstance(attempts, int) or attempts < 1):
            findings.error((*path, key), f"retry.{key} must be a whole number from 1")
    _check_choice(
        findings,
        (*path, "behavior"),
        value.get("behavior", "RETRY_FAILED_TASK"),
        ("RETRY_FAILED_TASK", "CREATE_NEW_EXECUTION"),
    )


def _check_duration(findings: Findings, path: Path, value: Any) -> None:
    try:
        if not isinstance(value, str):
            raise BadDuration(f"{path[-1]} must be a duration such as PT30S, not {kind_of(value)}")
        parse_duration(value)
    except BadDuration as error:
        findings.error(path, str(error))


def _check_defaults(findings: Findings, path: Path, value: Any) -> None:
    if not isinstance(value, list):
        findings.error(path, f"{path[0]} is a list", "Write - type: ... and values: ... for each.")
        return
    for index, item in enumerate(value):
        place = (*path, index)
        if not isinstance(item, Mapping):
            findings.error(place, "a plugin default is a map of type and values")
            continue
        check_keys(findings, place, item, ("type", "forced", "values", "ref"), "a plugin default")
        if not isinstance(item.get("type"), str):
            findings.error((*place, "type"), "a plugin default needs a type")
        if not isinstance(item.get("values"), Mapping):
            findings.error((*place, "values"), "a plugin default needs values, as a map")
        if not isinstance(item.get("forced", False), bool):
            findings.error((*place, "forced"), "forced must be true or false")


def _check_sla(findings: Findings, path: Path, value: Any) -> None:
    items = value if isinstance(value, list) else [value]
    for index, item in enumerate(items):
        place = (*path, index) if isinstance(value, list) else path
        if not isinstance(item, Mapping):
            findings.error(place, "an SLA is a map of id, type and behavior")
            continue
        check_keys(findings, place, item, ("id", "type", "behavior", "duration", "assert", "labels"), "an SLA")
        _check_choice(findings, (*place, "type"), item.get("type"), ("MAX_DURATION", "EXECUTION_ASSERTION"))


def _expects(kind: type, words: str) -> Callable[[Findings, Path, Any], None]:
    def check(findings: Findings, path: Path, value: Any) -> None:
        if not isinstance(value, kind):
            findings.error(path, f"{path[0]} must be {words}, not {kind_of(value)}")

    return check


_PARTS: dict[str, Callable[[Findings, Path, Any], None]] = {
    "labels": _check_labels,
    "concurrency": _check_concurrency,
    "retry": _check_retry,
    "pluginDefaults": _check_defaults,
    "taskDefaults": _check_defaults,
    "sla": _check_sla,
    "description": _expects(str, "a text"),
    "variables": _expects(dict, "a map"),
    "disabled": _expects(bool, "true or false"),
}
