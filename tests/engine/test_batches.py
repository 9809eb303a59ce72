"""ForEachItem: many child executions of one run, begun in groups."""

from datetime import timedelta

from builder.engine.again.replay import replayed
from builder.engine.again.restart import restarted
from builder.engine.commands import KeepRows, KillChild, StartChild
from builder.engine.decide import Decision, decide_all, pending
from builder.engine.events import ChildEnded, ChildStarted, Event, Woken
from builder.engine.moving.inside.batches import GROUP
from builder.engine.play import START, answer, kill, ok, play, started, without_board
from builder.engine.states import State
from tests.engine.flows import plan_of

EACH = """
- id: each
  type: ForEachItem
  items: "{{ inputs.file }}"
  namespace: team
  flowId: child
  inputs: {x: "{{ taskrun.items }}"}
  %s
"""
ITEMS = "each/each_items"


def begun(count: int, more: str = "wait: true") -> Decision:
    plan = plan_of(EACH % more)
    return play(plan, started, ok("each/each_split", splits="f", uris=[f"u{number}" for number in range(count)]))


def told(decision: Decision, *events: Event, more: str = "wait: true") -> Decision:
    return decide_all(plan_of(EACH % more), decision.execution, events)


def starts(decision: Decision) -> list[StartChild]:
    return [command for command in decision.commands if isinstance(command, StartChild)]


def ends(commands: list[StartChild], *states: State) -> list[Event]:
    return [
        ChildEnded(START, command.path, command.child, state) for command, state in zip(commands, states, strict=True)
    ]


def test_each_batch_asks_for_a_child_with_its_file_and_number() -> None:
    commands = starts(begun(2))
    assert [command.taskrun for command in commands] == [
        {"items": "u0", "iteration": 0},
        {"items": "u1", "iteration": 1},
    ]
    assert [command.path for command in commands] == [f"{ITEMS}[0]", f"{ITEMS}[1]"]
    assert len({command.child for command in commands}) == 2


def test_thousands_are_begun_in_groups() -> None:
    decision = begun(3000)
    first = starts(decision)
    assert len(first) == GROUP
    decision = told(decision, *(ChildStarted(START, command.path, command.child) for command in first[:7]))
    assert [command.path for command in starts(decision)] == [f"{ITEMS}[{GROUP + number}]" for number in range(7)]


def test_a_runner_that_takes_it_up_asks_again_for_what_is_open() -> None:
    decision = begun(3)
    first, second, third = starts(decision)
    decision = told(decision, *ends([second], State.SUCCESS))
    again = pending(plan_of(EACH % "wait: true"), without_board(decision.execution))
    assert again == (first, third)


def test_failures_are_counted_and_fail_the_run_at_the_end() -> None:
    decision = begun(3)
    decision = told(decision, *ends(starts(decision), State.FAILED, State.SUCCESS, State.CANCELLED))
    run = decision.execution.runs[ITEMS]
    assert run.state is State.FAILED and run.message == "2 of 3 batches failed."
    assert run.outputs == {
        "iterations": {"CREATED": 0, "RUNNING": 0, "SUCCESS": 1, "FAILED": 1, "CANCELLED": 1},
        "numberOfBatches": 3,
    }
    assert decision.execution.state is State.FAILED and "each/each_merge" not in decision.execution.runs


def test_failures_that_are_not_taken_over_leave_a_success_with_its_counts() -> None:
    more = "transmitFailed: false"
    decision = begun(1, more)
    decision = told(decision, *ends(starts(decision), State.FAILED), more=more)
    assert decision.execution.runs[ITEMS].state is State.SUCCESS


def test_the_outputs_of_all_children_are_merged() -> None:
    decision = begun(2)
    commands = starts(decision)
    decision = told(decision, *ends(commands, State.SUCCESS, State.WARNING))
    (keep,) = decision.commands
    assert keep == KeepRows("each/each_merge", "kept", (), tuple(command.child for command in commands))
    done = play(plan_of(EACH % "wait: true"), answer("each/each_merge", "kept", "uri"), execution=decision.execution)
    assert done.execution.runs["each/each_merge"].outputs == {"subflowOutputs": "uri"}
    assert done.execution.state is State.WARNING


