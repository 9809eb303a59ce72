"""A block that is done as a whole: asked to open and close its folder, done again when the folder is gone."""

from datetime import timedelta

import pytest

from builder.engine.again.replay import replayed
from builder.engine.again.restart import marked, restarted
from builder.engine.commands import BeginAgain, Evaluate, RunTask
from builder.engine.decide import decide_all, pending
from builder.engine.events import AttemptLost, BlockLost
from builder.engine.execution import Execution
from builder.engine.play import START, answer, failed, kill, lost, ok, play, started, without_board
from builder.engine.states import State
from builder.errors import Conflict
from tests.engine.flows import plan_of, states

PLAN = plan_of("""
- id: dir
  type: WorkingDirectory
  outputFiles: ["*"]
  tasks:
    - {id: a, type: Log, message: x}
    - {id: b, type: Log, message: x}
  errors:
    - {id: sorry, type: Log, message: x}
- {id: end, type: Log, message: x}
""")
OPENED = (started, answer("dir", "opened", True))
LATER = START + timedelta(minutes=1)


def test_its_folder_is_opened_before_the_first_task_and_closed_after_the_last():
    (asked,) = play(PLAN, started).commands
    assert isinstance(asked, Evaluate) and (asked.path, asked.name, asked.acts) == ("dir", "opened", True)
    assert play(PLAN, *OPENED).commands == (RunTask("dir/a", 1),)
    (closing,) = play(PLAN, *OPENED, ok("dir/a"), ok("dir/b")).commands
    assert isinstance(closing, Evaluate) and (closing.name, closing.acts) == ("closed#1", True)
    done = play(PLAN, *OPENED, ok("dir/a"), ok("dir/b"), answer("dir", "closed#1", {"x": "kestra:///x"}))
    assert done.execution.runs["dir"].outputs == {"outputFiles": {"x": "kestra:///x"}}
    assert done.commands == (RunTask("end", 1),)


def test_a_failure_leaves_the_folder_unasked():
    decision = play(PLAN, *OPENED, failed("dir/a"))
    assert decision.commands == (RunTask("dir/sorry", 1),)
    assert states(play(PLAN, *OPENED, failed("dir/a"), ok("dir/sorry")).execution) == {
        "dir": "FAILED", "dir/a": "FAILED", "dir/sorry": "SUCCESS",
    }  # fmt: skip


def taken_up(execution: Execution, *, alone: bool = False) -> Execution:
    """What a runner does that finds the execution without its folder."""
    commands = pending(PLAN, without_board(execution))
    assert commands[0] == BeginAgain("dir")
    events = [BlockLost(LATER, "dir", alone)]
    events += [AttemptLost(LATER, each.path, each.attempt, alone) for each in commands if isinstance(each, RunTask)]
    decision = decide_all(PLAN, without_board(execution), events)
    assert [command.name for command in decision.commands if isinstance(command, Evaluate)] == ["opened"]
    assert not any(isinstance(command, RunTask) for command in decision.commands)
    return decision.execution


@pytest.mark.parametrize("steps", [(), (ok("dir/a"),), (ok("dir/a"), ok("dir/b"))])
def test_a_runner_that_takes_it_up_does_the_whole_again(steps: tuple[object, ...]):
    again = taken_up(play(PLAN, *OPENED, *steps).execution)  # type: ignore[arg-type]
    assert states(again) == {"dir": "RUNNING"}
    done = play(PLAN, answer("dir", "opened", True), ok("dir/a"), ok("dir/b"), execution=again)
    assert [len(run.attempts) for run in done.execution.runs.values()] == [0, 1, 1]


def test_nothing_is_done_again_once_the_folder_was_closed_or_the_errors_run():
    closed = play(PLAN, *OPENED, ok("dir/a"), ok("dir/b"), answer("dir", "closed#1", {})).execution
    assert pending(PLAN, without_board(closed)) == (RunTask("end", 1),)
    sorry = play(PLAN, *OPENED, failed("dir/a")).execution
    assert pending(PLAN, without_board(sorry)) == (RunTask("dir/sorry", 1),)
    opening = play(PLAN, started).execution
    assert [type(command) for command in pending(PLAN, without_board(opening))] == [Evaluate]


def test_a_block_that_keeps_taking_its_runner_with_it_is_given_up():
    execution = play(PLAN, *OPENED).execution
    for _ in range(2):
        execution = play(PLAN, answer("dir", "opened", True), execution=taken_up(execution, alone=True)).execution
    execution = play(PLAN, answer("dir", "opened", True), execution=taken_up(execution)).execution
    decision = decide_all(PLAN, without_board(execution), [BlockLost(LATER, "dir", True)])
    assert decision.execution.runs["dir"].state is State.FAILED
    assert "3 times" in decision.execution.runs["dir"].message


def test_a_restart_and_a_replay_do_the_whole_again():
    ended = play(PLAN, *OPENED, ok("dir/a"), failed("dir/b"), ok("dir/sorry")).execution
    again = restarted(PLAN, ended, LATER)
    assert states(again) == {"dir": "RESTARTED"}
    assert [type(command) for command in play(PLAN, started, execution=again).commands] == [Evaluate]
    copy = replayed(PLAN, ended, LATER, "new", from_path="dir/b")
    assert states(copy) == {"dir": "RESTARTED"}
    with pytest.raises(Conflict, match="done again as a whole"):
        marked(PLAN, ended, "dir/b", State.SUCCESS, LATER)


def test_a_kill_ends_it_whatever_it_was_at():
    assert play(PLAN, started, kill).execution.state is State.KILLED
    killing = play(PLAN, *OPENED, kill).execution
    assert killing.state is State.KILLING
    assert not any(isinstance(command, BeginAgain) for command in pending(PLAN, without_board(killing)))


def test_an_attempt_that_is_lost_alone_does_not_disturb_the_block():
    decision = play(PLAN, *OPENED, lost("dir/a"))
    assert decision.commands == (RunTask("dir/a", 2),)
