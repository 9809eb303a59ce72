"""How an execution moves, event by event."""

from datetime import timedelta

import pytest

from builder.engine.commands import CancelTask, Evaluate, KillChild, RunTask, StartChild
from builder.engine.decide import decide, pending
from builder.engine.events import ChildEnded, ChildStarted, TaskSucceeded
from builder.engine.moving.work import IllegalMove, check_move
from builder.engine.play import (
    START,
    Step,
    answer,
    failed,
    fresh,
    kill,
    lost,
    ok,
    pause,
    play,
    resume,
    started,
    stopped,
    woken,
)
from builder.engine.states import State
from tests.engine.flows import plan_of, run, states

TWO = """
- {id: a, type: Log, message: one}
- {id: b, type: Log, message: two}
"""


def test_the_first_task_starts_when_a_runner_comes() -> None:
    decision = play(plan_of(TWO), started)
    assert decision.execution.state is State.RUNNING
    assert decision.commands == (RunTask("a", 1),)
    assert decision.changed == {"a"}


def test_tasks_run_one_after_another_to_success() -> None:
    decision = play(plan_of(TWO), started, ok("a"), ok("b", text="done"))
    assert decision.execution.state is State.SUCCESS
    assert decision.execution.runs["b"].outputs == {"text": "done"}
    assert [state for state, _ in decision.execution.history] == ["CREATED", "RUNNING", "SUCCESS"]


def test_a_failure_stops_what_follows() -> None:
    execution = play(plan_of(TWO), started, failed("a", "No luck.")).execution
    assert execution.state is State.FAILED
    assert states(execution) == {"a": "FAILED"}
    assert execution.runs["a"].message == "No luck."


def test_a_late_or_repeated_answer_changes_nothing() -> None:
    plan = plan_of(TWO)
    decision = play(plan, started, ok("a"))
    again = decide(plan, decision.execution, TaskSucceeded(START, "a", 1, {"x": 1}))
    assert again.execution is decision.execution
    assert (again.commands, again.changed) == ((), frozenset())


def test_an_allowed_failure_is_a_warning_and_the_flow_goes_on() -> None:
    plan = plan_of("[{id: a, type: Log, message: x, allowFailure: true}, {id: b, type: Log, message: x}]")
    execution = play(plan, started, failed("a"), ok("b")).execution
    assert (execution.state, states(execution)) == (State.WARNING, {"a": "WARNING", "b": "SUCCESS"})


def test_an_allowed_warning_hides_an_allowed_failure() -> None:
    plan = plan_of("[{id: a, type: Log, message: x, allowFailure: true, allowWarning: true}]")
    assert play(plan, started, failed("a")).execution.state is State.SUCCESS


def test_a_false_condition_skips_the_task() -> None:
    plan = plan_of("[{id: a, type: Log, message: x, runIf: '{{ inputs.go }}'}, {id: b, type: Log, message: x}]")
    decision = play(plan, started)
    assert decision.commands == (Evaluate("a", "runIf", "{{ inputs.go }}"),)
    decision = play(plan, started, answer("a", "runIf", "false"))
    assert (states(decision.execution)["a"], decision.commands) == ("SKIPPED", (RunTask("b", 1),))


def test_a_time_limit_that_is_an_expression_is_asked_first() -> None:
    plan = plan_of("[{id: a, type: Log, message: x, timeout: '{{ inputs.limit }}'}]")
    assert play(plan, started).commands == (Evaluate("a", "timeout", "{{ inputs.limit }}"),)
    decision = play(plan, started, answer("a", "timeout", "PT5S"))
    assert (decision.commands, decision.execution.runs["a"].evaluated) == ((RunTask("a", 1),), {"timeout": "PT5S"})


RETRY = "[{id: a, type: Log, message: x, retry: {type: constant, interval: PT1M, maxAttempt: 2, warningOnRetry: true}}]"


def test_it_retries_then_fails() -> None:
    decision = play(plan_of(RETRY), started, failed("a"))
    assert decision.execution.state is State.RETRYING
    assert decision.execution.wake_at == START + timedelta(seconds=62)
    assert play(plan_of(RETRY), started, failed("a"), woken(30)).commands == ()
    assert play(plan_of(RETRY), started, failed("a"), woken(62)).commands == (RunTask("a", 2),)
    execution = play(plan_of(RETRY), started, failed("a"), woken(62), failed("a")).execution
    assert (execution.state, len(execution.runs["a"].attempts)) == (State.FAILED, 2)


