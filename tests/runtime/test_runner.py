"""A runner drives executions from their row to their end, with the real store, Valkey and expressions."""

from builder.engine.states import State
from builder.runtime.runner.runner import Runner
from builder.store import executions
from tests.runtime.conftest import create, ended, messages, publish


def test_a_log_flow_goes_from_its_row_to_success(runner: Runner) -> None:
    publish("inputs:\n  - {id: name, type: STRING}\ntasks:\n  - id: say\n    type: io.kestra.plugin.core.log.Log\n"
            "    message: Hello {{ inputs.name }}\n")  # fmt: skip
    execution_id = create(inputs={"name": "Ann"})
    runner.take([execution_id])
    execution = ended(execution_id)
    assert execution.state is State.SUCCESS
    assert messages(execution_id) == ["Hello Ann"]
    assert executions.load(execution_id)[1] == 1
