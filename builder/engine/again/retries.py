"""When a failed attempt is tried again: Kestra's constant, exponential and random retries, both spellings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from builder.engine.execution import Attempt
from builder.flows.durations import parse_duration


@dataclass(frozen=True, slots=True)
class Retry:
    """A retry policy. `max_attempts` counts the first try too; None means no bound. `new_execution`: the whole
    execution is tried again, as a new one, and it is executions that are counted."""

    kind: str
    interval: timedelta = timedelta()
    longest: timedelta | None = None
    factor: float = 2.0
    max_attempts: int | None = None
    max_duration: timedelta | None = None
    warning: bool = False
    new_execution: bool = False

    def delay(self, tries: int, seed: str) -> timedelta:
        """The wait after try number `tries`; the same `seed` gives the same random wait."""
        if self.kind == "random" and self.longest is not None:
            return self.interval + (self.longest - self.interval) * _share(f"{seed}:{tries}")
        if self.kind == "exponential":
            longest = self.longest or timedelta.max
            seconds = min(self.interval.total_seconds() * self.factor ** min(tries - 1, 200), longest.total_seconds())
            return timedelta(seconds=seconds)
        return self.interval

    def next_try(self, tries: Sequence[Attempt], at: datetime, seed: str) -> datetime | None:
        """When to try again after these tries, the last of which ended at `at`; None when it is enough."""
        return self.after(len(tries), tries[0].started_at if tries else at, at, seed)

    def after(self, tries: int, first: datetime, at: datetime, seed: str) -> datetime | None:
        """When to try again after so many tries, from `first` to `at`; None when it is enough."""
        if self.max_attempts is not None and tries >= self.max_attempts:
            return None
        due = at + self.delay(tries, seed)
        if self.max_duration is not None and due > first + self.max_duration:
            return None
        return due


def _share(seed: str) -> float:
    return int.from_bytes(sha256(seed.encode()).digest()[:6]) / float(1 << 48)


def read_retry(written: Mapping[str, Any] | None) -> Retry | None:
    """A retry as written in YAML (already checked); raises BadDuration or ValueError for what the check lets pass."""
    if not written:
        return None
    kind = str(written.get("type", "constant"))
    attempts = written.get("maxAttempts", written.get("maxAttempt"))
    return Retry(
        kind=kind,
        interval=_duration(written, "minInterval" if kind == "random" else "interval") or timedelta(),
        longest=_duration(written, "maxInterval"),
        factor=float(written.get("delayFactor") or 2),
        max_attempts=None if attempts is None else int(attempts),
        max_duration=_duration(written, "maxDuration"),
        warning=written.get("warningOnRetry") is True,
        new_execution=written.get("behavior") == "CREATE_NEW_EXECUTION",
    )


def _duration(written: Mapping[str, Any], key: str) -> timedelta | None:
    value = written.get(key)
    return None if value is None else parse_duration(str(value))