def test_a_success_after_a_retry_may_be_a_warning() -> None:
    assert play(plan_of(RETRY), started, failed("a"), woken(62), ok("a")).execution.state is State.WARNING


def test_a_failure_that_cannot_get_better_is_not_retried() -> None:
    assert play(plan_of(RETRY), started, failed("a", retryable=False)).execution.state is State.FAILED


def test_a_lost_attempt_is_done_again_and_does_not_count_as_a_try() -> None:
    decision = play(plan_of(RETRY), started, lost("a"))
    assert decision.commands == (RunTask("a", 2),)
    execution = play(plan_of(RETRY), started, lost("a"), failed("a")).execution
    assert execution.state is State.RETRYING


def test_a_task_that_takes_its_runner_with_it_three_times_while_alone_fails() -> None:
    plan = plan_of(TWO)
    twice = (started, lost("a"), lost("a", alone=True), lost("a", alone=True))
    assert play(plan, *twice).commands == (RunTask("a", 4),)
    execution = play(plan, *twice, lost("a", alone=True)).execution
    assert execution.state is State.FAILED
    assert "3 times" in execution.runs["a"].message


ERRORS = """
tasks:
  - id: block
    type: Sequential
    tasks:
      - {id: a, type: Log, message: x}
    errors:
      - {id: near, type: Log, message: x}
errors:
  - {id: far, type: Log, message: x}
finally:
  - {id: last, type: Log, message: x}
"""


def test_errors_run_from_the_inside_out_and_finally_after_them() -> None:
    steps = (started, failed("block/a"), ok("block/near"), ok("far"), ok("last"))
    assert play(plan_of(ERRORS), *steps[:2]).commands == (RunTask("block/near", 1),)
    assert play(plan_of(ERRORS), *steps[:3]).commands == (RunTask("far", 1),)
    assert play(plan_of(ERRORS), *steps[:4]).commands == (RunTask("last", 1),)
    execution = play(plan_of(ERRORS), *steps).execution
    assert (execution.state, execution.runs["last"].branch) == (State.FAILED, "finally")


def test_a_handler_that_fails_does_not_keep_the_next_one_silent() -> None:
    plan = plan_of("""
    tasks:
      - {id: a, type: Log, message: x}
    errors:
      - {id: tell, type: Log, message: x}
      - {id: mail, type: Log, message: x}
    finally:
      - {id: close, type: Log, message: x}
      - {id: tidy, type: Log, message: x}
    """)
    steps = (started, failed("a"), failed("tell"), ok("mail"), failed("close"), ok("tidy"))
    assert set(states(play(plan, *steps).execution)) == {"a", "tell", "mail", "close", "tidy"}


def test_finally_runs_after_success_and_its_failure_counts() -> None:
    execution = play(plan_of(ERRORS), started, ok("block/a"), failed("last")).execution
    assert (execution.state, states(execution)["block"]) == (State.FAILED, "SUCCESS")


AFTER = """
tasks: [{id: a, type: Log, message: x}]
afterExecution:
  - {id: sad, type: Log, message: x, runIf: "{{ execution.state == 'FAILED' }}"}
  - {id: told, type: Log, message: x}
"""


def test_what_comes_after_the_execution_sees_its_state_and_does_not_change_it() -> None:
    execution = run(AFTER, fails={"told": 1})
    assert (execution.state, states(execution)) == (State.SUCCESS, {"a": "SUCCESS", "sad": "SKIPPED", "told": "FAILED"})
    execution = run(AFTER, fails={"a": 1})
    assert (execution.state, states(execution)) == (State.FAILED, {"a": "FAILED", "sad": "SUCCESS", "told": "SUCCESS"})


PARALLEL = """
- id: par
  type: Parallel
  concurrent: 2
  tasks:
    - {id: a, type: Log, message: x}
    - {id: b, type: Log, message: x}
    - {id: c, type: Log, message: x}
"""


def test_parallel_tasks_keep_their_limit() -> None:
    decision = play(plan_of(PARALLEL), started)
    assert decision.commands == (RunTask("par/a", 1), RunTask("par/b", 1))
    assert play(plan_of(PARALLEL), started, ok("par/b")).commands == (RunTask("par/c", 1),)


