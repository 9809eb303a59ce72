"""Large flows run to their end: five hundred steps, and fifty levels of every kind of block."""

import pytest

from builder.engine.states import State
from builder.runtime.runner.runner import Runner
from tests.doubles.large_flows import flat_flow, mixed_flow, nested_flow
from tests.runtime.conftest import create, ended, publish

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("flow_id", "text", "steps", "last", "value"),
    [
        ("flat", flat_flow(500), 500, "step_500", "value 500"),
        ("nested", nested_flow(500, 50), 500, "step_450", "value 450"),
        ("mixed", mixed_flow(50), 51, "innermost", "reached"),
    ],
)
def test_a_large_flow_runs_to_success(
    runner: Runner, flow_id: str, text: str, steps: int, last: str, value: str
) -> None:
    publish(text, flow_id, "large")
    execution_id = create(flow_id, "large")
    runner.take([execution_id])
    execution = ended(execution_id)
    assert execution.state is State.SUCCESS, execution.message
    runs = {run.task_id: run for run in execution.runs.values()}
    assert len(runs) == steps and all(run.state is State.SUCCESS for run in runs.values())
    assert (runs[last].outputs or {})["value"] == value
