"""The heartbeat: a thread that renews the leases of everything driven here, whatever the event loop is busy with."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.db import close_old_connections, connection

from builder.clock import AgreedClock
from builder.errors import BuilderError
from builder.runtime.vitals import signs
from builder.store import executions, processes, vitals
from builder.store.executions import SignalRow

log = logging.getLogger(__name__)


@dataclass
class Heartbeat:
    """Calls back from its thread: `lost` with what somebody else drives by now, `asked` with signals that wait.

    While the database does not answer nothing counts as lost: nobody else can take it either, and what somebody took
    at the other end of a cut network is refused by its epoch. `held` gives the executions driven here with their
    epochs. `answers` calls what it is given on the event loop: where
    that does not happen for `stuck_seconds`, `stuck` is called with how long it has been.
    """

    name: str
    clock: AgreedClock
    lease_seconds: float
    stuck_seconds: float
    places: int
    held: Callable[[], Mapping[str, int]]
    lost: Callable[[frozenset[str]], None]
    asked: Callable[[dict[str, list[SignalRow]]], None]
    answers: Callable[[Callable[[], None]], None]
    stuck: Callable[[float], None]
    _unanswered: int = 0
    _stopped: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._work, name="heartbeat", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=self.lease_seconds)

    def _work(self) -> None:
        started_at = self.clock.now()
        while not self._stopped.wait(self.lease_seconds / 3):
            self._ask_the_loop()
            held = dict(self.held())
            close_old_connections()
            try:
                set_right(self.clock)
                self._beat(held)
                signs.beat(self.name, "worker", self.clock, started_at, driven=len(held), places=self.places)
            except Exception as error:  # the database is away, for the others too: work goes on, what is done is kept
                log.warning("The leases could not be renewed: %s", error)
                close_old_connections()
        self._leave()

    def _ask_the_loop(self) -> None:
        """Counts what it leaves unanswered, not time: a process that was frozen as a whole is not stuck."""
        silent = self._unanswered * self.lease_seconds / 3
        if silent > self.stuck_seconds:
            self.stuck(silent)
        self._unanswered += 1
        self.answers(self._hear)

    def _hear(self) -> None:
        self._unanswered = 0

    def _beat(self, held: dict[str, int]) -> None:
        if not held:
            return
        lost = executions.renew(self.name, held, self.clock.now(), self.lease_seconds)
        if lost:
            self.lost(lost)
        asked = executions.signals([key for key in held if key not in lost])
        if asked:
            self.asked(asked)

    def _leave(self) -> None:
        try:
            processes.leave(self.name)
        except BuilderError as error:
            log.info("Could not say good-bye: %s", error)
        connection.close()


def set_right(clock: AgreedClock) -> None:
    """Workers on all machines count leases by one clock: work is not taken from one whose own is off, nor by it."""
    told = vitals.server_time()
    if told is not None:
        clock.hear(*told)
