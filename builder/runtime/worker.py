"""Our RQ worker: takes ids off the queue as fast as there are places, and calls nothing that a job names.

RQ's loop needs the main thread for its signals; executions are driven by the runner in threads of its own.
"""

import importlib
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DequeueTimeout
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import BaseWorker, WorkerStatus

from builder.clock import SystemClock
from builder.runtime import queue
from builder.runtime.garbage import keep_what_is_loaded
from builder.runtime.runner.runner import THREAD as RUNNER_THREAD
from builder.runtime.runner.runner import Runner
from builder.runtime.runner.suspects import SuspectProcesses
from builder.tasks import packages_in_use
from builder.tasks.catalogue import catalogue

BEAT_SECONDS = 10.0
_WAIT_SECONDS = 5
_ANSWER_SECONDS = 20.0
_AWAY_SECONDS = 1.0
_STUCK_STATUS = 70

log = logging.getLogger(__name__)


class IdOnly(Job):
    """A job of which nothing but the id is ever read: what it names, holds or was pickled to stays where it is."""

    @classmethod
    def fetch(cls, id: str, connection: Redis | None = None, serializer: Any = None) -> "IdOnly":
        return cls(id, connection=connection, serializer=serializer)


class ExecutionWorker(BaseWorker):
    """`runner` drives what it takes. Quiet, since RQ's own bookkeeping costs more than the work."""

    job_class = IdOnly

    def __init__(self, *arguments: Any, runner: Runner, **options: Any) -> None:
        self._runner = runner
        self._beaten = 0.0
        super().__init__(*arguments, **options)

    @property
    def dequeue_timeout(self) -> int:
        return _WAIT_SECONDS

    def dequeue_job_and_maintain_ttl(self, timeout: int | None, max_idle_time: int | None = None) -> Any:
        """Waits for a place, then for a job, in slices, so that RQ's heartbeat goes on; outlives an absent Redis."""
        while True:
            self._beat()
            if not self._runner.wait_for_place(_WAIT_SECONDS):
                continue
            try:
                return self._dequeue(timeout)
            except DequeueTimeout:
                continue
            except RedisError as error:
                _tell(error, "trying again")
                time.sleep(_AWAY_SECONDS)

    def _dequeue(self, timeout: int | None) -> Any:
        """Raises DequeueTimeout, RedisError."""
        try:
            if self.should_run_maintenance_tasks:
                self.run_maintenance_tasks()  # type: ignore[no-untyped-call]
            return self.queue_class.dequeue_any(
                self._ordered_queues, timeout, connection=self.connection, job_class=self.job_class,
                serializer=self.serializer, death_penalty_class=self.death_penalty_class,
            )  # fmt: skip
        except UnicodeDecodeError:
            self._drop_unreadable()
            raise DequeueTimeout from None

    def _drop_unreadable(self) -> None:
        """RQ stops at what a stranger wrote into the queue and no text is; it lies among the half taken then."""
        for each in self.connection.lrange(queue.INTERMEDIATE_KEY, 0, -1):
            if not queue.is_id(queue.as_text(each)):
                log.warning("Something that names no execution was in the queue; it is dropped.")
                self.connection.lrem(queue.INTERMEDIATE_KEY, 0, each)  # type: ignore[arg-type]

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Hands the id over, and as many more as there are places; for RQ they are done with that."""
        self._state = WorkerStatus.BUSY  # a signal now waits until the ids are in the runner's hands
        ids = [job.id]
        try:
            ids += self._more(self._runner.wait_for_place(0) - 1)
            self._forget(ids)
        except RedisError as error:
            _tell(error, "what was taken is driven all the same")
        self._take(ids)
        self._state = WorkerStatus.IDLE

    def _take(self, ids: list[str]) -> None:
        self._runner.take([each for each in ids if queue.is_id(each)])

    def _more(self, count: int) -> list[str]:
        if count <= 0:
            return []
        popped: Any = self.connection.lpop(queue.QUEUE_KEY, count)
        return [queue.as_text(each) for each in popped or ()]

    def _forget(self, ids: list[str]) -> None:
        pipeline = self.connection.pipeline(transaction=False)
        pipeline.delete(*(queue.job_key(each) for each in ids))
        pipeline.lrem(queue.INTERMEDIATE_KEY, 1, ids[0])
        pipeline.hincrby(self.key, "successful_job_count", len(ids))
        pipeline.execute()

    def _beat(self) -> None:
        """RQ's sign of life, for its dashboard; written anew when Redis has lost it."""
        if time.monotonic() - self._beaten < BEAT_SECONDS:
            return
        self._beaten = time.monotonic()
        try:
            super().heartbeat()
            if not self.connection.hexists(self.key, "birth"):
                self.connection.hset(self.key, mapping=self.serialize())
                self.connection.sadd(self.redis_workers_keys, self.key)
                self.connection.sadd(f"rq:workers:{queue.QUEUE}", self.key)
        except RedisError as error:
            log.info("No sign of life to RQ: %s", error)

    def handle_job_failure(self, job: Job, queue: Any, started_job_registry: Any = None, exc_string: str = "") -> None:
        """RQ found an id that a killed worker left half taken; sweep rings for it again."""
        self._forget([job.id])

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        self._beat()

    def set_state(self, state: str, pipeline: Any = None) -> None:
        self._state = state

    def set_shutdown_requested_date(self) -> None:
        pass

    def procline(self, message: str) -> None:
        pass

    def check_for_suspension(self, burst: bool) -> None:
        pass

    def subscribe(self) -> None:
        """RQ's commands (stop a job, kill a horse) mean nothing here; a shutdown comes by signal."""

    def unsubscribe(self) -> None:
        pass

    def register_birth(self) -> None:
        """A worker of this name that was killed may still seem alive in Redis; the name is ours now."""
        try:
            self.connection.hset(self.key, "death", "1")
            super().register_birth()  # type: ignore[no-untyped-call]
        except RedisError as error:
            _tell(error, "starting all the same")
            self.birth_date = self.last_heartbeat = SystemClock().now()

    def register_death(self) -> None:
        try:
            super().register_death()  # type: ignore[no-untyped-call]
        except RedisError as error:
            log.info("No good-bye to RQ: %s", error)

    def _set_ip_address(self, connection: Redis) -> None:
        self.ip_address = "unknown"


