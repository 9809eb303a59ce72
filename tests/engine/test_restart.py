"""What a person does to an execution that has ended or waits."""

from dataclasses import replace

import pytest

from builder.engine.again.replay import replayed, restarted_anew
from builder.engine.again.restart import broken_off, marked, restarted, resumable
from builder.engine.commands import RunTask
from builder.engine.decide import decide, decide_all, pending
from builder.engine.events import ResumeRequested, Started
from builder.engine.play import START, failed, fresh, lost, ok, pause, play, resume, started
from builder.engine.states import State
from builder.errors import Conflict, NotFound
from tests.engine.flows import plan_of, states, theatre

FLOW = """
tasks:
  - {id: first, type: Log, message: x}
  - id: block
    type: Sequential
    tasks:
      - {id: a, type: Log, message: x}
      - {id: b, type: Log, message: x}
    errors:
      - {id: near, type: Log, message: x}
errors:
  - {id: far, type: Log, message: x}
"""
PLAN = plan_of(FLOW)
FAILED = play(PLAN, started, ok("first"), ok("block/a"), failed("block/b"), ok("block/near"), ok("far")).execution


def test_a_restart_goes_on_from_what_failed() -> None:
    execution = restarted(PLAN, FAILED, START)
    assert execution.state is State.RESTARTED
    assert states(execution) == {"first": "SUCCESS", "block": "RUNNING", "block/a": "SUCCESS", "block/b": "RESTARTED"}
    decision = decide(PLAN, execution, Started(START))
    assert [(command.path, command.attempt) for command in decision.commands] == [("block/b", 2)]  # type: ignore[union-attr]
    assert play(PLAN, started, ok("block/b"), execution=execution).execution.state is State.SUCCESS


def test_what_succeeded_has_nothing_to_restart() -> None:
    plan = plan_of("[{id: a, type: Log, message: x}]")
    execution = play(plan, started, ok("a")).execution
    with pytest.raises(Conflict, match="No task found to restart execution from!"):
        restarted(plan, execution, START)


def test_what_runs_cannot_be_restarted() -> None:
    with pytest.raises(Conflict, match="RUNNING"):
        restarted(PLAN, play(PLAN, started).execution, START)


def test_flow_outputs_that_failed_can_be_tried_again() -> None:
    plan = plan_of(
        {
            "tasks": [{"id": "a", "type": "Log", "message": "x"}],
            "outputs": [{"id": "answer", "type": "STRING", "value": "{{ nothing }}"}],
        }
    )
    execution = theatre(plan).run(fresh(plan))
    assert (execution.state, bool(execution.message)) == (State.FAILED, True)
    assert restarted(plan, execution, START).state is State.RESTARTED


def test_a_restart_on_another_revision_is_a_new_execution() -> None:
    execution = restarted_anew(PLAN, FAILED, START, "new", 2)
    assert (execution.id, execution.parent_id, execution.revision) == ("new", FAILED.id, 2)
    assert {run.id for run in execution.runs.values()}.isdisjoint({run.id for run in FAILED.runs.values()})


def test_a_replay_from_the_start_keeps_the_inputs_only() -> None:
    execution = replayed(PLAN, FAILED, START, "new")
    assert (execution.state, dict(execution.runs), execution.inputs) == (State.CREATED, {}, FAILED.inputs)
    assert (execution.parent_id, execution.original_id) == (FAILED.id, FAILED.original_id)


def test_a_replay_from_a_task_keeps_what_came_before() -> None:
    execution = replayed(PLAN, FAILED, START, "new", "block/a")
    assert states(execution) == {"first": "SUCCESS", "block": "RUNNING", "block/a": "RESTARTED"}
    ended = play(PLAN, started, ok("block/a"), ok("block/b"), execution=execution).execution
    assert ended.state is State.SUCCESS


def test_a_replay_from_an_unknown_run_says_so() -> None:
    with pytest.raises(NotFound, match="nowhere"):
        replayed(PLAN, FAILED, START, "new", "nowhere")


def test_a_replay_inside_a_loop_makes_the_later_turns_again() -> None:
    plan = plan_of("""
    - {id: each, type: ForEach, values: '["x", "y", "z"]', tasks: [{id: a, type: Log, message: x}]}
    - {id: last, type: Log, message: x}
    """)
    execution = replayed(plan, theatre(plan).run(fresh(plan)), START, "new", "each[1]/a")
    assert states(execution) == {"each": "RUNNING", "each[0]/a": "SUCCESS", "each[1]/a": "RESTARTED"}
    assert theatre(plan).run(execution).state is State.SUCCESS


def test_a_run_marked_as_success_lets_the_flow_go_on() -> None:
    execution = marked(PLAN, FAILED, "block/b", State.SUCCESS, START)
    assert execution.state is State.RESTARTED
    assert play(PLAN, started, execution=execution).execution.state is State.SUCCESS


def test_only_a_paused_execution_can_be_resumed() -> None:
    plan = plan_of("[{id: ask, type: Pause}]")
    paused = play(plan, started).execution
    run = resumable(paused)
    assert run is not None and run.path == "ask"
    with pytest.raises(Conflict, match="not paused"):
        resumable(play(plan, started, resume()).execution)
    assert resumable(play(PLAN, started, pause).execution) is None
    with pytest.raises(Conflict, match="first"):
        resumable(play(PLAN, started, pause).execution, "first")


def test_what_was_running_when_a_paused_execution_was_restarted_is_done_again() -> None:
    paused = play(PLAN, started, pause).execution
    again = restarted(PLAN, replace(paused, message="x"), START)
    assert again.runs["first"].state is State.RUNNING
    assert pending(PLAN, again) == (RunTask("first", 1),)
    ended = play(PLAN, lost("first"), started, ok("first"), ok("block/a"), ok("block/b"), execution=again).execution
    assert ended.state is State.SUCCESS


def test_what_can_be_decided_on_no_more_ends_whole_and_can_be_restarted() -> None:
    running = play(PLAN, started).execution
    over = broken_off(running, "The flow cannot be run.", START)
    assert (over.state, over.message) == (State.FAILED, "The flow cannot be run.")
    assert states(over)["first"] == "KILLED"
    assert over.runs["first"].attempts[-1].ended_at == START
    assert restarted(PLAN, over, START).runs["first"].state is State.RESTARTED


def test_resuming_a_pause_by_hand_twice_does_not_resume_the_step_that_asks() -> None:
    plan = plan_of("[{id: first, type: Log, message: x}, {id: ask, type: Pause}]")
    held = play(plan, started, pause, ok("first")).execution
    twice = decide_all(plan, held, [ResumeRequested(START, ""), ResumeRequested(START, "")]).execution
    assert states(twice)["ask"] == "PAUSED"
