"""What tasks do to the execution that runs them: labels, variables, and its end."""

from typing import Any

import pytest

from builder.engine.changes import VARIABLES_LETTERS
from builder.engine.commands import CancelTask, RunTask
from builder.engine.decide import pending
from builder.engine.play import failed, fresh, kill, ok, pause, play, resume, started, stopped, without_board, woken
from builder.engine.states import State
from builder.engine.variables import variables
from builder.tasks.world.effects import Exited, LabelsAdded, VariablesSet, VariablesUnset
from tests.engine.flows import plan_of, states

TWO = """
tasks:
  - {id: a, type: Log, message: one}
  - {id: b, type: Log, message: two}
variables: {name: World, deep: {x: 1, y: 2}}
"""
BESIDE = """
tasks:
  - id: both
    type: Parallel
    tasks:
      - id: left
        type: Sequential
        tasks:
          - {id: leave, type: Log, message: x}
          - {id: never, type: Log, message: x}
      - id: right
        type: Sequential
        tasks:
          - {id: slow, type: Log, message: x}
          - {id: cut, type: Log, message: x}
  - {id: later, type: Log, message: x}
errors:
  - {id: handler, type: Log, message: x}
finally:
  - {id: clean, type: Log, message: x}
afterExecution:
  - {id: tell, type: Log, message: x}
outputs:
  - {id: out, type: STRING, value: "{{ outputs.later.value }}"}
"""
LEAVE, SLOW = "both/left/leave", "both/right/slow"


def vars_after(*effects: Any) -> Any:
    plan = plan_of(TWO)
    execution = play(plan, started, ok("a", *effects)).execution
    return variables(plan, execution, "b")["vars"]


def test_variables_that_a_task_sets_are_merged_deeply_into_those_of_the_flow() -> None:
    assert vars_after(VariablesSet({"deep": {"y": 3}, "new": [1]})) == {
        "name": "World", "deep": {"x": 1, "y": 3}, "new": [1],
    }  # fmt: skip
    assert plan_of(TWO).flow.variables == {"name": "World", "deep": {"x": 1, "y": 2}}


def test_without_overwrite_a_variable_that_is_there_fails_the_task_and_nothing_is_set() -> None:
    effect = VariablesSet({"new": 1, "name": "Moon"}, overwrite=False)
    execution = play(plan_of(TWO), started, ok("a", LabelsAdded({"k": "v"}), effect)).execution
    assert execution.runs["a"].state is State.FAILED
    assert execution.runs["a"].message == (
        "`overwrite` is set to false and the following variables already exist: name"
    )
    assert execution.variables is None and execution.labels == ()


def test_variables_are_unset_by_name_or_path() -> None:
    assert vars_after(VariablesUnset(("name", "deep.x"))) == {"deep": {"y": 2}}


@pytest.mark.parametrize("name", ["nobody", "deep.z", "nobody.x", "name.x"])
def test_a_variable_that_is_not_there_cannot_be_unset_unless_that_is_allowed(name: str) -> None:
    execution = play(plan_of(TWO), started, ok("a", VariablesUnset((name,)))).execution
    assert execution.runs["a"].state is State.FAILED and name in execution.runs["a"].message
    assert vars_after(VariablesUnset((name,), ignore_missing=True)) == {"name": "World", "deep": {"x": 1, "y": 2}}


def test_variables_stay_small() -> None:
    execution = play(plan_of(TWO), started, ok("a", VariablesSet({"big": "x" * VARIABLES_LETTERS}))).execution
    assert "at most 1,000,000 are kept" in execution.runs["a"].message


def test_labels_are_added_and_replaced_in_place() -> None:
    plan = plan_of(TWO)
    first = fresh(plan)
    execution = play(plan, started, ok("a", LabelsAdded({"one": "1", "two": "2"}))).execution
    execution = play(plan, ok("b", LabelsAdded({"one": "new"})), execution=execution).execution
    assert execution.labels == (*first.labels, ("one", "new"), ("two", "2"))


def test_an_exit_ends_its_run_its_blocks_and_the_execution_in_its_state() -> None:
    plan = plan_of("""
- id: block
  type: Sequential
  allowFailure: true
  tasks:
    - {id: leave, type: Log, message: x}
    - {id: never, type: Log, message: x}
- {id: later, type: Log, message: x}
""")
    for state in ("SUCCESS", "WARNING", "FAILED", "CANCELLED", "KILLED"):
        execution = play(plan, started, ok("block/leave", Exited(state))).execution
        assert execution.state == state
        assert states(execution) == {"block": state, "block/leave": state}


