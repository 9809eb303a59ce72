"""The doorbell: tells workers by RQ which executions want a runner. Losing every ring loses nothing, sweep rings again.

A job is written by hand (RQ's own enqueue costs five times as much): its id is the execution's, so that two rings of
one execution are one job, and its hash holds what RQ's dashboard shows.
"""

import json
import logging
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeout
from redis.retry import Retry

from builder.store.gate import on_commit

QUEUE = "default"
QUEUE_KEY = f"rq:queue:{QUEUE}"
INTERMEDIATE_KEY = f"{QUEUE_KEY}:intermediate"
CONTROL_CHANNEL = "millstream:control"
_LOOKED_AT_KEY = "millstream:looked_at"
ANSWER_SECONDS = 1.0
"""How long a page may wait for Redis; what is not rung now is rung by sweep."""
_SILENT_SECONDS = 1.0
"""A Redis that did not answer is left alone for so long."""
_RINGS_AT_ONCE = 500
_LOOKED_AT = 50_000
_LONGEST_ID = 64

log = logging.getLogger(__name__)
_silent: list[Any] = ["", 0.0]


@lru_cache(maxsize=4)
def _connect(url: str, answer_seconds: float) -> Redis:
    """A connection that broke is made anew once; who does not answer is not asked again."""
    again = Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,))
    return Redis.from_url(url, socket_timeout=answer_seconds, socket_connect_timeout=ANSWER_SECONDS, retry=again)


def redis(answer_seconds: float = ANSWER_SECONDS) -> Redis:
    """The connection of this process to settings.REDIS_URL, shared by its threads."""
    return _connect(settings.REDIS_URL, answer_seconds)


def ring(execution_ids: Iterable[str]) -> bool:
    """Asks for runners, after the commit that made the executions due. False: Redis is away, sweep will ring."""
    ids = list(execution_ids)
    try:
        for start in range(0, len(ids), _RINGS_AT_ONCE):
            _push(ids[start : start + _RINGS_AT_ONCE], ())
    except RedisError as error:
        log.warning("%s (%s); the scheduler will ring %d executions.", trouble(error), error, len(ids))
        return False
    return True


def ring_again(execution_ids: Sequence[str]) -> bool:
    """Rings for those that do not wait in the queue already, so that sweeping a long queue does not make it longer."""
    try:
        waiting = {as_text(each) for each in redis().lrange(QUEUE_KEY, 0, _LOOKED_AT)}
    except RedisError:
        return False
    return ring([each for each in execution_ids if each not in waiting])


def ring_on_commit(execution_ids: Sequence[str]) -> None:
    """`ring` once the running transaction is committed; at once when there is none."""
    on_commit(lambda: ring(execution_ids))


def notify(execution_id: str) -> bool:
    """Tells whoever drives the execution to read its signals now, and rings for one if nobody does."""
    try:
        _push((execution_id,), (execution_id,))
    except RedisError as error:
        log.warning("%s (%s); execution %s will be told by sweep.", trouble(error), error, execution_id)
        return False
    return True


def problem() -> str:
    """Why Redis takes no rings now, for the health page; empty where it does. One that answers may still refuse."""
    try:
        redis().set(_LOOKED_AT_KEY, "", ex=1)
    except RedisError as error:
        return trouble(error)
    return ""


def trouble(error: RedisError) -> str:
    """What is wrong with Redis, in words for everybody: its own may tell where it is."""
    if isinstance(error, OutOfMemoryError):
        return "The memory of Redis is full (its setting maxmemory)"
    return "Redis refuses what is written" if isinstance(error, ResponseError) else "Redis does not answer"


def as_text(value: bytes | str) -> str:
    """What Redis gave, as text."""
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def is_id(text: str) -> bool:
    """Whether it may name an execution; a stranger may have written anything into the queue."""
    return text.isascii() and text.isalnum() and len(text) <= _LONGEST_ID


def job_key(execution_id: str) -> str:
    return f"rq:job:{execution_id}"


def drive(execution_id: str) -> None:
    """What the jobs name, for the dashboard. Millstream's worker never calls it; another RQ worker must not run it."""
    raise RuntimeError(f"Execution {execution_id} needs Millstream's own worker: python3 manage.py worker")


def _push(rung: Sequence[str], told: Sequence[str]) -> None:
    """Where Redis is frozen one ring waits for it, not each of a hundred."""
    url, until = _silent
    if url == settings.REDIS_URL and time.monotonic() < until:
        raise RedisTimeout("it did not answer a moment ago")
    try:
        _send(rung, told)
    except RedisTimeout:
        _silent[:] = settings.REDIS_URL, time.monotonic() + _SILENT_SECONDS
        raise


def _send(rung: Sequence[str], told: Sequence[str]) -> None:
    pipeline = redis().pipeline(transaction=False)
    for execution_id in rung:
        pipeline.hset(job_key(execution_id), mapping=_job(execution_id))  # type: ignore[arg-type]
    if rung:
        pipeline.rpush(QUEUE_KEY, *rung)
        pipeline.sadd("rq:queues", QUEUE_KEY)
    for execution_id in told:
        pipeline.publish(CONTROL_CHANNEL, execution_id)
    pipeline.execute()


def _job(execution_id: str) -> dict[str, str | int]:
    """The hash as RQ's JSON serializer would read it."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {
        "created_at": now,
        "enqueued_at": now,
        "data": json.dumps(["builder.runtime.queue.drive", None, [execution_id], {}]),
        "description": f"drive {execution_id}",
        "origin": QUEUE,
        "status": "queued",
        "timeout": 3600,
        "result_ttl": 0,
    }
