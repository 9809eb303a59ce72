"""Rings are jobs that RQ and its dashboard can read, and that nobody but our worker can run."""

import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from builder.runtime import queue


def rq_queue() -> Queue:
    return Queue(queue.QUEUE, connection=queue.redis(), serializer=JSONSerializer)


def test_rqs_dashboard_reads_a_ring(valkey: str) -> None:
    assert queue.ring(["EXEC1", "EXEC2"])
    (job, _) = rq_queue().get_jobs()
    assert (job.id, job.description, job.func_name) == ("EXEC1", "drive EXEC1", "builder.runtime.queue.drive")
    assert job.args == ["EXEC1"] and str(job.get_status()) == "JobStatus.QUEUED"
    assert [found.name for found in Queue.all(connection=queue.redis())] == [queue.QUEUE]


def test_sweeping_does_not_make_a_long_queue_longer(valkey: str) -> None:
    queue.ring(["EXEC1"])
    assert queue.ring_again(["EXEC1", "EXEC2"])
    assert rq_queue().job_ids == ["EXEC1", "EXEC2"]


def test_another_rq_worker_is_told_that_it_must_not(valkey: str) -> None:
    queue.ring(["EXEC1"])
    (job,) = rq_queue().get_jobs()
    with pytest.raises(RuntimeError, match="own worker"):
        job.perform()


def test_without_redis_a_ring_is_given_up_quickly(valkey: str, settings: object) -> None:
    settings.REDIS_URL = "unix:///nowhere/at/all"  # type: ignore[attr-defined]
    assert not queue.ring(["EXEC1"])
    assert not queue.notify("EXEC1")
    assert queue.problem() == "Redis does not answer"
