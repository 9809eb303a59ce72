"""Signs of life: what a process says of itself, so that the System page and /metrics can show all of them."""

import logging
import os
import platform
import socket
import threading
import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import Error, close_old_connections, connection

from builder import counters
from builder.clock import Clock
from builder.errors import BuilderError
from builder.store import processes, vitals

BEAT_SECONDS = 10.0

log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def version() -> str:
    """Millstream's version."""
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def own_name(kind: str) -> str:
    """The name of this process among those of its kind on all machines."""
    return f"{kind}@{socket.gethostname()}.{os.getpid()}"


def beat(name: str, kind: str, clock: Clock, started_at: datetime, **more: Any) -> None:
    """One sign of life of this process: who and where it is, how far its clock is off, what it counted."""
    processes.beat(name, kind, clock.now(), started_at=started_at, details={**_of_this_process(), **more})


def _of_this_process() -> Mapping[str, Any]:
    return {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "version": version(),
        "python": platform.python_version(),
        "clock_offset_seconds": vitals.clock_offset_seconds(),
        "counted": counters.told(),
    }


class Beating:
    """Gives signs of life from a thread of its own, for a process that has no loop to do it in."""

    def __init__(self, name: str, kind: str, clock: Clock) -> None:
        self._name, self._kind, self._clock = name, kind, clock
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="beating", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Says good-bye, within a moment or not at all."""
        self._stopped.set()
        self._thread.join(timeout=2)

    def _work(self) -> None:
        started_at = self._clock.now()
        while True:
            close_old_connections()
            try:
                beat(self._name, self._kind, self._clock, started_at)
            except (Error, BuilderError) as error:
                log.info("No sign of life: %s", error)
            if self._stopped.wait(BEAT_SECONDS):
                break
        try:
            processes.leave(self._name)
        except (Error, BuilderError) as error:
            log.info("Could not say good-bye: %s", error)
        connection.close()
