"""Finds what a case names in an execution's record, and compares it with what is written there."""

import re
from collections.abc import Mapping
from typing import Any

from tests.conformance.stage import Record


def values_of(record: Record, run: Record | None) -> list[str]:
    """The chain of iteration values, outermost first."""
    values: list[str] = []
    by_id = {one["id"]: one for one in runs(record)}
    while run is not None:
        values = [run["value"], *values] if run.get("value") is not None else values
        run = by_id.get(run.get("parentTaskRunId", ""))
    return values


def runs(record: Record) -> list[Record]:
    return list(record.get("taskRunList") or [])


def attempts(run: Record) -> list[Record]:
    return list(run.get("attempts") or [])


def run_of(record: Record, name: str) -> Record:
    """`task` or `task[value,value]`, where values are those of all iterations around it."""
    found = re.fullmatch(r"([^\[]+)(?:\[(.*)\])?", name)
    assert found
    values = found[2].split(",") if found[2] is not None else None
    for run in runs(record):
        if run["taskId"] == found[1] and (values is None or values_of(record, run) == values):
            return run
    raise AssertionError(f"no task run {name} among {[(run['taskId'], run.get('value')) for run in runs(record)]}")


def looked_up(record: Record, path: str) -> Any:
    """`task[values].output.key` or `task.output["key"]`."""
    found = re.fullmatch(r"([^.\[]+(?:\[[^\]\"]*\])?)\.(.*)", path)
    assert found, path
    value: Any = run_of(record, found[1]).get("outputs")
    for quoted, plain in re.findall(r'\["([^"]+)"\]|([^.\[]+)', found[2]):
        value = (value or {}).get(quoted or plain)
    return value


def contains(actual: Any, expected: Mapping[str, Any], record: Record) -> None:
    for key, value in expected.items():
        text = isinstance(value, str) and not value.startswith("$") and isinstance(actual[key], str)
        if text:
            assert value in actual[key]
        elif isinstance(value, Mapping):
            contains(actual[key], value, record)
        else:
            match(actual[key], value, record)


def match(actual: Any, expected: Any, record: Record, **known: Any) -> None:
    """`known`: what placeholders of the steps before stand for."""
    if isinstance(expected, Mapping):
        assert isinstance(actual, Mapping), (actual, expected)
        for key, value in expected.items():
            match(actual.get(key), value, record, **known)
        return
    if not (isinstance(expected, str) and expected.startswith("$")):
        assert actual == expected
        return
    mark, _, rest = expected.partition(":")
    checks = {
        "$CONTAINS": lambda: rest in str(actual),
        "$STARTSWITH": lambda: str(actual).startswith(rest),
        "$MATCH": lambda: re.match(rest, str(actual)) is not None,
        "$NOT": lambda: str(actual) != rest,
        "$EXECUTION_ID": lambda: actual == record["id"],
        "$FLOW_ID": lambda: actual == record["flowId"],
        "$NAMESPACE": lambda: actual == record["namespace"],
        "$TASKRUN_ID": lambda: actual == run_of(record, rest)["id"],
        "$NOW_ISO_ZONED": lambda: re.match(r"\d{4}-\d\d-\d\dT", str(actual)) is not None,
        **{f"${name}": lambda value=value: actual == value for name, value in known.items()},
    }
    assert checks[mark](), (actual, expected)