def test_a_second_end_of_a_batch_changes_nothing() -> None:
    decision = begun(2)
    events = ends(starts(decision)[:1], State.SUCCESS)
    once = told(decision, *events)
    assert told(once, *events).changed == frozenset()


def test_a_kill_asks_the_open_children_to_end_and_waits_for_them() -> None:
    decision = begun(2)
    first, second = starts(decision)
    decision = told(decision, *ends([first], State.SUCCESS))
    killed = play(plan_of(EACH % "wait: true"), kill, execution=decision.execution)
    assert killed.commands == (KillChild(second.child, second.path),)
    assert killed.execution.state is State.KILLING
    done = told(killed, *ends([second], State.KILLED))
    assert done.execution.state is State.KILLED and done.execution.runs[ITEMS].state is State.KILLED


def test_a_restart_restarts_the_children_that_failed_and_no_others() -> None:
    plan = plan_of(EACH % "wait: true")
    decision = begun(2)
    first, second = starts(decision)
    broken = told(decision, *ends([first, second], State.SUCCESS, State.FAILED))
    again = play(plan, started, execution=restarted(plan, without_board(broken.execution), START))
    assert again.commands == (StartChild(second.path, second.child, second.request, True, second.taskrun, True),)


def test_a_restart_may_start_new_children_for_all() -> None:
    plan = plan_of(EACH % "restartBehavior: NEW_EXECUTION")
    decision = begun(2, "restartBehavior: NEW_EXECUTION")
    commands = starts(decision)
    broken = told(decision, *ends(commands, State.SUCCESS, State.FAILED), more="restartBehavior: NEW_EXECUTION")
    again = play(plan, started, execution=restarted(plan, without_board(broken.execution), START))
    assert len(starts(again)) == 2
    assert not {command.child for command in commands} & {command.child for command in starts(again)}


def test_a_replay_makes_children_of_its_own() -> None:
    plan = plan_of(EACH % "wait: true")
    decision = begun(1)
    commands = starts(decision)
    broken = told(decision, *ends(commands, State.FAILED))
    copy = replayed(plan, without_board(broken.execution), START, "copy", ITEMS)
    again = play(plan, started, execution=copy)
    assert [command.again for command in starts(again)] == [False]
    assert starts(again)[0].child != commands[0].child


def test_numbers_count_from_one_for_flows_of_old() -> None:
    from builder.flows.dialects.compat import read_compat

    plan = plan_of(EACH % "wait: true", compat=read_compat("0.21"))
    decision = play(plan, started, ok("each/each_split", splits="f", uris=["u"]))
    assert starts(decision)[0].taskrun == {"items": "u", "iteration": 1}


def test_a_retry_restarts_the_batches_that_failed() -> None:
    more = "retry: {type: constant, interval: PT1M, maxAttempts: 2}"
    decision = begun(3, more)
    first = starts(decision)
    decision = told(decision, *ends(first, State.SUCCESS, State.FAILED, State.CANCELLED), more=more)
    assert decision.execution.runs[ITEMS].state is State.RETRYING
    decision = told(decision, Woken(START + timedelta(minutes=2)), more=more)
    again = starts(decision)
    assert [(command.child, command.again) for command in again] == [(one.child, True) for one in first[1:]]
    decision = told(decision, *ends(again, State.SUCCESS, State.SUCCESS), more=more)
    assert decision.execution.runs[ITEMS].state is State.SUCCESS


def test_a_retry_begins_all_anew_where_children_are_not_restarted() -> None:
    more = "retry: {type: constant, interval: PT1M, maxAttempts: 2}\n  restartBehavior: NEW_EXECUTION"
    decision = begun(2, more)
    first = starts(decision)
    decision = told(decision, *ends(first, State.SUCCESS, State.FAILED), more=more)
    again = starts(told(decision, Woken(START + timedelta(minutes=2)), more=more))
    assert len(again) == 2 and not {one.child for one in first} & {one.child for one in again}