def test_a_failure_beside_lets_running_tasks_end_and_starts_no_more() -> None:
    decision = play(plan_of(PARALLEL), started, failed("par/a"))
    assert (decision.commands, decision.execution.state) == ((), State.RUNNING)
    execution = play(plan_of(PARALLEL), started, failed("par/a"), ok("par/b")).execution
    assert (execution.state, states(execution)) == (
        State.FAILED,
        {"par": "FAILED", "par/a": "FAILED", "par/b": "SUCCESS"},
    )


def test_a_kill_ends_at_once_what_waits_and_cancels_what_runs() -> None:
    decision = play(plan_of(PARALLEL), started, kill)
    assert decision.execution.state is State.KILLING
    assert set(decision.commands) == {CancelTask("par/a", 1), CancelTask("par/b", 1)}
    assert set(pending(plan_of(PARALLEL), decision.execution)) == set(decision.commands)
    execution = play(plan_of(PARALLEL), started, kill, stopped("par/a"), ok("par/b")).execution
    assert (execution.state, states(execution)) == (
        State.KILLED,
        {"par": "KILLED", "par/a": "KILLED", "par/b": "SUCCESS"},
    )


def test_a_pause_by_hand_begins_nothing_new() -> None:
    decision = play(plan_of(TWO), started, pause, ok("a"))
    assert (decision.execution.state, decision.commands) == (State.PAUSED, ())
    decision = play(plan_of(TWO), started, pause, ok("a"), resume())
    assert (decision.execution.state, decision.commands) == (State.RUNNING, (RunTask("b", 1),))
    assert [state for state, _ in decision.execution.history][-3:] == ["PAUSED", "RESTARTED", "RUNNING"]


ASK = "[{id: ask, type: Pause, onResume: [{id: why, type: STRING}]}, {id: b, type: Log, message: x}]"


def test_a_pause_waits_for_a_person_and_keeps_what_they_say() -> None:
    decision = play(plan_of(ASK), started)
    assert (decision.execution.state, decision.execution.wake_at) == (State.PAUSED, None)
    decision = play(plan_of(ASK), started, resume(why="because"))
    outputs = decision.execution.runs["ask"].outputs or {}
    assert (outputs["onResume"], outputs["resumed"]["to"]) == ({"why": "because"}, "RUNNING")
    assert decision.commands == (RunTask("b", 1),)


def test_a_pause_that_nobody_answers_in_time_fails() -> None:
    plan = plan_of("[{id: ask, type: Pause, timeout: PT1M}]")
    decision = play(plan, started, answer("ask", "timeout", "PT1M"))
    assert decision.execution.wake_at == START + timedelta(seconds=62)
    execution = play(plan, started, answer("ask", "timeout", "PT1M"), woken(62)).execution
    assert (execution.state, "Timeout" in execution.runs["ask"].message) == (State.FAILED, True)


@pytest.mark.parametrize(
    ("behavior", "state"), [("RESUME", "SUCCESS"), ("WARN", "WARNING"), ("FAIL", "FAILED"), ("CANCEL", "CANCELLED")]
)
def test_the_end_of_a_pause_means_what_its_behavior_says(behavior: str, state: str) -> None:
    assert run(f"[{{id: a, type: Pause, pauseDuration: PT1H, behavior: {behavior}}}]").state == state


CALL = "[{id: call, type: Subflow, namespace: team, flowId: other, wait: %s}]"


ASKED: tuple[Step, ...] = (started, answer("call", "namespace", "team"), answer("call", "flow_id", "other"))


def test_a_subflow_takes_over_the_end_of_the_flow_it_called() -> None:
    plan = plan_of(CALL % "true")
    decision = play(plan, *ASKED)
    (command,) = decision.commands
    assert isinstance(command, StartChild)
    assert command.request["flowId"] == "other"
    ended = decide(plan, decision.execution, ChildEnded(START, "call", command.child, State.FAILED, {"x": 1}))
    assert ended.execution.state is State.FAILED
    outputs = ended.execution.runs["call"].outputs
    assert outputs == {"executionId": command.child, "state": "FAILED", "outputs": {"x": 1}}
    killed = play(plan, *ASKED, kill)
    assert killed.commands == (KillChild(command.child),)


def test_each_question_is_asked_once() -> None:
    plan = plan_of(CALL % "true")
    asked = play(plan, *ASKED[:1]).commands
    assert {command.name for command in asked if isinstance(command, Evaluate)} == {"namespace", "flow_id"}
    assert play(plan, *ASKED[:2]).commands == ()


