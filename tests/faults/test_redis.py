"""Rows B1 to B7: what happens to Redis, which only rings for workers, and to what is written into it."""

import pickle
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, RedisError

from builder.runtime import queue
from tests.faults import flows
from tests.faults.lab import Refused
from tests.faults.parts import wait_until
from tests.faults.row import Row
from tests.faults.test_web import KEY, called

pytestmark = pytest.mark.faults
WAITS_SECONDS = 3.0
"""What a person may be kept waiting for while Redis is away."""
FULL = "The memory of Redis is full"


def timed(work: Callable[[], object]) -> float:
    """How long it takes to be answered; a 503 with a reason is an answer."""
    began = time.monotonic()
    try:
        work()
    except Refused as refused:
        assert refused.status == 503 and len(refused.text) > 20
    return time.monotonic() - began


def answers(row: Row, rounds: int) -> dict[str, float]:
    """The longest that each kind of request takes now."""
    asked: dict[str, Callable[[], object]] = {
        "run": lambda: row.lab.run(row.namespace, "called", {"number": 1}),
        "webhook": lambda: row.lab.webhook(row.namespace, "called", KEY, {"number": 2}),
        "page": lambda: row.lab.page("/executions"),
        "first page": lambda: row.lab.page("/"),
        "health": lambda: row.lab.page("/health/ready"),
    }
    return {name: max(timed(work) for _ in range(rounds)) for name, work in asked.items()}


def commands(row: Row, *words: str) -> None:
    with row.product.redis() as redis:
        redis.execute_command(*words)


@pytest.mark.row("B1")
def test_while_redis_is_away_runs_are_accepted_at_once_and_run_when_it_is_back(row: Row) -> None:
    row.lab.save(called(row.namespace, "called"))
    with row.load() as load:
        row.pause(1, 2)
        row.product.queue.stop()
        away_until = time.monotonic() + row.seconds(5, 60)
        while time.monotonic() < away_until:
            slowest = answers(row, 1)
            assert max(slowest.values()) < WAITS_SECONDS, slowest
        row.product.queue.start()
        row.product.wait_until_ready()
        last = load.answered[max(load.answered)]
    row.lab.wait(last, "SUCCESS")
    assert not load.unanswered
    assert all(part.is_alive for part in row.product.parts)


@pytest.mark.row("B2")
def test_a_queue_that_is_lost_is_made_again_and_each_execution_runs_once(row: Row) -> None:
    many = int(row.seconds(60, 500))
    row.lab.save(flows.flow(row.namespace, "one", flows.hit("call", row.counter.url, 4)))
    row.lab.save(flows.flow(row.namespace, "queued", flows.hit("call", row.counter.url)))
    running = [row.lab.run(row.namespace, "one") for _ in range(4)]
    row.counter.wait_for(lambda hits: {hit.key.split("/")[0] for hit in hits} >= set(running))
    for worker in row.product.workers:
        row.product.freeze(worker)
    queued = [row.lab.run(row.namespace, "queued") for _ in range(5)]
    commands(row, "FLUSHALL")
    queued += [row.lab.run(row.namespace, "queued") for _ in range(many - len(queued))]
    commands(row, "FLUSHALL")
    for worker in row.product.workers:
        worker.thaw()
    for one in running + queued:
        row.lab.wait(one, "SUCCESS", seconds=120)
    assert all(row.counter.count(f"{one}/") == 1 for one in queued)


@pytest.mark.row("B3")
def test_while_redis_is_frozen_nobody_waits_longer_than_three_seconds(row: Row) -> None:
    row.lab.save(called(row.namespace, "called"))
    with row.load() as load:
        row.pause(1, 2)
        row.product.queue.freeze()
        frozen_until = time.monotonic() + row.seconds(5, 30)
        while time.monotonic() < frozen_until:
            slowest = answers(row, 2)
            assert max(slowest.values()) < WAITS_SECONDS, slowest
        row.product.queue.thaw()
    assert not load.unanswered


@pytest.mark.row("B4")
def test_connections_that_are_cut_each_second_lose_nothing_and_a_stop_is_heard_afterwards(row: Row) -> None:
    with row.load():
        for _ in range(int(row.seconds(6, 60))):
            row.pause(0.8, 1.2)
            commands(row, "CLIENT", "KILL", "TYPE", "NORMAL")
            commands(row, "CLIENT", "KILL", "TYPE", "PUBSUB")
        wait_until(lambda: listeners(row) == len(row.product.workers), "all workers listen for stops again")
        row.lab.save(flows.flow(row.namespace, "one", flows.hit("call", row.counter.url, 30)))
        one = row.lab.run(row.namespace, "one")
        row.counter.wait_for_calls(1, f"{one}/")
        row.lab.kill(one)
        row.lab.wait(one, "KILLED", seconds=10)


