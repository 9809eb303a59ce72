"""Many executions as fast as possible, from a few clients at once."""

import time
from concurrent.futures import ThreadPoolExecutor

from tests.benchmarks import sources
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.processes import cpu_seconds, parts

COUNT, CLIENTS = 300, 4


def burst(bench: Bench) -> list[Figure]:
    flow_id = bench.api.publish(sources.one_step().replace("id: one", "id: burst", 1))
    bench.repeat(flow_id, 1)
    best: list[Figure] = []
    for _ in range(1 if bench.quick else 3):
        figures = _burst(bench, flow_id)
        if not best or figures[0].value > best[0].value:
            best = figures
    return best


def _burst(bench: Bench, flow_id: str) -> list[Figure]:
    processes = parts(bench.product)
    before = {name: cpu_seconds(pid) for name, pid in processes.items()}
    asked: dict[str, float] = {}

    def one(_: int) -> str:
        at = time.time()
        execution_id = bench.api.run(flow_id)
        asked[execution_id] = at
        return execution_id

    begun = time.time()
    with ThreadPoolExecutor(CLIENTS) as clients:
        ids = list(clients.map(one, range(COUNT)))
    ends = bench.ends.wait_for(ids)
    seconds = max(ends) - begun
    latencies = [end - asked[each] for each, end in zip(ids, ends, strict=True)]
    used = {name: (cpu_seconds(pid) - before[name]) * 1000 / COUNT for name, pid in processes.items()}
    return [
        Figure(f"{COUNT} executions, {CLIENTS} clients", COUNT / seconds, "/s", 200, more_is_better=True,
               remark=f"latency p50 {percentile(latencies, 0.5) * 1000:.0f} ms, "
                      f"p95 {percentile(latencies, 0.95) * 1000:.0f} ms"),
        *(Figure(f"  processor time an execution: {name}", value, "ms") for name, value in used.items() if value),
    ]  # fmt: skip