def test_a_subflow_that_is_not_waited_for_succeeds_when_it_is_there() -> None:
    plan = plan_of(CALL % "false")
    decision = play(plan, *ASKED)
    (command,) = decision.commands
    assert isinstance(command, StartChild)
    decision = decide(plan, decision.execution, ChildStarted(START, "call", command.child))
    assert decision.execution.state is State.SUCCESS
    assert decision.execution.runs["call"].outputs == {"executionId": command.child, "state": "CREATED"}


def test_flow_outputs_are_evaluated_at_the_end() -> None:
    plan = plan_of(
        {
            "tasks": [{"id": "a", "type": "Log", "message": "x"}],
            "outputs": [{"id": "answer", "type": "STRING", "value": "{{ outputs.a }}"}],
        }
    )
    decision = play(plan, started, ok("a"))
    assert decision.commands == (Evaluate(None, "outputs", {"answer": "{{ outputs.a }}"}),)
    assert pending(plan, decision.execution) == decision.commands
    execution = play(plan, started, ok("a"), answer(None, "outputs", {"answer": "42"})).execution
    assert (execution.state, execution.outputs) == (State.SUCCESS, {"answer": "42"})


def test_a_dag_starts_a_task_when_those_it_needs_have_ended() -> None:
    plan = plan_of("""
    - id: dag
      type: Dag
      tasks:
        - {task: {id: c, type: Log, message: x}, dependsOn: [a, b]}
        - {task: {id: a, type: Log, message: x}}
        - {task: {id: b, type: Log, message: x}}
    """)
    assert play(plan, started).commands == (RunTask("dag/a", 1), RunTask("dag/b", 1))
    assert play(plan, started, ok("dag/b")).commands == ()
    assert play(plan, started, ok("dag/b"), ok("dag/a")).commands == (RunTask("dag/c", 1),)


def test_loop_until_keeps_the_last_turn_only() -> None:
    execution = run("""
    - id: loop
      type: LoopUntil
      condition: "{{ outputs.loop.iterationCount == 3 }}"
      checkFrequency: {interval: PT10S}
      tasks: [{id: look, type: Log, message: x}]
    """)
    assert (execution.state, states(execution)) == (State.SUCCESS, {"loop": "SUCCESS", "loop[3]/look": "SUCCESS"})
    assert execution.runs["loop"].outputs == {"iterationCount": 3}


def test_a_sleep_wakes_by_itself_or_at_its_time_limit() -> None:
    assert run("[{id: a, type: Sleep, duration: PT5H}]").state is State.SUCCESS
    execution = run("[{id: a, type: Sleep, duration: PT5H, timeout: PT1M}]")
    assert (execution.state, "Timeout" in execution.runs["a"].message) == (State.FAILED, True)


def test_an_execution_that_was_killed_before_it_began_never_begins() -> None:
    execution = play(plan_of(TWO), kill, started).execution
    assert (execution.state, dict(execution.runs)) == (State.KILLED, {})


def test_a_flow_whose_tasks_are_all_disabled_succeeds() -> None:
    assert play(plan_of("[{id: a, type: Log, message: x, disabled: true}]"), started).execution.state is State.SUCCESS


def test_a_move_that_is_not_allowed_is_refused() -> None:
    with pytest.raises(IllegalMove, match="SUCCESS to RUNNING"):
        check_move("Task run", State.SUCCESS, State.RUNNING)


def test_a_fresh_execution_has_nothing_pending() -> None:
    assert pending(plan_of(TWO), fresh(plan_of(TWO))) == ()


LISTENERS = """
tasks:
  - {id: main, type: Log, message: x}
listeners:
  - conditions: [{type: x}]
    tasks: [{id: deaf, type: Log, message: x}]
  - tasks: [{id: broken, type: Log, message: x}, {id: never, type: Log, message: x}]
  - conditions: [{type: y}]
    tasks: [{id: last, type: Log, message: x}]
afterExecution:
  - {id: after, type: Log, message: x}
"""


def test_listeners_run_last_each_by_itself_and_change_nothing() -> None:
    execution = run(LISTENERS, fails={"broken": 1}, judge=lambda conditions, seen, state: conditions != [{"type": "x"}])
    assert list(execution.runs) == ["main", "after", "broken", "last"]
    assert execution.state is State.SUCCESS and execution.runs["broken"].state is State.FAILED


def test_a_listener_hears_of_the_state_that_the_execution_comes_to() -> None:
    heard: list[State] = []
    run(LISTENERS, fails={"main": 1}, judge=lambda conditions, seen, state: heard.append(state) or False)
    assert heard == [State.FAILED, State.FAILED]
