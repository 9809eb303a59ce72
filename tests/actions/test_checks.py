"""A flow's checks are asked by every way in, before an execution is made."""

import pytest

from builder.actions import executions, flows
from builder.clock import SystemClock
from builder.engine.moving.overall import notes
from builder.engine.states import State
from builder.errors import InvalidInput
from builder.store import executions as stored
from builder.store import secrets
from builder.store.executions import Filters
from tests.actions.conftest import Doorbell

pytestmark = pytest.mark.django_db


def publish(*checks: str, inputs: str = "  - {id: count, type: INT, defaults: 0}\n") -> None:
    flows.create_flow(
        "id: shop\nnamespace: team\ninputs:\n"
        + inputs
        + "checks:\n"
        + "".join(f"  - {check}\n" for check in checks)
        + "tasks:\n  - {id: say, type: io.kestra.plugin.core.log.Log, message: x}\n",
        by="tests",
    )


BLOCKS = "{when: '{{ inputs.count > 0 }}', message: 'Only {{ inputs.count }} ordered.', style: ERROR}"
FAILS = "{when: '{{ inputs.count > 10 }}', message: few, behavior: FAIL_EXECUTION}"
WARNS = "{condition: '{{ inputs.count > 100 }}', message: not many, style: WARNING, behavior: CREATE_EXECUTION}"


def test_a_check_that_blocks_leaves_nothing_behind(doorbell: Doorbell) -> None:
    publish(BLOCKS, FAILS, WARNS)
    with pytest.raises(InvalidInput, match="Flow execution blocked: Only 0 ordered"):
        executions.run("team", "shop")
    assert stored.ids(Filters(), 10) == [] and doorbell.rung == []


def test_a_check_that_fails_makes_an_execution_that_has_failed_already(doorbell: Doorbell) -> None:
    publish(BLOCKS, FAILS, WARNS)
    execution = executions.run("team", "shop", {"count": 5})
    assert (execution.state, execution.message) == (State.FAILED, "few; not many")
    kept, _ = stored.load(execution.id)
    assert kept == execution and doorbell.rung == []


def test_a_check_that_warns_is_noted(doorbell: Doorbell) -> None:
    publish(BLOCKS, FAILS, WARNS)
    execution = executions.run("team", "shop", {"count": 50})
    assert execution.state is State.CREATED and doorbell.rung == [execution.id]
    assert execution.notes[notes.CHECKS] == [{"message": "not many", "style": "WARNING"}]
    assert executions.run("team", "shop", {"count": 500}).notes == {}


def test_whoever_asks_before_is_told_the_same() -> None:
    publish(BLOCKS, WARNS)
    found = executions.failing_checks("team", "shop", {"count": "50"})
    assert [(one.message, one.style, one.behavior) for one in found] == [("not many", "WARNING", "CREATE_EXECUTION")]
    assert executions.failing_checks("team", "shop", {"count": "many"}) == ()


def test_a_check_that_cannot_be_told_blocks_and_says_why() -> None:
    publish("{when: '{{ inputs.nothing > 0 }}', message: x, behavior: CREATE_EXECUTION}")
    with pytest.raises(InvalidInput, match="Failed to evaluate the check"):
        executions.run("team", "shop")


def test_a_secret_in_a_check_is_read_and_never_shown() -> None:
    secrets.set_value("team", "TOKEN", "sesame-open", by="tests", now=SystemClock().now())
    publish(
        "{when: \"{{ inputs.word == secret('TOKEN') }}\", message: \"{{ inputs.word }} is not {{ secret('TOKEN') }}\"}",
        inputs="  - {id: word, type: SECRET}\n",
    )
    assert executions.run("team", "shop", {"word": "sesame-open"}).state is State.CREATED
    with pytest.raises(InvalidInput) as refused:
        executions.run("team", "shop", {"word": "open-the-door"})
    assert "sesame" not in refused.value.message and "door" not in refused.value.message


def test_a_replay_with_other_inputs_is_checked_again() -> None:
    publish(BLOCKS)
    execution = executions.run("team", "shop", {"count": 1})
    with pytest.raises(InvalidInput, match="blocked"):
        executions.replay(execution.id, inputs={"count": 0})
    assert executions.replay(execution.id, inputs={"count": 2}).inputs == {"count": 2}