def _tell(error: RedisError, then: str) -> None:
    log.warning("%s (%s); %s.", queue.trouble(error), error, then)


def _warm() -> None:
    """Lets task packages load what their first call needs (openai takes half a second) while nobody waits for it."""
    for package in packages_in_use():
        warm = getattr(importlib.import_module(package), "warm", None)
        if warm is not None:
            warm()
    keep_what_is_loaded()


def run_worker(name: str) -> None:
    """Drives executions until a signal says stop; then gives to others what is still under way."""
    runner = _runner(name, settings.MILLSTREAM["PLACES"], suspects=SuspectProcesses())
    threading.Thread(target=_warm, name="warm", daemon=True).start()
    connection = Redis.from_url(
        settings.REDIS_URL, socket_timeout=_ANSWER_SECONDS, socket_connect_timeout=queue.ANSWER_SECONDS,
        retry=Retry(ExponentialBackoff(cap=1.0, base=0.05), 2),
    )  # fmt: skip
    try:
        worker = ExecutionWorker(
            [Queue(queue.QUEUE, connection=connection, serializer=JSONSerializer, job_class=IdOnly)],
            name=name, connection=connection, serializer=JSONSerializer, log_job_description=False, runner=runner,
        )  # fmt: skip
        worker.work(logging_level="WARNING")
    finally:
        runner.stop()
        connection.close()


def run_suspects(name: str, ids: Sequence[str], places: int) -> None:
    """Drives suspects, so many at once, until each is done or others can go on with it, and ends with the last.

    Takes no more of them once the worker that started it is gone.
    """
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    worker = os.getppid()
    runner = _runner(name, places, for_suspects=True)
    try:
        for execution_id in ids:
            while not runner.wait_for_place(_WAIT_SECONDS):
                continue
            if os.getppid() != worker:
                break
            runner.take([execution_id])
        runner.wait_until_empty()
    finally:
        runner.stop()


def _end_stuck(seconds: float) -> None:
    """A task blocks the loop that all executions share: no limit of time can reach it, so the process ends.

    Its executions go on elsewhere, and the one that blocks fails after three losses alone.
    """
    frames = sys._current_frames()
    loops = (thread.ident for thread in threading.enumerate() if thread.name == RUNNER_THREAD)
    stacks = "".join("".join(traceback.format_stack(frames[each])) for each in loops if each in frames)
    log.critical("A task has held up all others for %.0f s; this process ends. It is here:\n%s", seconds, stacks)
    logging.shutdown()
    os._exit(_STUCK_STATUS)


def _runner(name: str, places: int, *, suspects: SuspectProcesses | None = None, for_suspects: bool = False) -> Runner:
    catalogue()  # imports every task package now: an import inside the loop would hold up all executions
    runner = Runner(
        name, SystemClock(), places=places, lease_seconds=settings.MILLSTREAM["LEASE_SECONDS"], suspects=suspects,
        for_suspects=for_suspects, stuck=_end_stuck,
    )  # fmt: skip
    runner.start()
    return runner
