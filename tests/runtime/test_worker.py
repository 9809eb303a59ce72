"""A real worker process, told by RQ: it runs what it is rung for, and survives what happens to processes."""

import signal

import pytest
from redis import Redis

from builder.clock import SystemClock
from builder.engine.states import State
from builder.runtime import queue
from builder.runtime.sweep import sweep
from builder.store import executions
from tests.runtime.conftest import Worker, create, ended, messages, publish, wait_until

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
        redis.rpush(queue.QUEUE_KEY, "forged", "pickled")
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


SLOW = """tasks:
  - {id: before, type: io.kestra.plugin.core.log.Log, message: before}
  - {id: ask, type: io.kestra.plugin.core.http.Request, uri: "URL"}
  - {id: after, type: io.kestra.plugin.core.log.Log, message: "{{ outputs.ask.code }}"}
"""


def test_sigterm_hands_over_what_is_under_way(worker: Worker) -> None:
    publish(LOG)
    process = worker.start()
    execution_id = create()
    queue.ring([execution_id])
    ended(execution_id)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert executions.load(execution_id)[0].state is State.SUCCESS
