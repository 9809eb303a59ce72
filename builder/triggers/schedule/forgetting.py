"""Old slots of schedules are forgotten in rounds, a little at each of the scheduler's beats."""

import time
from datetime import datetime, timedelta

from django.conf import settings

from builder.store.triggers import forgetting

LOOKS, SECONDS = 4, 0.2
"""How many times one beat looks (about 17 million slots a day), and after how long no more: schedules are due."""
REST_SECONDS = 3600.0
"""How long it is after the end of a round until the next one begins: each walks over all slots that are kept."""


def known_since(now: datetime) -> datetime:
    """What came of a slot before this moment is known only where its execution is kept."""
    return now - timedelta(days=settings.MILLSTREAM["SLOT_DAYS"])


class Forgetting:
    """Of one scheduler. Several of them do no harm to each other."""

    def __init__(self) -> None:
        self._behind = 0
        self._rests_until = float("-inf")

    def look(self, now: datetime, monotonic: float) -> None:
        if monotonic < self._rests_until:
            return
        until = time.monotonic() + SECONDS
        for _ in range(LOOKS):
            behind = forgetting.forget_next(known_since(now), self._behind)
            self._behind = behind or 0
            if behind is None:
                self._rests_until = monotonic + REST_SECONDS
            if behind is None or time.monotonic() > until:
                return
