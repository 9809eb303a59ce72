"""What the engine alone takes for large executions: no database, no queue, one event at a time."""

import time
from typing import Any

from builder.engine.play import fresh
from builder.engine.states import State
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Figure
from tests.engine.flows import plan_of, theatre

AIM_SECONDS = 10.0


def nested_loops(bench: Bench) -> list[Figure]:
    """Turns of ten turns each; four times as many must take four times as long, not sixteen."""
    counts = (100, 400) if bench.quick else (250, 1000)
    return [
        Figure(f"engine alone: {kind}, {count:,} x 10", _seconds(kind, count), "s", AIM_SECONDS)
        for kind in ("ForEach", "Loop")
        for count in counts
    ]


def _seconds(kind: str, count: int) -> float:
    """Processor time."""
    leaf = {"id": "leaf", "type": "Log", "message": "x"}
    inner = {"id": "inner", "type": kind, "values": "{{ inputs.few }}", "concurrencyLimit": 0, "tasks": [leaf]}
    outer: dict[str, Any] = {"id": "outer", "type": kind, "values": "{{ inputs.many }}", "concurrencyLimit": 1}
    plan = plan_of([outer | {"tasks": [inner]}])
    begun = time.process_time()
    execution = theatre(plan).run(fresh(plan, inputs={"many": list(range(count)), "few": list(range(10))}))
    if execution.state is not State.SUCCESS:
        raise SystemExit(f"the nested loops came to {execution.state}")
    return time.process_time() - begun
