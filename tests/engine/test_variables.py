"""What expressions see of an execution."""

from builder.engine.decide import decide
from builder.engine.events import TaskSucceeded
from builder.engine.play import START, fresh, ok, play, started, without_board
from builder.engine.variables import variables
from tests.engine.flows import plan_of, theatre

LOOPS = plan_of("""
- id: outer
  type: ForEach
  values: '["a", "b"]'
  tasks:
    - id: inner
      type: ForEach
      values: '["1", "2"]'
      tasks:
        - id: check
          type: If
          condition: "true"
          then: [{id: leaf, type: Log, message: x}]
""")


def test_outputs_are_keyed_by_the_value_of_every_loop_around() -> None:
    execution = theatre(LOOPS).run(fresh(LOOPS))
    seen = variables(LOOPS, execution)
    assert seen["outputs"]["leaf"]["b"]["1"] == {"value": "outer[1]/inner[0]/check/leaf"}
    assert seen["outputs"]["check"]["a"]["2"] == {"evaluationResult": True}
    assert seen["tasks"]["leaf"]["a"]["1"] == {"state": "SUCCESS"}
    assert seen["tasks"]["outer"] == {"state": "SUCCESS"}


def test_a_run_sees_its_parents_nearest_first() -> None:
    execution = theatre(LOOPS).run(fresh(LOOPS))
    seen = variables(LOOPS, execution, "outer[1]/inner[0]/check/leaf")
    assert "value" not in seen["taskrun"]
    assert [parent["taskrun"]["value"] for parent in seen["parents"]] == ["1", "b"]
    assert seen["parent"]["outputs"] == {"evaluationResult": True}
    assert variables(LOOPS, execution, "outer[1]/inner")["taskrun"]["value"] == "b"


def test_what_does_not_apply_is_absent() -> None:
    plan = plan_of("[{id: a, type: Log, message: x}]")
    seen = variables(plan, fresh(plan))
    assert {"inputs", "vars", "labels", "trigger", "outputs", "taskrun", "parent", "parents"}.isdisjoint(seen)
    assert variables(plan, play(plan, started).execution, "a")["outputs"] == {}


def test_labels_are_a_map_where_the_first_of_a_key_wins() -> None:
    plan = plan_of("[{id: a, type: Log, message: x}]", labels=(("team", "red"), ("team", "blue"), ("system.from", "x")))
    assert variables(plan, fresh(plan))["labels"] == {"team": "red", "system": {"from": "x"}}


def test_what_was_handed_out_does_not_change_later() -> None:
    plan = plan_of("[{id: a, type: Log, message: x}, {id: b, type: Log, message: x}]")
    execution = play(plan, started, ok("a", n=1)).execution
    seen = variables(plan, execution, "b")
    later = decide(plan, execution, TaskSucceeded(START, "b", 1, {"n": 2})).execution
    assert variables(plan, later)["outputs"] == {"a": {"n": 1}, "b": {"n": 2}}
    assert seen["outputs"] == {"a": {"n": 1}}


def test_it_makes_no_difference_where_the_execution_came_from() -> None:
    execution = theatre(LOOPS).run(fresh(LOOPS))
    path = "outer[0]/inner[1]/check/leaf"
    assert variables(LOOPS, without_board(execution), path) == variables(LOOPS, execution, path)


def test_the_number_of_earlier_attempts_is_told() -> None:
    plan = plan_of("[{id: a, type: Log, message: x}]")
    assert variables(plan, play(plan, started).execution, "a")["taskrun"]["attemptsCount"] == 0
