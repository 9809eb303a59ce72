"""Pauses and approvals: what comes before the wait, who ended it, and how it goes on."""

from datetime import timedelta

from builder.engine.events import ResumeRequested
from builder.engine.execution import Execution
from builder.engine.play import START, Step, answer, failed, kill, ok, play, started, without_board, woken
from builder.engine.states import State
from tests.engine.flows import plan_of, states

REVIEW = """
- id: review
  type: Approval
  onWait: [{id: ask, type: Log, message: x}]
  onApprove: [{id: yes_, type: Log, message: x}]
  onDeny: [{id: no_, type: Log, message: x}]
  finally: [{id: tidy, type: Log, message: x}]
  %s
- {id: after, type: Log, message: x}
""".replace("yes_", "y").replace("no_", "n")


ADDRESS = answer("review", "url", "http://here/executions/1")


def decided(decision: str, by: str = "ann", comment: str = "") -> Step:
    return lambda execution, at: ResumeRequested(at, "review", {"x": 1}, by, decision, comment)


def reviewed(more: str, *steps: Step) -> Execution:
    return play(plan_of(REVIEW % more), started, ADDRESS, ok("review/ask"), *steps).execution


def test_the_steps_before_an_approval_run_and_then_it_waits() -> None:
    execution = reviewed("")
    assert execution.state is State.PAUSED
    assert states(execution) == {"review": "PAUSED", "review/ask": "SUCCESS"}


def test_an_approval_runs_its_branch_and_says_who_decided() -> None:
    execution = reviewed("", decided("APPROVED", comment="Fine."), ok("review/y"), ok("review/tidy"), ok("after"))
    assert execution.state is State.SUCCESS
    outputs = execution.runs["review"].outputs or {}
    assert (outputs["decision"], outputs["by"], outputs["comment"]) == ("APPROVED", "ann", "Fine.")
    assert (outputs["auto"], outputs["inputs"]) == (False, {"x": 1})


def test_a_denial_cancels_once_its_branch_is_done() -> None:
    execution = reviewed("", decided("DENIED"), ok("review/n"), ok("review/tidy"))
    assert execution.state is State.CANCELLED and "after" not in execution.runs


def test_a_behavior_counts_only_where_the_branch_went_well() -> None:
    execution = reviewed("denyBehavior: CONTINUE", decided("DENIED"), failed("review/n"), ok("review/tidy"))
    assert execution.state is State.FAILED


def test_each_behavior_leads_to_its_state() -> None:
    found = {}
    for behavior in ("CONTINUE", "WARN", "FAIL", "SUCCEED", "CANCEL", "KILL"):
        steps = (decided("APPROVED"), ok("review/y"), ok("review/tidy"))
        execution = reviewed(f"approveBehavior: {behavior}", *steps)
        if "after" in execution.runs:
            execution = play(plan_of(REVIEW % ""), ok("after"), execution=without_board(execution)).execution
        found[behavior] = (execution.state.value, "after" in execution.runs)
    assert found == {
        "CONTINUE": ("SUCCESS", True),
        "WARN": ("WARNING", True),
        "FAIL": ("FAILED", False),
        "SUCCEED": ("SUCCESS", False),
        "CANCEL": ("CANCELLED", False),
        "KILL": ("KILLED", False),
    }


def test_an_approval_expires() -> None:
    plan = plan_of(REVIEW % "timeout: PT1H")
    began = answer("review", "began", START.isoformat())
    waiting = play(plan, started, ADDRESS, answer("review", "timeout", "PT1H"), began, ok("review/ask")).execution
    assert waiting.wake_at == START + timedelta(hours=1)
    outputs = waiting.runs["review"].outputs or {}
    assert (outputs["due"], outputs["url"]) == (waiting.wake_at.isoformat(), "http://here/executions/1")
    done = play(plan, woken(4000), ok("review/tidy"), execution=without_board(waiting)).execution
    assert done.state is State.CANCELLED
    assert (done.runs["review"].outputs or {})["decision"] == "EXPIRED"


def test_an_automatic_approval_asks_nobody() -> None:
    plan = plan_of(REVIEW % "autoApprove: true")
    execution = play(plan, started, ok("review/y"), ok("review/tidy"), ok("after")).execution
    assert execution.state is State.SUCCESS
    assert execution.runs["review"].outputs == {"decision": "APPROVED", "auto": True}


def test_a_failure_before_the_wait_fails_without_waiting() -> None:
    execution = play(plan_of(REVIEW % ""), started, ADDRESS, failed("review/ask"), ok("review/tidy")).execution
    assert execution.state is State.FAILED


def test_a_kill_ends_an_approval_that_waits() -> None:
    assert reviewed("", kill).state is State.KILLED


def test_a_pause_runs_a_step_first_and_says_who_resumed_it() -> None:
    plan = plan_of("[{id: wait, type: Pause, onPause: {id: tell, type: Log, message: x}}]")
    waiting = play(plan, started, ok("wait/tell")).execution
    assert states(waiting) == {"wait": "PAUSED", "wait/tell": "SUCCESS"}
    resume = ResumeRequested(START, "wait", {}, "bob")
    done = play(plan, lambda execution, at: resume, execution=without_board(waiting)).execution
    assert done.state is State.SUCCESS
    resumed = {"by": "bob", "on": START.isoformat(), "to": "RUNNING"}
    assert done.runs["wait"].outputs == {"resumed": resumed}


def test_of_several_pauses_each_is_resumed_by_its_path() -> None:
    plan = plan_of("[{id: both, type: Parallel, tasks: [{id: a, type: Pause}, {id: b, type: Pause}]}]")
    waiting = play(plan, started).execution
    half = play(plan, lambda execution, at: ResumeRequested(at, "both/b"), execution=waiting).execution
    assert (half.state, states(half)["both/a"], states(half)["both/b"]) == (State.PAUSED, "PAUSED", "SUCCESS")
