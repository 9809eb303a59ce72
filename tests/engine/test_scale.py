"""Large executions cost what they do, not what they hold."""

import time
from typing import Any

from builder.engine.play import fresh
from builder.engine.states import State
from tests.engine.flows import plan_of, theatre

NESTED = """
- id: outer
  type: ForEach
  values: "{{ inputs.many }}"
  concurrencyLimit: %d
  tasks:
    - id: inner
      type: ForEach
      values: "{{ inputs.few }}"
      tasks:
        - {id: leaf, type: Log, message: x}
"""


def _seconds(text: Any, **inputs: Any) -> float:
    plan = plan_of(text)
    begun = time.process_time()
    execution = theatre(plan).run(fresh(plan, inputs=inputs))
    assert execution.state is State.SUCCESS
    return time.process_time() - begun


def test_a_thousand_turns_of_ten_take_seconds() -> None:
    assert _seconds(NESTED % 1, many=list(range(1000)), few=list(range(10))) < 20


def test_a_thousand_turns_at_once_take_seconds() -> None:
    assert _seconds(NESTED % 0, many=list(range(1000)), few=list(range(10))) < 20


def test_a_thousand_turns_of_a_loop_with_ten_each_take_seconds() -> None:
    assert _seconds(NESTED.replace("ForEach", "Loop") % 1, many=list(range(1000)), few=list(range(10))) < 20


def test_five_hundred_tasks_in_a_row_are_quick() -> None:
    assert _seconds([{"id": f"t{number}", "type": "Log", "message": "x"} for number in range(500)]) < 5


def test_two_hundred_blocks_inside_each_other_need_no_stack() -> None:
    task: dict[str, Any] = {"id": "leaf", "type": "Log", "message": "x"}
    for depth in range(200):
        task = {"id": f"block{depth}", "type": "Sequential", "tasks": [task]}
    assert _seconds([task]) < 5
