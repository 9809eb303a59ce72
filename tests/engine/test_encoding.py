"""Executions survive the way to JSON and back."""

import json

from builder.engine.encoding import execution_from_json, execution_to_json, run_from_json, run_to_json
from builder.engine.execution import Execution
from builder.engine.play import failed, fresh, lost, play, started
from tests.engine.flows import plan_of, theatre

PLAN = plan_of(
    """
- id: each
  type: ForEach
  values: '["ä", "b"]'
  tasks: [{id: a, type: Log, message: x, retry: {type: constant, interval: PT1M}}]
""",
    labels=(("b", "1"), ("a", "2")),
)


def _round(execution: Execution) -> Execution:
    return execution_from_json(json.loads(json.dumps(execution_to_json(execution))))


def test_an_execution_comes_back_as_it_was() -> None:
    for execution in (fresh(PLAN), theatre(PLAN).run(fresh(PLAN, inputs={"x": [1, None]}))):
        assert _round(execution) == execution
        assert list(_round(execution).runs) == list(execution.runs)


def test_attempts_and_waits_come_back_as_they_were() -> None:
    plan = plan_of("[{id: a, type: Log, message: x, retry: {type: constant, interval: PT1M}}]")
    execution = play(plan, started, lost("a", alone=True), failed("a")).execution
    assert _round(execution) == execution
    run = execution.runs["a"]
    assert run_from_json(run_to_json(run)) == run
