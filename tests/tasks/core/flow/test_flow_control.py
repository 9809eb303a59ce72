"""The pure answers of flow control tasks."""

from typing import Any

import pytest
from pydantic import ValidationError

from builder.errors import TaskFailure
from builder.tasks.core.flow.dag import Dag
from builder.tasks.core.flow.for_each import ForEach
from builder.tasks.core.flow.if_condition import If
from builder.tasks.core.flow.loop_until import LoopUntil
from builder.tasks.core.flow.looping import loop_values
from builder.tasks.core.flow.pause import Pause
from builder.tasks.core.flow.subflow import Subflow
from builder.tasks.core.flow.switch import Switch
from builder.tasks.flow.layout import Again, Ending

LOG = {"id": "log", "type": "io.kestra.plugin.core.log.Log", "message": "x"}


def _written(cls: Any, **properties: Any) -> dict[str, Any]:
    return {"id": "it", "type": cls.type_name, **properties}


@pytest.mark.parametrize(
    ("answer", "values"),
    [
        ('["a", "b", "a"]', ["a", "b"]),
        ([1, 2.5, True], ["1", "2.5", "true"]),
        ('[{"k": "v"}]', ['{"k":"v"}']),
        ("[]", []),
        ([[1, 2]], ["[1,2]"]),
    ],
)
def test_the_values_of_a_loop_are_text_and_each_once(answer: Any, values: list[str]) -> None:
    assert loop_values(answer) == values


@pytest.mark.parametrize("answer", ["no list", '{"a": 1}', None, 3])
def test_what_is_no_list_is_refused(answer: Any) -> None:
    with pytest.raises(TaskFailure, match="list"):
        loop_values(answer)


def test_null_values_are_refused_in_kestras_words() -> None:
    with pytest.raises(TaskFailure, match=r"Found '1' null values on Each, with values=\[1, null, \{key=v\}\]"):
        loop_values('[1, null, {"key": "v"}]')


def test_for_each_makes_a_lane_of_each_value() -> None:
    task = ForEach.read(_written(ForEach, values=["x", "y"], concurrencyLimit=2, tasks=[LOG]))
    layout = task.layout({"tasks": ("log",)}, {"values": ["x", "y"]})
    assert [(lane.key, lane.value, lane.iteration) for lane in layout.lanes] == [("0", "x", 0), ("1", "y", 1)]
    assert layout.concurrency == 2


@pytest.mark.parametrize(("answer", "chosen"), [("true", "a"), ("", "b"), ("0", "b"), ("False", "a"), (False, "b")])
def test_if_takes_one_of_two_ways(answer: Any, chosen: str) -> None:
    task = If.read(_written(If, condition="{{ x }}", then=[LOG], **{"else": [LOG]}))
    layout = task.layout({"then": ("a",), "else": ("b",)}, {"condition": answer})
    assert tuple(layout.lanes[0].tasks) == (chosen,)
    assert layout.outputs == {"evaluationResult": chosen == "a"}


def test_switch_without_a_matching_case_says_what_there_is() -> None:
    task = Switch.read(_written(Switch, value="x", cases={"a": [LOG]}))
    with pytest.raises(TaskFailure, match=r"no defaults.* The cases are: a\."):
        task.layout({"cases.a": ("log",)}, {"value": "b"})


def test_switch_names_its_groups_by_case() -> None:
    groups = Switch.groups_of(_written(Switch, value="x", cases={"a": [LOG]}, defaults=[LOG]))
    assert [(group.name, group.path) for group in groups] == [("cases.a", ("cases", "a")), ("defaults", ("defaults",))]


def test_a_dag_finds_its_children_one_deeper() -> None:
    (group,) = Dag.groups_of(_written(Dag, tasks=[{"task": LOG}]))
    assert list(group.tasks) == [(("tasks", 0, "task"), LOG)]


@pytest.mark.parametrize(
    ("edges", "message"),
    [({"a": ["b"], "b": ["a"]}, "Cyclic dependency detected"), ({"a": ["z"]}, "Not existing task id in dependency: z")],
)
def test_a_dag_must_be_one(edges: dict[str, list[str]], message: str) -> None:
    tasks = [{"task": {**LOG, "id": name}, "dependsOn": others} for name, others in edges.items()]
    with pytest.raises(ValidationError, match=message):
        Dag.read(_written(Dag, tasks=tasks))


def test_a_pause_prefers_its_duration_to_its_time_limit() -> None:
    task = Pause.read(_written(Pause, delay="PT1M", timeout="PT1S"))
    wait = task.layout({}, {"pauseDuration": "PT1M", "timeout": "PT1S"}).wait
    assert wait is not None
    assert (wait.seconds, wait.at_end) == (60, "RESUME")


@pytest.mark.parametrize(("type_name", "interval"), [("LoopUntil", 60.0), ("WaitFor", 1.0)])
def test_the_old_name_of_a_loop_has_its_old_defaults(type_name: str, interval: float) -> None:
    task = LoopUntil.read(
        {"id": "it", "type": f"io.kestra.plugin.core.flow.{type_name}", "condition": "x", "tasks": [LOG]}
    )
    assert task.turn_ended({"condition": "false"}, 1, 5) == Again(interval)
    assert isinstance(task.turn_ended({"condition": "false"}, 100, 5), Ending) is (type_name == "WaitFor")


def test_a_loop_that_sets_no_limit_fails_when_the_given_one_stops_it() -> None:
    written = {"id": "it", "type": "io.kestra.plugin.core.flow.WaitFor", "condition": "x", "tasks": [LOG]}
    stopped = LoopUntil.read(written).turn_ended({"condition": "false"}, 100, 5)
    assert isinstance(stopped, Ending)
    assert stopped.state == "FAILED" and "maxIterations" in stopped.message
    content = LoopUntil.read({**written, "failOnMaxReached": False}).turn_ended({"condition": "false"}, 100, 5)
    assert content == Ending("SUCCESS")
    bounded = LoopUntil.read({**written, "checkFrequency": {"maxIterations": 2}})
    assert bounded.turn_ended({"condition": "false"}, 2, 5) == Ending("SUCCESS")


def test_no_loop_turns_without_a_pause() -> None:
    task = LoopUntil.read(_written(LoopUntil, condition="x", tasks=[LOG], checkFrequency={"interval": "PT0S"}))
    again = task.turn_ended({"condition": "false"}, 1, 5)
    assert isinstance(again, Again)
    assert again.seconds > 0.01


def test_a_loop_may_fail_when_it_may_not_go_on() -> None:
    task = LoopUntil.read(
        _written(LoopUntil, condition="x", failOnMaxReached=True, tasks=[LOG], checkFrequency={"maxIterations": 2})
    )
    ending = task.turn_ended({"condition": "false"}, 2, 5)
    assert isinstance(ending, Ending)
    assert ending.state == "FAILED"


@pytest.mark.parametrize(
    ("state", "transmit", "taken"),
    [
        ("FAILED", True, "FAILED"),
        ("FAILED", False, "SUCCESS"),
        ("WARNING", True, "WARNING"),
        ("KILLED", True, "KILLED"),
        ("CANCELLED", True, "FAILED"),
        ("SUCCESS", True, "SUCCESS"),
    ],
)
def test_a_subflow_takes_over_what_it_is_told_to(state: str, transmit: bool, taken: str) -> None:
    task = Subflow.read(_written(Subflow, namespace="n", flowId="f", transmitFailed=transmit))
    ending = task.child_ended("child", state, {"x": 1})
    assert ending.state == taken
    assert ending.outputs == {"executionId": "child", "state": state, "outputs": {"x": 1}}
