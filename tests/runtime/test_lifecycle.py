"""What a flow demands of its executions, with real rows, signals and clock: SLAs, and tries of the whole."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.db import OperationalError

from builder.api.execution_json import execution_json
from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.engine.states import State
from builder.runtime.runner.runner import Runner
from builder.store import births, executions
from builder.store.executions import Filters, NewExecution
from tests.runtime.conftest import create, ended, messages, publish, wait_until

CORE = "io.kestra.plugin.core"
SLEEP = f"tasks:\n  - {{id: rest, type: {CORE}.flow.Sleep, duration: PT1H}}"
CALL = f"tasks:\n  - {{id: call, type: {CORE}.flow.Subflow, namespace: team, flowId: child}}"


def run(runner: Runner, source: str) -> str:
    publish(source)
    execution_id = create()
    runner.take([execution_id])
    return execution_id


def test_an_execution_that_takes_too_long_fails_and_says_which_sla(runner: Runner) -> None:
    sla = "sla:\n  - {id: soon, type: MAX_DURATION, behavior: FAIL, duration: PT0.3S, labels: {late: 'yes'}}\n"
    execution = ended(run(runner, sla + SLEEP))
    assert execution.state is State.FAILED
    assert "`soon`" in execution.message and "PT0.3S" in execution.message
    assert ("late", "yes") in execution.labels
    assert [found.id for found in executions.search(Filters(labels=(("late", "yes"),))).items] == [execution.id]
    assert execution.message in messages(execution.id)


def test_a_sla_without_consequence_is_noted_and_labelled_while_the_execution_goes_on(runner: Runner) -> None:
    sla = "sla:\n  - {id: soon, type: MAX_DURATION, behavior: NONE, duration: PT0.2S, labels: {late: 'yes'}}\n"
    task = f"tasks:\n  - {{id: rest, type: {CORE}.flow.Sleep, duration: PT2S}}"
    execution = ended(run(runner, sla + task))
    assert execution.state is State.SUCCESS and ("late", "yes") in execution.labels
    assert any("`soon` is not kept" in message for message in messages(execution.id))


def test_an_assertion_that_reads_a_key_cancels_the_execution(runner: Runner) -> None:
    sla = "sla:\n  - {id: sure, type: EXECUTION_ASSERTION, behavior: CANCEL, assert: \"{{ kv('no') ?? false }}\"}\n"
    execution = ended(run(runner, sla + SLEEP))
    assert execution.state is State.CANCELLED and "`sure`" in execution.message


def test_an_assertion_that_cannot_be_told_yet_is_said_once_and_asked_again(runner: Runner) -> None:
    sla = "sla:\n  - {id: right, type: EXECUTION_ASSERTION, behavior: FAIL, assert: \"{{ outputs.b.value == 'x' }}\"}\n"
    tasks = "tasks:\n" + "".join(
        f"  - {{id: {name}, type: {CORE}.debug.Return, format: {value}}}\n" for name, value in (("a", "y"), ("b", "y"))
    )
    execution = ended(run(runner, sla + tasks))
    assert execution.state is State.FAILED and "outputs.b.value == 'x'" in execution.message
    assert sum("could not be told" in message for message in messages(execution.id)) == 1


def test_a_retry_by_a_new_execution_makes_one_a_try_and_each_knows_the_first(runner: Runner) -> None:
    first = run(runner, f"""
retry: {{type: constant, behavior: CREATE_NEW_EXECUTION, interval: PT0.01S, maxAttempts: 3}}
tasks:
  - {{id: bad, type: {CORE}.execution.Fail}}
errors:
  - {{id: sorry, type: {CORE}.log.Log, message: sorry}}
""")  # fmt: skip
    seen = []
    following: str | None = first
    while following is not None:
        runner.take([following])
        execution = ended(following)
        seen.append(execution)
        following = execution.notes.get("next")
    assert [one.state for one in seen] == [State.RETRIED, State.RETRIED, State.FAILED]
    assert [one.attempt_number for one in seen] == [1, 2, 3]
    assert {one.original_id for one in seen} == {first}
    assert ["sorry" in one.runs for one in seen] == [False, False, True]
    assert seen[1].parent_id == first
    created = execution_json(seen[0])["metadata"]["originalCreatedDate"]
    assert execution_json(seen[2])["metadata"] == {"attemptNumber": 3, "originalCreatedDate": created}


def test_a_parent_waits_for_the_execution_that_tries_its_child_again(runner: Runner) -> None:
    publish(
        f"""
retry: {{type: constant, behavior: CREATE_NEW_EXECUTION, interval: PT0.01S, maxAttempts: 2}}
tasks:
  - {{id: bad, type: {CORE}.execution.Fail, condition: "{{{{ kv('done') ?? true }}}}"}}
