"""Outputs that a Subflow names itself, the old way: read in its child when that has ended."""

from collections.abc import Callable

import pytest

from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.engine.states import State
from builder.runtime.runner.born import errands as child_errands
from builder.runtime.runner.runner import Runner
from builder.store import executions
from tests.runtime.conftest import create, messages, publish, wait_until

CORE = "io.kestra.plugin.core"
CHILD = f"""
inputs:
  - {{id: name, type: STRING}}
tasks:
  - {{id: give, type: {CORE}.debug.Return, format: "hello {{{{ inputs.name }}}}"}}
"""
DECLARED = 'outputs:\n  - {id: declared, type: STRING, value: "{{ outputs.give.value }}"}\n'


def called(runner: Runner, outputs: str, child: str = CHILD, more: str = "") -> Execution:
    """A parent that calls the child, both ended."""
    publish(child, "child")
    publish(f"tasks:\n  - {{id: call, type: {CORE}.flow.Subflow, namespace: team, flowId: child, wait: true, "
            f"inputs: {{name: Ann}}, outputs: {outputs}{more}}}")  # fmt: skip
    execution_id = create()
    runner.take([execution_id])
    wait_until(lambda: _is_over(runner, execution_id))
    return executions.load(execution_id)[0]


def _is_over(runner: Runner, execution_id: str) -> bool:
    runner.take(executions.due(SystemClock().now()))
    return executions.item(execution_id).ended_at is not None


def drawn(execution: Execution) -> object:
    return (execution.runs["call"].outputs or {}).get("outputs")


def test_they_see_what_the_child_sees(runner: Runner) -> None:
    execution = called(runner, '{said: "{{ outputs.give.value }}", who: "{{ inputs.name }} in {{ flow.id }}"}')
    assert execution.state is State.SUCCESS
    assert drawn(execution) == {"said": "hello Ann", "who": "Ann in child"}


def test_outputs_that_the_childs_flow_declares_come_first(runner: Runner) -> None:
    execution = called(runner, '{said: "{{ outputs.nowhere.value }}"}', CHILD + DECLARED)
    assert execution.state is State.SUCCESS and drawn(execution) == {"declared": "hello Ann"}


def test_one_that_cannot_be_read_fails_the_step_though_the_child_succeeded(runner: Runner) -> None:
    execution = called(runner, '{said: "{{ outputs.nowhere.value }}"}')
    assert execution.state is State.FAILED
    assert "nowhere" in execution.runs["call"].message
    assert any("outputs: " in message and "nowhere" in message for message in messages(execution.id))
    child = execution.runs["call"].child
    assert child is not None and executions.load(child)[0].state is State.SUCCESS


def test_of_a_child_that_failed_they_are_read_too(runner: Runner) -> None:
    failing = CHILD + f"  - {{id: fail, type: {CORE}.execution.Fail}}\n"
    execution = called(runner, '{said: "{{ outputs.give.value }}"}', failing)
    assert execution.state is State.FAILED and drawn(execution) == {"said": "hello Ann"}
    forgiving = called(runner, '{said: "{{ outputs.give.value }}"}', failing, ", transmitFailed: false")
    assert forgiving.state is State.SUCCESS and drawn(forgiving) == {"said": "hello Ann"}


def test_a_secret_of_the_child_stays_one(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TEST", "c2VjcmV0LW9mLXRoZS1jaGlsZA==")
    execution = called(runner, "{said: \"{{ secret('TEST') }}\"}")
    assert drawn(execution) == {"said": "******"}


def test_they_are_read_again_by_the_next_runner_where_the_first_one_went_away(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0
    really: Callable[..., object] = child_errands.drawn

    def interrupted(*given: object) -> object:
        nonlocal tried
        tried += 1
        if tried == 1:
            raise RuntimeError("the process is gone")
        return really(*given)

    monkeypatch.setattr(child_errands, "drawn", interrupted)
    execution = called(runner, '{said: "{{ outputs.give.value }}"}')
    assert tried > 1 and drawn(execution) == {"said": "hello Ann"}
    assert not executions.signals([execution.id])
