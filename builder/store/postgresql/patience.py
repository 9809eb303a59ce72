"""How long a process waits for PostgreSQL. A slow statement may take its time; a server that answers nobody may not.

Which of the two it is, a second connection tells: it is asked once a statement has been silent for a while.
"""

import threading
import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from django.db import connections
from psycopg.waiting import Ready, Wait

T = TypeVar("T")
SILENT_SECONDS = 1.5
PROBE_SECONDS = 1.0
_LEAVE_ALONE_SECONDS = 1.0
_LONG_CONNECT_SECONDS, _SHORT_CONNECT_SECONDS = 10, 2
_FROZEN = "The database server takes connections and does not answer"


class Patience:
    """Of one process. Workers and schedulers have no end of it: their results wait with them; a page must answer."""

    def __init__(self) -> None:
        self.ends = False
        self._frozen_until = 0.0
        self._lock = threading.Lock()
        self._probing: threading.Event | None = None
        self._answered = False

    @property
    def connect_seconds(self) -> int:
        return _SHORT_CONNECT_SECONDS if self.ends else _LONG_CONNECT_SECONDS

    def refuse_if_known_frozen(self) -> None:
        """Raises psycopg.OperationalError where the server was found frozen a moment ago."""
        if self.ends and time.monotonic() < self._frozen_until:
            raise psycopg.OperationalError(_FROZEN)

    def refuse_if_frozen(self) -> None:
        """Asks the server on a connection of its own. Raises psycopg.OperationalError when it does not answer."""
        self.refuse_if_known_frozen()
        if not self._answers():
            self.note_frozen()
            raise psycopg.OperationalError(_FROZEN)

    def note_frozen(self) -> None:
        self._frozen_until = time.monotonic() + _LEAVE_ALONE_SECONDS

    def _answers(self) -> bool:
        """All that want to know share one question."""
        with self._lock:
            if self._probing is None or self._probing.is_set():
                self._probing, self._answered = threading.Event(), False
                threading.Thread(target=self._probe, args=(self._probing,), name="probe", daemon=True).start()
            probing = self._probing
        return probing.wait(PROBE_SECONDS) and self._answered

    def _probe(self, over: threading.Event) -> None:
        try:
            ask_server()
            self._answered = True
        except psycopg.Error:
            self._answered = False
        finally:
            over.set()


patience = Patience()


def ask_server() -> None:
    """One question on a new connection. Raises psycopg.Error."""
    wrapper: Any = connections["default"].copy()
    parameters = {name: value for name, value in wrapper.get_connection_params().items() if name != "cursor_factory"}
    with psycopg.connect(**{**parameters, "context": None, "connect_timeout": _SHORT_CONNECT_SECONDS}) as asking:
        asking.execute("SELECT 1")


def watched(waiting: Generator[Wait, Ready | int, T], limit: Patience) -> Generator[Wait, Ready | int, T]:
    """psycopg's own steps of waiting; where the server has been silent for SILENT_SECONDS it is asked why."""
    silent_since = time.monotonic()
    try:
        wanted = next(waiting)
        while True:
            ready = yield wanted
            if ready:
                silent_since = time.monotonic()
            elif time.monotonic() - silent_since > SILENT_SECONDS:
                limit.refuse_if_frozen()
                silent_since = time.monotonic()
            wanted = waiting.send(ready)
    except StopIteration as over:
        result: T = over.value
        return result


class PatientConnection(psycopg.Connection[Any]):
    """Waits as `patience` says; a connection that was given up is closed, since its server may still answer into it."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        if not patience.ends:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(watched(gen, patience), interval, timeout)
        except psycopg.OperationalError as error:
            if str(error) == _FROZEN:
                self.pgconn.finish()
            raise