""",
        "child",
    )
    parent = run(runner, CALL)
    found: dict[str, State] = {}

    def children_end() -> bool:
        ids = executions.ids(Filters(flow_id="child"), 10)
        runner.take([one for one in ids if one not in found])
        runner.take([parent])
        found.update(executions.states(ids))
        return executions.item(parent).ended_at is not None

    wait_until(children_end)
    execution = ended(parent)
    assert execution.state is State.FAILED
    last = execution.runs["call"].child
    assert last is not None and executions.states([last])[last] is State.FAILED
    assert sorted(state.value for state in found.values()) == ["FAILED", "RETRIED"]
    assert (execution.runs["call"].outputs or {})["executionId"] == last


def test_a_subflow_whose_check_blocks_fails_with_the_checks_words(runner: Runner) -> None:
    publish(
        f"checks: [{{when: 'false', message: Not today}}]\ntasks:\n  - {{id: a, type: {CORE}.log.Log, message: x}}",
        "child",
    )
    execution = ended(run(runner, CALL))
    assert execution.state is State.FAILED and "Not today" in execution.runs["call"].message


def test_a_subflow_that_a_check_makes_fail_ends_its_parent(runner: Runner) -> None:
    publish(
        "checks: [{when: 'false', message: Not today, behavior: FAIL_EXECUTION}]\n"
        f"tasks:\n  - {{id: a, type: {CORE}.log.Log, message: x}}",
        "child",
    )
    parent = run(runner, CALL)

    def parent_ended() -> bool:
        runner.take([parent])
        return executions.item(parent).ended_at is not None

    wait_until(parent_ended)
    execution = ended(parent)
    assert execution.state is State.FAILED and execution.runs["call"].state is State.FAILED


def test_listeners_run_at_the_end_if_their_conditions_hold(runner: Runner) -> None:
    source = f"""
tasks:
  - {{id: bad, type: {CORE}.execution.Fail}}
listeners:
  - conditions: [{{type: {CORE}.condition.ExecutionStatus, in: [SUCCESS]}}]
    tasks: [{{id: happy, type: {CORE}.log.Log, message: happy}}]
  - conditions:
      - {{type: {CORE}.condition.ExecutionStatus, in: [FAILED]}}
      - {{type: {CORE}.condition.Expression, expression: "{{{{ kv('loud') ?? true }}}}"}}
    tasks: [{{id: sad, type: {CORE}.log.Log, message: "It is {{{{ execution.state }}}}"}}]
  - conditions: [{{type: {CORE}.condition.Expression, expression: "{{{{ nowhere }}}}"}}]
    tasks: [{{id: never, type: {CORE}.log.Log, message: x}}]
"""
    execution = ended(run(runner, source))
    assert execution.state is State.FAILED and list(execution.runs) == ["bad", "sad"]
    said = messages(execution.id)
    assert "It is FAILED" in said and any("counts as not holding" in line for line in said)


@pytest.mark.parametrize(("behavior", "state"), [("QUEUE", State.QUEUED), ("CANCEL", State.CANCELLED)])
def test_an_execution_that_waits_for_its_date_holds_no_place_until_then(
    runner: Runner, behavior: str, state: State
) -> None:
    publish(f"concurrency: {{limit: 1, behavior: {behavior}}}\n" + SLEEP)
    found = births.runnable("team", "one")
    now = SystemClock().now()
    soon = births.born(found.flow, 1, now, inputs={}, due_at=now + timedelta(seconds=0.3))
    waiting = executions.create(soon)
    first = create()
    assert executions.states([waiting.id, first]) == {waiting.id: State.CREATED, first: State.CREATED}
    runner.take([first])
    wait_until(lambda: waiting.id in executions.due(SystemClock().now()))
    runner.take([waiting.id])
    wait_until(lambda: executions.item(waiting.id).state is state)
    assert executions.item(first).state is State.RUNNING


def test_a_subflow_may_not_set_labels_of_the_system(runner: Runner) -> None:
    publish(f"tasks:\n  - {{id: a, type: {CORE}.log.Log, message: x}}", "child")
    execution = ended(run(runner, CALL.replace("child}", "child, labels: {system.from: me}}")))
    assert execution.state is State.FAILED and "system.from" in execution.runs["call"].message


def test_the_end_and_the_next_try_are_one_transaction(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that fails between the two leaves neither; whoever takes the execution up again makes both."""
    real, broken = executions.rows.create_many, [True]

    def create_many(news: Sequence[NewExecution]) -> list[Execution]:
        if news[0].execution.attempt_number == 2 and broken and broken.pop():
            raise OperationalError("gone")
        return real(news)

    monkeypatch.setattr(executions.saves.rows, "create_many", create_many)
    first = run(runner, f"""
retry: {{type: constant, behavior: CREATE_NEW_EXECUTION, interval: PT0.01S, maxAttempts: 2}}
tasks:
  - {{id: bad, type: {CORE}.execution.Fail}}
""")  # fmt: skip
    wait_until(lambda: not broken)

    def tried_again() -> bool:
        runner.take([first])
        return executions.item(first).state is State.RETRIED

    wait_until(tried_again)
    assert executions.load(executions.load(first)[0].notes["next"])[0].attempt_number == 2
