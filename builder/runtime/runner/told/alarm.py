"""One call to come on the event loop: at a time that is waited for, or a moment after something was logged."""

import asyncio
from collections.abc import Callable
from datetime import datetime

_LOOK_SECONDS = 10.0
"""How long a machine's clock that was set can be believed at the most."""


class Alarm:
    """At most one call waits; a new one takes its place."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._handle: asyncio.TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        return self._handle is not None

    def set(self, seconds: float, call: Callable[[], None]) -> None:
        """Calls it after so many seconds."""
        self.clear()
        self._handle = self._loop.call_later(max(0.0, seconds), self._ring, call)

    def set_at(self, moment: datetime, now: Callable[[], datetime], call: Callable[[], None]) -> None:
        """Calls it at this moment by the machine's clock, which may be wrong now and be set meanwhile."""
        left = (moment - now()).total_seconds()
        if left > _LOOK_SECONDS:
            self.set(_LOOK_SECONDS, lambda: self.set_at(moment, now, call))
        else:
            self.set(left, call)

    def clear(self) -> None:
        """No call comes any more."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _ring(self, call: Callable[[], None]) -> None:
        self._handle = None
        call()
