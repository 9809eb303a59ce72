"""Loop: every turn by itself, with an item, outputs of its own, and an end of its own."""

import time
from collections.abc import Mapping
from typing import Any

from builder.engine.again.restart import restarted
from builder.engine.commands import Evaluate, KeepRows
from builder.engine.decide import pending
from builder.engine.execution import Execution
from builder.engine.play import START, answer, failed, fresh, kill, ok, play, started, stopped, without_board
from builder.engine.states import State
from builder.engine.variables import variables
from tests.engine.flows import plan_of, run, states, theatre


def seen(execution: Execution, plan: Any, path: str) -> Mapping[str, Any]:
    return variables(plan, execution, path)


COLOURS = """
- id: each
  type: Loop
  values: [red, green, red]
  concurrencyLimit: %d
  tasks:
    - {id: say, type: Log, message: x}
  outputs:
    - {id: said, type: STRING, value: "{{ item.index }} {{ item.value }} {{ outputs.say.value }}"}
"""


def test_every_value_has_its_turn_also_one_that_comes_twice() -> None:
    execution = run(COLOURS % 0)
    assert execution.state is State.SUCCESS
    assert execution.runs["each"].outputs == {
        "iterationCount": 3,
        "runningIterations": 0,
        "terminatedIterations": {"SUCCESS": 3},
        "outputs": [
            {"item": {"value": "red", "iteration": 0}, "outputs": {"said": "0 red each[0]/say"}},
            {"item": {"value": "green", "iteration": 1}, "outputs": {"said": "1 green each[1]/say"}},
            {"item": {"value": "red", "iteration": 2}, "outputs": {"said": "2 red each[2]/say"}},
        ],
    }


def test_an_empty_list_succeeds_at_once() -> None:
    execution = run("[{id: each, type: Loop, values: [], tasks: [{id: a, type: Log, message: x}]}]")
    assert execution.state is State.SUCCESS
    assert execution.runs["each"].outputs["outputs"] == []  # type: ignore[index]


def test_a_map_gives_keys_and_values_and_json_text_is_read() -> None:
    execution = run(
        """
- id: each
  type: Loop
  values: '{"a": 1, "b": {"c": [true]}}'
  tasks:
    - {id: say, type: Log, message: x}
  outputs:
    - {id: o, type: STRING, value: "{{ item.key }}={{ item.value }}"}
"""
    )
    outputs = execution.runs["each"].outputs
    assert outputs is not None
    assert [row["outputs"]["o"] for row in outputs["outputs"]] == ["a=1", 'b={"c":[true]}']
    assert outputs["outputs"][0]["item"] == {"value": "1", "iteration": 0, "key": "a"}


def test_values_that_are_nothing_to_loop_over_are_refused_in_words() -> None:
    execution = run("[{id: each, type: Loop, values: '12', tasks: [{id: a, type: Log, message: x}]}]")
    assert execution.state is State.FAILED
    assert "must be a list, a map or a file" in execution.runs["each"].message


NESTED = """
- {id: before, type: Log, message: x}
- id: outer
  type: Loop
  values: {a: one, b: two}
  tasks:
    - id: choice
      type: If
      condition: "true"
      then:
        - id: inner
          type: Loop
          values: [p, q]
          tasks:
            - id: deep
              type: Sequential
              tasks:
                - {id: leaf, type: Log, message: x}
"""


def test_the_item_is_seen_at_any_depth_with_those_around_it() -> None:
    plan = plan_of(NESTED)
    execution = theatre(plan).run(fresh(plan))
    found = seen(execution, plan, "outer[1]/choice/inner[0]/deep/leaf")
    outer = {"value": "two", "index": 1, "key": "b"}
    assert found["item"] == {"value": "p", "index": 0, "parent": outer, "parents": [outer]}
    assert (found["taskrun"]["value"], found["taskrun"]["iteration"]) == ("p", 0)


def test_the_words_of_each_work_inside_too() -> None:
    plan = plan_of(NESTED)
    execution = theatre(plan).run(fresh(plan))
    found = seen(execution, plan, "outer[1]/choice/inner[0]/deep/leaf")
    values = [parent["taskrun"]["value"] for parent in found["parents"] if "taskrun" in parent]
    assert values == ["p", "two"]


