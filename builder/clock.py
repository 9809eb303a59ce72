"""The time, as something that is handed in, so that tests can hold it still."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

TOLERANCE = timedelta(seconds=1)
"""Clocks that differ by less agree, and agree again once they differ by less than half of it: time would go to and fro
with a clock that is off by just so much."""


class Clock(Protocol):
    """Tells the time as an aware datetime in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class AgreedClock:
    """One that may be off, set right by another that all machines ask: the database server's.

    While the two agree it tells its own time; else the other's, counted on from when that was heard last. So it
    does not jump with a machine's clock that is set in between, and never waits for an answer.
    """

    def __init__(self, own: Clock) -> None:
        self._own = own
        self._heard: tuple[float, datetime] | None = None
        self._is_off = False

    def hear(self, monotonic: float, there: datetime) -> None:
        """What the other clock told in a moment of `time.monotonic`. What was heard before stands while it agrees:
        otherwise time would go back now and then by what a question takes."""
        if self._heard is None or abs(self._counted(self._heard, monotonic) - there) > TOLERANCE:
            self._heard = monotonic, there

    def now(self) -> datetime:
        own, heard = self._own.now(), self._heard
        if heard is None:
            return own
        counted = self._counted(heard, time.monotonic())
        self._is_off = abs(own - counted) > (TOLERANCE / 2 if self._is_off else TOLERANCE)
        return counted if self._is_off else own

    @staticmethod
    def _counted(heard: tuple[float, datetime], monotonic: float) -> datetime:
        return heard[1] + timedelta(seconds=monotonic - heard[0])


class FixedClock:
    """A clock that moves only when told to; for tests and for playing a day in a second."""

    def __init__(self, at: datetime) -> None:
        self._now = at

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by
