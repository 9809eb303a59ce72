"""What goes to the page that watches an attempt: pieces of text as they come, and the request that was sent."""

import asyncio
import logging
import threading
from collections.abc import Callable

from builder.runtime.files import storage
from builder.runtime.masking import StreamMasker
from builder.runtime.world.place import Place

STREAM_SECONDS = 0.05
_STREAM_LETTERS = 1_000_000

log = logging.getLogger(__name__)


class Stream:
    """Pieces of text, gathered for a moment so that a fast model makes no flood of messages."""

    def __init__(self, masker: StreamMasker, publish: Callable[[str, int], None]) -> None:
        self._masker = masker
        self._publish = publish
        self._waiting = ""
        self._offset = 0
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, text: str) -> None:
        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        if here:
            self._add(text)
        else:
            self._loop.call_soon_threadsafe(self._add, text)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._waiting += self._masker.rest()
        self._flush()

    def _add(self, text: str) -> None:
        self._waiting += self._masker.feed(text)
        if self._timer is None:
            self._timer = self._loop.call_later(STREAM_SECONDS, self._flush)

    def _flush(self) -> None:
        self._timer = None
        text, self._waiting = self._waiting, ""
        if text and self._offset < _STREAM_LETTERS:
            self._publish(text, self._offset)
            self._offset += len(text)


class Sent:
    """Writes requests beside the event loop, in whatever thread is free; the last one stays."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._asked = self._written = 0

    def keep(self, text: str) -> None:
        self._asked += 1
        self._loop.run_in_executor(None, self._write, self._asked, text)

    def _write(self, number: int, text: str) -> None:
        with self._lock:
            if number < self._written:
                return
            self._written = number
            try:
                storage.keep_sent(self._place.execution_id, self._place.run_id, self._place.attempt, text)
            except OSError as error:
                log.warning("A request of %s could not be kept: %s", self._place.path, error)