def test_steps_of_a_turn_see_each_other_and_what_is_outside_but_no_other_turn() -> None:
    plan = plan_of(
        """
- {id: before, type: Log, message: x}
- id: each
  type: Loop
  values: [a, b]
  tasks:
    - {id: first, type: Log, message: x}
    - {id: second, type: Log, message: x}
- {id: after, type: Log, message: x}
"""
    )
    execution = theatre(plan).run(fresh(plan))
    inside = seen(execution, plan, "each[1]/second")["outputs"]
    assert inside["first"] == {"value": "each[1]/first"}
    assert inside["before"] == {"value": "before"}
    outside = seen(execution, plan, "after")
    assert set(outside["outputs"]) == {"before", "each", "after"}
    assert set(outside["tasks"]) == {"before", "each", "after"}


def test_each_inside_a_loop_keeps_its_outputs_by_value() -> None:
    plan = plan_of(
        """
- id: each
  type: Loop
  values: [a, b]
  tasks:
    - id: inner
      type: ForEach
      values: [x, y]
      tasks:
        - {id: leaf, type: Log, message: x}
    - {id: after, type: Log, message: x}
"""
    )
    execution = theatre(plan).run(fresh(plan))
    leaf = seen(execution, plan, "each[1]/after")["outputs"]["leaf"]
    assert leaf == {"x": {"value": "each[1]/inner[0]/leaf"}, "y": {"value": "each[1]/inner[1]/leaf"}}
    assert seen(execution, plan, "each[1]/inner[1]/leaf")["taskrun"]["value"] == "y"


FAILING = """
- id: each
  type: Loop
  values: [a, b, c]
  concurrencyLimit: 1
  transmitFailed: %s
  tasks:
    - {id: work, type: Log, message: x}
  errors:
    - {id: sorry, type: Log, message: x}
  finally:
    - {id: tidy, type: Log, message: x}
"""


def test_a_failed_turn_fails_the_loop_and_no_other_begins() -> None:
    plan = plan_of(FAILING % "true")
    execution = theatre(plan, fails={"work": 1}).run(fresh(plan))
    assert states(execution) == {
        "each": "FAILED",
        "each[0]": "FAILED",
        "each[0]/work": "FAILED",
        "each[0]/sorry": "SUCCESS",
        "each[0]/tidy": "SUCCESS",
    }


def test_failures_that_are_not_taken_over_leave_the_loop_going() -> None:
    plan = plan_of(FAILING % "false")
    execution = theatre(plan, fails={"work": 1}).run(fresh(plan))
    assert execution.state is State.SUCCESS
    assert execution.runs["each"].outputs["terminatedIterations"] == {"FAILED": 1, "SUCCESS": 2}  # type: ignore[index]
    assert "each[0]/sorry" in execution.runs and "each[1]/sorry" not in execution.runs
    assert execution.runs["each[2]/tidy"].state is State.SUCCESS


def test_a_turn_may_be_the_last_one_that_is_wanted() -> None:
    execution = run(
        """
- id: each
  type: Loop
  values: [a, b, c]
  concurrencyLimit: 1
  breakWhen: "{{ item.value == 'b' and iteration.state == 'SUCCESS' and iteration.outputs.o == 'b' }}"
  tasks:
    - {id: work, type: Log, message: x}
  outputs:
    - {id: o, type: STRING, value: "{{ item.value }}"}
"""
    )
    assert execution.state is State.SUCCESS
    assert "each[1]" in execution.runs and "each[2]" not in execution.runs
    assert execution.runs["each"].outputs["terminatedIterations"] == {"SUCCESS": 2}  # type: ignore[index]


def test_a_loop_that_was_broken_off_stays_so_for_another_runner() -> None:
    plan = plan_of(FAILING.replace("transmitFailed: %s", "breakWhen: 'true'"))
    step = play(plan, started, answer("each", "values", ["a", "b", "c"]), ok("each[0]/work"), ok("each[0]/tidy"))
    assert step.commands == (Evaluate("each[0]", "breakWhen", "true"),)
    assert pending(plan, without_board(step.execution)) == step.commands
    done = play(plan, answer("each[0]", "breakWhen", "true"), execution=without_board(step.execution)).execution
    assert done.state is State.SUCCESS and "each[1]" not in done.runs


def test_an_output_of_the_wrong_kind_fails_its_turn() -> None:
    execution = run(
        """
- id: each
  type: Loop
  values: [a]
  tasks: [{id: work, type: Log, message: x}]
  outputs: [{id: number, type: INT, value: "{{ item.value }}"}]
  finally: [{id: tidy, type: Log, message: x}]
"""
    )
    assert execution.runs["each[0]"].state is State.FAILED
    assert "Invalid output for `number`" in execution.runs["each[0]"].message
    assert execution.runs["each[0]/tidy"].state is State.SUCCESS


