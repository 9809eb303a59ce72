"""From the request that starts an execution to its end seen: one step, a chain, a fan-out."""

from tests.benchmarks import sources
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Figure, timed

CHAIN, FAN_OUT = 40, 100


def one_step(bench: Bench) -> list[Figure]:
    flow_id = bench.api.publish(sources.one_step())
    return [timed("one step", bench.repeat(flow_id, 20 if bench.quick else 200, warm=20), aim=12)]


def chain(bench: Bench) -> list[Figure]:
    flow_id = bench.api.publish(sources.chain(CHAIN))
    return [timed(f"chain of {CHAIN} steps", bench.repeat(flow_id, 10 if bench.quick else 50), aim=40)]


def fan_out(bench: Bench) -> list[Figure]:
    flow_id = bench.api.publish(sources.fan_out(FAN_OUT))
    return [timed(f"fan-out of {FAN_OUT} steps", bench.repeat(flow_id, 10 if bench.quick else 50), aim=40)]
