"""`python3 manage.py benchmark`: measures the product on this machine and says beside each figure what was aimed at."""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import engine, floor, footprint, large, latency, model_calls, shares, throughput
from tests.benchmarks.bench import Bench, started
from tests.benchmarks.figures import Figure, as_json, table

Measure = Callable[[Bench], list[Figure]]
MEASURES: dict[str, tuple[str, tuple[Measure, ...]]] = {
    "start": ("Start", (footprint.start_up, footprint.idle_memory)),
    "floor": ("Floor (nothing is promised here)", (floor.rq_round_trip, floor.sqlite_commit)),
    "engine": ("The engine alone", (engine.nested_loops,)),
    "one": ("One step, from the request to the end seen", (latency.one_step, shares.shares)),
    "chain": ("A chain", (latency.chain,)),
    "fan-out": ("A fan-out", (latency.fan_out,)),
    "burst": ("As fast as possible", (throughput.burst,)),
    "large": ("A flow of 500 steps and 50 levels", (large.large,)),
    "calls": ("Model calls", (model_calls.model_calls,)),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="manage.py benchmark", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(MEASURES), help="measure this alone (may be repeated)")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of tables")
    options = parser.parse_args()
    found: dict[str, list[Figure]] = {}
    if not options.json:
        print(f"Python {platform.python_version()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as folder,
        started(Path(folder), quick=options.quick) as bench,
    ):
        for name in [name for name in MEASURES if name in (options.only or MEASURES)]:
            title, measures = MEASURES[name]
            found[name] = [figure for measure in measures for figure in measure(bench)]
            if not options.json:
                print(table(title, found[name]))
                sys.stdout.flush()
    if options.json:
        print(as_json(found))


if __name__ == "__main__":
    main()