def test_a_file_gives_a_turn_for_each_line_and_keeps_outputs_in_a_file() -> None:
    plan = plan_of(
        """
- id: each
  type: Loop
  values: "{{ inputs.file }}"
  tasks: [{id: work, type: Log, message: x}]
  outputs: [{id: o, type: STRING, value: "{{ item.value }}"}]
"""
    )
    asked = play(plan, started, answer("each", "values", "kestra:///executions/x/y/z.txt"))
    assert asked.commands == (Evaluate("each", "lines", '{{ read("kestra:///executions/x/y/z.txt") }}'),)
    laid = play(plan, answer("each", "lines", '"quoted"\n\n{a: 1}\nplain text\n'), execution=asked.execution).execution
    assert [run.value for run in laid.runs.values() if run.is_turn] == ["quoted", '{"a":1}', "plain text"]
    for turn in range(3):
        steps = (ok(f"each[{turn}]/work"), answer(f"each[{turn}]", "outputs#1", {"o": f"{turn}"}))
        laid = play(plan, *steps, execution=laid).execution
    kept = play(plan, execution=laid)
    (command,) = pending(plan, without_board(kept.execution))
    assert isinstance(command, KeepRows) and [row["outputs"]["o"] for row in command.rows] == ["0", "1", "2"]
    done = play(plan, answer("each", command.name, "kestra:///kept"), execution=laid).execution
    assert done.state is State.SUCCESS
    outputs = done.runs["each"].outputs
    assert outputs is not None and outputs["uri"] == "kestra:///kept" and "outputs" not in outputs


def test_an_address_that_holds_a_template_is_no_file() -> None:
    plan = plan_of("[{id: each, type: Loop, values: '{{ inputs.a }}', tasks: [{id: w, type: Log, message: x}]}]")
    step = play(plan, started, answer("each", "values", 'kestra:///a") ~ secret("b'))
    assert step.execution.state is State.FAILED and step.commands == ()


def test_a_kill_ends_every_turn() -> None:
    plan = plan_of(FAILING.replace("transmitFailed: %s", "concurrencyLimit: 0").replace("concurrencyLimit: 1", ""))
    begun = play(plan, started, answer("each", "values", ["a", "b", "c"]), kill)
    done = play(plan, *(stopped(f"each[{turn}]/work") for turn in range(3)), execution=begun.execution).execution
    assert done.state is State.KILLED
    assert set(states(done).values()) == {"KILLED"}


def test_a_restart_goes_on_in_the_turn_that_failed() -> None:
    plan = plan_of(FAILING % "true")
    begun = play(plan, started, answer("each", "values", ["a", "b", "c"]), ok("each[0]/work"), ok("each[0]/tidy"))
    broken = play(plan, failed("each[1]/work"), ok("each[1]/sorry"), ok("each[1]/tidy"), execution=begun.execution)
    assert broken.execution.state is State.FAILED
    again = play(plan, started, execution=restarted(plan, without_board(broken.execution), START)).execution
    assert states(again)["each[1]/work"] == "RUNNING" and "each[1]/sorry" not in again.runs
    steps = [ok("each[1]/work"), ok("each[1]/tidy"), ok("each[2]/work"), ok("each[2]/tidy")]
    done = play(plan, *steps, execution=again).execution
    assert done.state is State.SUCCESS
    assert done.runs["each"].outputs["terminatedIterations"] == {"SUCCESS": 3}  # type: ignore[index]


def test_a_thousand_turns_of_ten_take_seconds_of_work() -> None:
    plan = plan_of(
        """
- id: outer
  type: Loop
  values: "{{ inputs.many }}"
  tasks:
    - id: inner
      type: Loop
      values: "{{ inputs.few }}"
      concurrencyLimit: 1
      tasks:
        - {id: leaf, type: Log, message: x}
      outputs:
        - {id: o, type: STRING, value: "{{ outputs.leaf.value }}"}
"""
    )
    begun = time.process_time()
    execution = theatre(plan).run(fresh(plan, inputs={"many": list(range(1000)), "few": list(range(10))}))
    assert execution.state is State.SUCCESS and len(execution.runs) == 22_001
    assert time.process_time() - begun < 40
