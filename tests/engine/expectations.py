"""What a case of the corpus expects of an execution: one method for each word it may use."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from builder.engine.execution import Execution, TaskRun
from builder.engine.states import TERMINAL, State
from tests.engine.world import World


class Expectations:
    """Compares executions with what is written; a word without a method skips the case."""

    world: World
    first: Execution | None

    def compare(self, expected: Mapping[str, Any], execution: Execution, before: Execution | None = None) -> None:
        resumed = execution.state in TERMINAL and expected.get("state") == "RESTARTED"
        for key, value in expected.items():
            if key == "notes" or (resumed and key in ("state", "history_len")):
                continue
            check = getattr(self, f"see_{key}", None)
            if check is None:
                pytest.skip(f"needs a look at {key}")
            check(value, execution, before)

    def see_state(self, state: str, execution: Execution, before: Any) -> None:
        messages = [f"{run.path}: {run.message}" for run in execution.runs.values() if run.message]
        assert execution.state == state, (messages, execution.message)

    def see_terminated(self, ended: bool, execution: Execution, before: Any) -> None:
        assert (execution.state in TERMINAL) is ended

    def see_taskruns(self, count: int, execution: Execution, before: Any) -> None:
        assert len(execution.runs) == count, list(execution.runs)

    def see_taskruns_min(self, count: int, execution: Execution, before: Any) -> None:
        assert len(execution.runs) >= count

    def see_failed_taskruns_min(self, count: int, execution: Execution, before: Any) -> None:
        assert sum(run.state is State.FAILED for run in execution.runs.values()) >= count

    def see_attempts(self, counts: Mapping[str, int], execution: Execution, before: Any) -> None:
        for name, count in counts.items():
            assert len(_run(execution, name).attempts) == count

    def see_order_attempts(self, counts: Mapping[int, int], execution: Execution, before: Any) -> None:
        for index, count in counts.items():
            assert len(_at(execution, index).attempts) == count

    def see_order_attempts_min(self, counts: Mapping[int, int], execution: Execution, before: Any) -> None:
        for index, count in counts.items():
            assert len(_at(execution, index).attempts) >= count

    def see_last_taskrun_attempts(self, count: int, execution: Execution, before: Any) -> None:
        assert len(_at(execution, -1).attempts) == count

    def see_order(self, order: Mapping[int, str], execution: Execution, before: Any) -> None:
        for index, name in order.items():
            assert _at(execution, index).task_id == name

    def see_order_states(self, states: Mapping[int, str], execution: Execution, before: Any) -> None:
        for index, state in states.items():
            assert _at(execution, index).state == state

    def see_taskrun_states(self, states: Mapping[str, str], execution: Execution, before: Any) -> None:
        for name, state in states.items():
            assert _run(execution, name).state == state, name

    def see_all_taskruns(self, state: str, execution: Execution, before: Any) -> None:
        assert {run.state.value for run in execution.runs.values()} == {state}

    def see_absent(self, names: list[str], execution: Execution, before: Any) -> None:
        assert not {run.task_id for run in execution.runs.values()} & set(names)

    def see_outputs(self, outputs: Mapping[str, Any], execution: Execution, before: Any) -> None:
        for name, expected in outputs.items():
            runs = [run for run in execution.runs.values() if run.task_id == name]
            if len(runs) == 1 and not values_of(execution, runs[0]):
                _match(runs[0].outputs, expected, execution)
            else:
                for value, inner in expected.items():
                    _match(_run(execution, f"{name}[{value}]").outputs, inner, execution)

    def see_outputs_contain(self, outputs: Mapping[str, Any], execution: Execution, before: Any) -> None:
        for name, expected in outputs.items():
            _contains(_run(execution, name).outputs, expected, execution)

    def see_outputs_by_value(self, outputs: Mapping[str, Any], execution: Execution, before: Any) -> None:
        for path, expected in outputs.items():
            _match(_lookup(execution, path), expected, execution)

    def see_outputs_contain_path(self, outputs: Mapping[str, Any], execution: Execution, before: Any) -> None:
        for path, expected in outputs.items():
            _match(_lookup(execution, path), expected, execution)

    def see_outputs_path_equals(self, outputs: Mapping[str, Any], execution: Execution, before: Any) -> None:
        children = self.world.children(execution)
        for path, expected in outputs.items():
            wanted = children[0].id if expected == "$CHILD_EXECUTION_ID" else expected
            _match(_lookup(execution, path), wanted, execution)

    def see_order_outputs(self, outputs: Mapping[int, Any], execution: Execution, before: Any) -> None:
        for index, expected in outputs.items():
            _match(_at(execution, index).outputs, expected, execution)

    def see_order_outputs_contain(self, outputs: Mapping[int, Any], execution: Execution, before: Any) -> None:
        for index, expected in outputs.items():
            _contains(_at(execution, index).outputs, expected, execution)

    def see_first_taskrun_has_outputs(self, has: bool, execution: Execution, before: Any) -> None:
        assert bool(_at(execution, 0).outputs) is has

    def see_flow_outputs(self, outputs: Any, execution: Execution, before: Any) -> None:
        assert execution.outputs == outputs

    def see_logs_contain(self, texts: list[str], execution: Execution, before: Any) -> None:
        said = [message for _, message in self.world.logs] + [run.message for run in execution.runs.values()]
        for text in texts:
            assert any(text in line for line in said), said

    def see_labels(self, labels: Mapping[str, str], execution: Execution, before: Any) -> None:
        first: dict[str, str] = {}
        for key, value in execution.labels:
            first.setdefault(key, value)
        assert first.keys() == labels.keys()
        self.see_labels_include(labels, execution, before)

    def see_labels_include(self, labels: Mapping[str, str], execution: Execution, before: Any) -> None:
        first: dict[str, str] = {}
        for key, value in execution.labels:
            first.setdefault(key, value)
        for key, value in labels.items():
            _match(first.get(key), self.first.id if value == "$ROOT_EXECUTION_ID" and self.first else value, execution)

    def see_children(self, children: list[Mapping[str, Any]], execution: Execution, before: Any) -> None:
        for expected in children:
            found = [
                child
                for child in self.world.executions.values()
                if child.flow_id == expected["flow"] and child.parent_id
            ]
            assert len(found) >= expected.get("count", 1)
            child = found[0]
            trigger = child.trigger or {}
            if "trigger_type" in expected:
                assert trigger["type"] == expected["trigger_type"]
            for key, value in expected.get("trigger_vars", {}).items():
                parent = self.world.find(child.parent_id or "")
                _match(trigger["variables"][key], value, parent)
            labels = expected.get("labels")
            if labels:
                assert {key for key, _ in child.labels} == set(labels)
                self.see_labels_include({**labels, "system.correlationId": execution.id}, child, None)
            rest = {
                key: value
                for key, value in expected.items()
                if key not in ("flow", "count", "labels", "trigger_type", "trigger_vars")
            }
            self.compare(rest, child)

    def see_executions_final_states(self, states: list[str], execution: Execution, before: Any) -> None:
        assert [one.state for one in self.world.executions.values()] == states

    def see_history_len(self, length: int, execution: Execution, before: Any) -> None:
        assert len(execution.history) == length

    def see_same_execution_id(self, same: bool, execution: Execution, before: Execution) -> None:
        assert (execution.id == before.id) is same

    def see_same_taskrun_ids(self, same: bool, execution: Execution, before: Execution) -> None:
        assert ({run.id for run in execution.runs.values()} <= {run.id for run in before.runs.values()}) is same

    def see_new_taskrun_ids(self, new: bool, execution: Execution, before: Execution) -> None:
        old = {run.id for run in before.runs.values()}
        assert ({run.id for run in execution.runs.values()}.isdisjoint(old)) is new

    def see_parentId(self, parent: Any, execution: Execution, before: Any) -> None:
        assert execution.parent_id == (self.first.id if parent and self.first else None)


def _at(execution: Execution, index: int) -> TaskRun:
    return list(execution.runs.values())[index]


def values_of(execution: Execution, run: TaskRun | None) -> list[str]:
    values: list[str] = []
    while run is not None:
        values = [run.value, *values] if run.value is not None else values
        run = execution.runs.get(run.parent) if run.parent else None
    return values


def _run(execution: Execution, name: str) -> TaskRun:
    """`task` or `task[value,value]`."""
    found = re.fullmatch(r"([^\[]+)(?:\[(.*)\])?", name)
    assert found
    values = found[2].split(",") if found[2] is not None else None
    for run in execution.runs.values():
        if run.task_id == found[1] and (values is None or values_of(execution, run) == values):
            return run
    raise AssertionError(f"no run {name} among {list(execution.runs)}")


def _lookup(execution: Execution, path: str) -> Any:
    found = re.fullmatch(r"([^.\[]+(?:\[[^\]]*\])?)\.(.*)", path)
    assert found
    value: Any = _run(execution, found[1]).outputs
    for part in found[2].split("."):
        value = (value or {}).get(part)
    return value


def _contains(actual: Any, expected: Mapping[str, Any], execution: Execution) -> None:
    for key, value in expected.items():
        text = isinstance(value, str) and not value.startswith("$") and isinstance(actual[key], str)
        if text:
            assert value in actual[key]
        elif isinstance(value, Mapping):
            _contains(actual[key], value, execution)
        else:
            _match(actual[key], value, execution)


def _match(actual: Any, expected: Any, execution: Execution) -> None:
    if isinstance(expected, Mapping):
        assert isinstance(actual, Mapping)
        for key, value in expected.items():
            _match(actual.get(key), value, execution)
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
        "$EXECUTION_ID": lambda: actual == execution.id,
        "$FLOW_ID": lambda: actual == execution.flow_id,
        "$NAMESPACE": lambda: actual == execution.namespace,
        "$TASKRUN_ID": lambda: actual == _run(execution, rest).id,
        "$NOW_ISO_ZONED": lambda: re.match(r"\d{4}-\d\d-\d\dT", str(actual)) is not None,
    }
    if mark not in checks:
        pytest.skip(f"needs the placeholder {mark}")
    assert checks[mark](), (actual, expected)
