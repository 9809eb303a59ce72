"""The scheduler process: fires schedules and flow triggers and sweeps; any number of them may run side by side."""

import logging
import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error, close_old_connections

from builder.clock import Clock, SystemClock
from builder.errors import BuilderError
from builder.runtime.sweep import sweep
from builder.runtime.vitals import signs
from builder.store import processes
from builder.store.triggers import calls
from builder.triggers.called.batches import start_gathered
from builder.triggers.flow.firing import fire_flows
from builder.triggers.flow.missing import fail_missed
from builder.triggers.polling import Poller
from builder.triggers.schedule.backfilling import run_backfills
from builder.triggers.schedule.firing import fire_due
from builder.triggers.schedule.forgetting import Forgetting

TICK_SECONDS = 0.5
FORGOTTEN_AFTER = timedelta(days=1)
"""Processes that were silent for so long are no longer shown."""

log = logging.getLogger(__name__)


class Scheduler:
    """Looks every half second; what fails is logged and tried again, the loop goes on."""

    def __init__(self, name: str, clock: Clock) -> None:
        self.name = name
        self.clock = clock
        self.stopping = threading.Event()
        self._started_at: datetime = clock.now()
        self._poller = Poller(clock)
        self._forgetting = Forgetting()
        self._looked_at = self._started_at
        self._is_late = False
        self._sweep_at = self._beaten = float("-inf")

    def run(self) -> None:
        """Until `stopping` is set."""
        while not self.stopping.is_set():
            self._carefully(lambda: self.tick(time.monotonic()))
            self.stopping.wait(TICK_SECONDS)
        self._poller.close()
        self._carefully(lambda: processes.leave(self.name))

    def _carefully(self, work: Callable[[], None]) -> None:
        close_old_connections()  # one that is old, or whose server was restarted
        try:
            work()
        except Error as error:
            log.warning("The database does not answer (%s); trying again.", error)
        except BuilderError as error:
            log.warning("%s", error.message)

    def tick(self, monotonic: float) -> None:
        """One look: due schedules and ended flows always, sweep and heartbeat at their own pace."""
        if monotonic - self._beaten >= signs.BEAT_SECONDS:
            signs.beat(self.name, "scheduler", self.clock, self._started_at)
            processes.forget_before(self.clock.now() - FORGOTTEN_AFTER)
            calls.forget_before(self.clock.now() - timedelta(days=settings.MILLSTREAM["CALL_DAYS"]))
            self._forgetting.look(self.clock.now(), monotonic)
            self._beaten = monotonic
        fire_flows(self.clock)
        fire_due(self.clock)
        run_backfills(self.clock)
        fail_missed(self.clock)
        start_gathered(self.clock)
        self._poller.tick()
        self._wait_after_a_standstill(monotonic)
        if monotonic >= self._sweep_at:
            sweep(self.clock.now())
            self._sweep_at, self._is_late = monotonic + settings.MILLSTREAM["SWEEP_SECONDS"], False

    def _wait_after_a_standstill(self, monotonic: float) -> None:
        """Where the database, this process or the whole machine stood still since the last look, those who hold leases
        could not renew them either: once, they get the time to do so before others are told."""
        last, self._looked_at = self._looked_at, self.clock.now()
        patience_seconds = settings.MILLSTREAM["LEASE_SECONDS"] / 2
        if not self._is_late and (self._looked_at - last).total_seconds() > patience_seconds:
            self._sweep_at, self._is_late = monotonic + patience_seconds, True


def run_scheduler() -> None:
    """Runs until SIGTERM or SIGINT."""
    scheduler = Scheduler(signs.own_name("scheduler"), SystemClock())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: scheduler.stopping.set())
    scheduler.run()