def listeners(row: Row) -> int:
    """How many hear at once that somebody asks to stop."""
    with row.product.redis() as redis:
        ((_, count),) = redis.pubsub_numsub(queue.CONTROL_CHANNEL)
    return int(count)


@pytest.mark.row("B5")
def test_a_redis_whose_memory_is_full_says_so_and_loses_nothing(row: Row) -> None:
    """On the health page, on the System page and in the log of whoever rings."""
    row.lab.save(called(row.namespace, "called"))
    with row.product.redis() as redis, row.load() as load:
        redis.config_set("maxmemory", 1)
        try:
            with pytest.raises(RedisError, match="maxmemory"):
                redis.set("anything", "x")
            slowest = answers(row, 3)
            for path in ("/health/ready", "/system"):
                assert FULL in row.lab.page(path)[1], path
            wait_until(lambda: FULL in row.product.said("web"), "web's log tells it")
            row.pause(row.seconds(3, 30), row.seconds(4, 31))
            assert max(slowest.values()) < WAITS_SECONDS, slowest
        finally:
            redis.config_set("maxmemory", 0)
        assert row.lab.page("/health/ready")[1].count(FULL) == 0
    assert not load.unanswered


@pytest.mark.row("B7")
def test_jobs_that_a_stranger_wrote_are_not_run_and_the_worker_goes_on(row: Row, tmp_path: Path) -> None:
    proof = tmp_path / "run"

    class Forged:
        def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
            return Path.touch, (proof,)  # type: ignore[return-value]

    forged = {
        "pickled": pickle.dumps(Forged()),
        "named": f'["os.system", null, ["touch {proof}"], {{}}]'.encode(),
        "bytes": b"\xff\xfe\x00",
    }
    pids = [worker.pid for worker in row.product.workers]
    with row.load(), row.product.redis() as redis:
        for name, data in forged.items():
            redis.hset(queue.job_key(name), mapping={"data": data, "origin": queue.QUEUE, "status": "queued"})
            redis.rpush(queue.QUEUE_KEY, name)
        redis.rpush(queue.QUEUE_KEY, pickle.dumps(Forged()), b"\xff\xfe", b"", b"x" * 100_000)
        redis.publish(queue.CONTROL_CHANNEL, pickle.dumps(Forged()))
        wait_until(lambda: redis.llen(queue.QUEUE_KEY) == 0, "the worker has taken them")
        row.lab.wait(row.lab.run(row.namespace, "slow"), "SUCCESS")
    assert not proof.exists()
    assert [worker.pid for worker in row.product.workers if worker.is_alive] == pids


@pytest.mark.row("B7")
def test_who_does_not_know_the_password_can_neither_write_nor_read(row: Row) -> None:
    password = urlsplit(row.product.redis_url).password
    assert password
    unknown = row.product.redis_url.replace(f":{password}@", "")
    asked = (
        ("RPUSH", queue.QUEUE_KEY, "forged"), ("SET", "anything", "x"), ("PUBLISH", queue.CONTROL_CHANNEL, "x"),
        ("SUBSCRIBE", queue.CONTROL_CHANNEL), ("LRANGE", queue.QUEUE_KEY, "0", "-1"), ("KEYS", "*"), ("INFO",),
        ("CONFIG", "GET", "requirepass"), ("FLUSHALL",), ("SHUTDOWN", "NOSAVE"),
    )  # fmt: skip
    with row.load(), Redis.from_url(unknown) as stranger:
        for words in asked:
            with pytest.raises(AuthenticationError):
                stranger.execute_command(*words)
        row.lab.wait(row.lab.run(row.namespace, "slow"), "SUCCESS")


@pytest.mark.row("B6")
@pytest.mark.parametrize("query", ["?username=me&password=wrong-word", "?db=99"])
def test_a_part_that_redis_refuses_does_not_start_and_says_why(row: Row, query: str) -> None:
    for kind in ("web", "worker", "scheduler"):
        part = row.product.part(kind, f"refused_{kind}")
        part.log.unlink(missing_ok=True)
        part.environment = {**part.environment, "REDIS_URL": row.product.redis_url + query}
        part.start()
        assert part.process is not None and part.process.wait(30) == 1
        said = row.product.said(part.name)
        assert "refuses what REDIS_URL says" in said and "wrong-word" not in said and "Traceback" not in said
