"""How long tests wait for what happens sooner or later: never so short that a busy machine is too slow for it."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 120
"""Nothing waits so long when all is well."""


def wait_until(holds: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Returns once it holds; asks every hundredth of a second."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def quickest(work: Callable[[], object], enough_seconds: float, tries: int = 3) -> float:
    """The seconds of the quickest of a few tries: a busy machine may hold one up, but what is slow is always slow.

    Ends with the first try that is quick enough.
    """
    best = float("inf")
    for _ in range(tries):
        begun = time.monotonic()
        work()
        best = min(best, time.monotonic() - begun)
        if best < enough_seconds:
            break
    return best