def test_what_runs_beside_an_exit_comes_to_its_end_and_nothing_begins_after_it_but_finally_and_after() -> None:
    plan = plan_of(BESIDE)
    decision = play(plan, started, ok(LEAVE, Exited("SUCCESS")))
    assert decision.execution.state is State.RUNNING and decision.commands == ()
    kept = without_board(decision.execution)
    assert [command.path for command in pending(plan, kept) if isinstance(command, RunTask)] == [SLOW]
    decision = play(plan, ok(SLOW), execution=kept)
    assert decision.commands == (RunTask("clean", 1),)
    decision = play(plan, ok("clean"), execution=without_board(decision.execution))
    assert variables(plan, decision.execution, "tell")["execution"]["state"] == "SUCCESS"
    ended = play(plan, ok("tell"), execution=decision.execution).execution
    assert ended.state is State.SUCCESS and ended.outputs is None
    assert states(ended) == {
        "both": "SUCCESS", "both/left": "SUCCESS", LEAVE: "SUCCESS", "both/right": "KILLED", SLOW: "SUCCESS",
        "clean": "SUCCESS", "tell": "SUCCESS",
    }  # fmt: skip


def test_a_failure_beside_an_exit_does_not_change_how_the_execution_ends() -> None:
    ended = play(plan_of(BESIDE), started, ok(LEAVE, Exited("WARNING")), failed(SLOW), ok("clean"), ok("tell"))
    assert ended.execution.state is State.WARNING
    assert ended.execution.runs[SLOW].state is State.FAILED and "handler" not in ended.execution.runs


def test_an_exit_as_killed_cuts_what_runs_beside_it() -> None:
    decision = play(plan_of(BESIDE), started, ok(LEAVE, Exited("KILLED")))
    assert decision.execution.state is State.KILLING and decision.commands == (CancelTask(SLOW, 1),)
    ended = play(plan_of(BESIDE), stopped(SLOW), execution=decision.execution).execution
    assert ended.state is State.KILLED and "clean" not in ended.runs
    assert set(states(ended).values()) == {"KILLED"}


def test_what_only_waits_beside_an_exit_is_let_go() -> None:
    plan = plan_of("""
- id: both
  type: Parallel
  tasks:
    - {id: leave, type: Log, message: x}
    - {id: person, type: Pause}
    - {id: again, type: Log, message: x, retry: {type: constant, interval: PT1H}}
    - id: loop
      type: LoopUntil
      condition: "{{ false }}"
      checkFrequency: {interval: PT1H}
      tasks:
        - {id: turn, type: Log, message: x}
""")
    execution = play(plan, started, failed("both/again"), ok("both/leave", Exited("SUCCESS"))).execution
    assert execution.runs["both/person"].state is State.KILLED
    assert execution.runs["both/again"].state is State.KILLED
    ended = play(plan, ok("both/loop[1]/turn"), execution=execution).execution
    assert ended.state is State.SUCCESS and ended.wake_at is None
    assert ended.runs["both/loop"].state is State.SUCCESS


def test_an_exit_waits_with_an_execution_that_a_person_paused() -> None:
    plan = plan_of(BESIDE)
    held = play(plan, started, pause, ok(LEAVE, Exited("SUCCESS")), ok(SLOW)).execution
    assert held.state is State.PAUSED
    ended = play(plan, resume(), ok("clean"), ok("tell"), execution=without_board(held)).execution
    assert ended.state is State.SUCCESS and "later" not in ended.runs


def test_a_kill_after_an_exit_still_kills() -> None:
    ended = play(plan_of(BESIDE), started, ok(LEAVE, Exited("SUCCESS")), kill, stopped(SLOW)).execution
    assert ended.state is State.KILLED and "clean" not in ended.runs


def test_an_exit_in_an_error_handler_or_in_finally_ends_what_is_left_of_it() -> None:
    text = """
tasks:
  - {id: bad, type: Log, message: x}
errors:
  - {id: handler, type: Log, message: x}
  - {id: skipped, type: Log, message: x}
finally:
  - {id: clean, type: Log, message: x}
  - {id: last, type: Log, message: x}
"""
    exited = play(plan_of(text), started, failed("bad"), ok("handler", Exited("WARNING"))).execution
    assert "skipped" not in exited.runs and exited.runs["clean"].state is State.RUNNING
    ended = play(plan_of(text), ok("clean", Exited("SUCCESS")), ok("last"), execution=exited).execution
    assert ended.state is State.WARNING
    ended = play(plan_of(text), started, failed("bad"), ok("handler"), ok("skipped"), ok("clean", Exited("SUCCESS")))
    assert ended.execution.state is State.SUCCESS and "last" not in ended.execution.runs


def test_a_loop_does_not_take_another_turn_after_an_exit_in_it() -> None:
    plan = plan_of("""
- id: loop
  type: LoopUntil
  condition: "{{ false }}"
  tasks:
    - {id: turn, type: Log, message: x}
""")
    ended = play(plan, started, ok("loop[1]/turn", Exited("SUCCESS")), woken(5000)).execution
    assert ended.state is State.SUCCESS and states(ended) == {"loop": "SUCCESS", "loop[1]/turn": "SUCCESS"}
