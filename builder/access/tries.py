"""How often something may fail for one who asks, before it has to wait."""

import threading
import time

MOST_KEPT = 10_000
"""How many who ask are remembered at once by each process, about a megabyte."""


class Tries:
    """At most `most` failures in each span of `seconds`, counted by who asks.

    Where too many ask, whoever failed least is forgotten: strangers with ever new names push out nobody who is stopped.
    """

    def __init__(self, most: int, seconds: int) -> None:
        self._most, self._seconds = most, seconds
        self._failures: dict[str, int] = {}
        self._span = 0
        self._lock = threading.Lock()

    def may(self, who: str) -> bool:
        """Whether there is one more."""
        with self._lock:
            return self._now().get(who, 0) < self._most

    def count(self, who: str) -> None:
        """Remembers a failure until the span is over."""
        with self._lock:
            failures = self._now()
            if who not in failures and len(failures) >= MOST_KEPT:
                del failures[min(failures, key=failures.__getitem__)]
            failures[who] = failures.get(who, 0) + 1

    def seconds_left(self) -> int:
        """Until the span is over."""
        return self._seconds - int(time.time()) % self._seconds

    def _now(self) -> dict[str, int]:
        span = int(time.time() // self._seconds)
        if span != self._span:
            self._span, self._failures = span, {}
        return self._failures
