"""All there is to tell about the installation at once, for the System page and for /metrics."""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from redis.exceptions import RedisError

from builder.runtime import queue
from builder.runtime.vitals.health import folders
from builder.runtime.vitals.looks import Looks
from builder.store import processes, vitals
from builder.store.processes import Process
from builder.store.vitals import Driving, Waiting

ALIVE_SECONDS = 30.0
"""A process that was silent for longer counts as gone."""
_ANSWER_SECONDS = 2.0
_DRIVEN_SHOWN = 500

_looks = Looks()


@dataclass(frozen=True, slots=True)
class RedisFacts:
    """What Redis says; `length`: how many rings wait in the queue."""

    seconds: float
    version: str
    length: int
    used_bytes: int
    keys: int


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What the database says, all at one moment."""

    seconds: float
    version: str
    bytes: int
    clock_offset_seconds: float | None
    waiting: Waiting
    by_state: Mapping[str, int]
    overdue_schedules: int
    processes: tuple[Process, ...]
    driving: tuple[Driving, ...]
    lapsed: tuple[Driving, ...]


@dataclass(frozen=True, slots=True)
class Disk:
    """One folder's disk."""

    path: Path
    free_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class Facts:
    """None where what is asked does not answer."""

    at: datetime
    database: DatabaseFacts | None
    redis: RedisFacts | None
    disks: tuple[Disk, ...]

    def alive(self, kind: str) -> list[Process]:
        """The processes of this kind that gave a sign of life lately."""
        known = self.database.processes if self.database is not None else ()
        return [process for process in known if process.kind == kind and self.is_alive(process)]

    def is_alive(self, process: Process) -> bool:
        return (self.at - process.beat_at).total_seconds() <= ALIVE_SECONDS


def facts(now: datetime) -> Facts:
    """Within two seconds, whatever is frozen."""
    found = _looks.take({"database": lambda: _database(now), "redis": _redis, "disks": _disks}, _ANSWER_SECONDS)
    database, redis, disks = found["database"], found["redis"], found["disks"]
    return Facts(
        at=now,
        database=database if isinstance(database, DatabaseFacts) else None,
        redis=redis if isinstance(redis, RedisFacts) else None,
        disks=disks if isinstance(disks, tuple) else (),
    )


def _database(now: datetime) -> DatabaseFacts:
    vitals.version()  # opens the connection, which is not what is measured
    known = tuple(processes.processes())
    return DatabaseFacts(
        seconds=vitals.answer_seconds(),
        version=vitals.version(),
        bytes=vitals.database_bytes(),
        clock_offset_seconds=vitals.clock_offset_seconds(),
        waiting=vitals.waiting(now),
        by_state=vitals.alive_by_state(),
        overdue_schedules=vitals.overdue_schedules(now),
        processes=known,
        driving=tuple(vitals.driving([process.name for process in known], _DRIVEN_SHOWN)),
        lapsed=tuple(vitals.lapsed(now)),
    )


def _redis() -> RedisFacts | None:
    client = queue.redis()
    try:
        client.ping()
        started = time.monotonic()
        client.ping()
        seconds = time.monotonic() - started
        said = client.info()
        length = client.llen(queue.QUEUE_KEY)
        keys = client.dbsize()
    except RedisError:
        return None
    server = "Valkey" if said.get("server_name") == "valkey" else "Redis"
    version = said.get("valkey_version") if server == "Valkey" else said.get("redis_version")
    return RedisFacts(seconds, f"{server} {version}", int(length), int(said.get("used_memory", 0)), int(keys))


def _disks() -> tuple[Disk, ...]:
    """One line a disk, though several folders may be on it."""
    found: dict[int, Disk] = {}
    for path in folders():
        if path.exists():
            usage = shutil.disk_usage(path)
            found.setdefault(path.stat().st_dev, Disk(path, usage.free, usage.total))
    return tuple(found.values())
