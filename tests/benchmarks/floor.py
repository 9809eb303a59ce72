"""What nothing built on RQ and SQLite can beat on this machine, measured beside the rest."""

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from redis import Redis
from rq import Queue

from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Figure, timed
from tests.doubles.product import valkey_url

QUEUE = "benchmark-floor"


def rq_round_trip(bench: Bench) -> list[Figure]:
    """A bare job through RQ as it comes, on the product's own Valkey: enqueued here, seen when it ran there."""
    url = valkey_url(bench.data)
    worker = subprocess.Popen(
        [sys.executable, "-m", "rq.cli", "worker", "--quiet", "--worker-class", "rq.worker.SimpleWorker", "--url", url,
         QUEUE], cwd=bench.data, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with Redis.from_url(url) as redis:
            queue = Queue(QUEUE, connection=redis)
            times = [_job(queue, redis, number) for number in range(30 if bench.quick else 130)][20:]
    finally:
        worker.terminate()
        worker.wait()
    return [timed("floor: a bare RQ job, there and back", times)]


def _job(queue: Queue, redis: Redis, number: int) -> float:
    key = f"{QUEUE}:{number}"
    begun = time.monotonic()
    queue.enqueue("operator.not_", True, job_id=f"floor-{number}", result_ttl=60)
    while not redis.xlen(f"rq:results:floor-{number}"):
        if time.monotonic() - begun > 30:
            raise SystemExit(f"the job {key} did not end")
    return time.monotonic() - begun


def sqlite_commit(bench: Bench) -> list[Figure]:
    """One row and a commit that reaches the disk, in the product's own folder."""
    path = Path(bench.data) / "floor.sqlite3"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, text TEXT)")
    times = []
    for _ in range(200):
        begun = time.monotonic()
        connection.execute("INSERT INTO row (text) VALUES (?)", ("x" * 500,))
        times.append(time.monotonic() - begun)
    connection.close()
    path.unlink()
    return [timed("floor: a bare SQLite commit", times)]
