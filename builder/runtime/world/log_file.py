"""The log of an attempt as a file of the execution (logToFile), in place of lines in the database."""

import tempfile
import threading
from collections.abc import Iterator
from typing import IO

from django.conf import settings

from builder.clock import Clock
from builder.runtime.files import storage
from builder.runtime.masking import Masker
from builder.runtime.world.place import Place
from builder.tasks.world.context import LEVELS

_IN_MEMORY = 1 << 20
_END = "\x1e\n"
"""Parts two lines while they wait: a message may have several."""


class LogFile:
    """Lines wait in a file without a name, so that a crash leaves none behind; masked once all secrets are known.

    Any thread may write.
    """

    def __init__(self, place: Place, masker: Masker, clock: Clock) -> None:
        self._place = place
        self._masker = masker
        self._clock = clock
        self._guard = threading.Lock()
        self._written = 0
        self._file: IO[str] | None = None
        self._is_over = False

    def write(self, level: str, message: str) -> None:
        """One line, unless the task's logLevel keeps it out."""
        if LEVELS.index(level) < LEVELS.index(self._place.level):
            return
        most = settings.MILLSTREAM["LOG_FILE_BYTES"]
        with self._guard:
            if self._is_over or self._written > most:
                return
            if self._file is None:
                self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - `keep` closes it
                    _IN_MEMORY, "w+", encoding="utf-8", errors="replace", newline=""
                )
            self._written += len(message)
            if self._written > most:
                level, message = "WARN", f"The log has more than {most:,} bytes (setting MILLSTREAM_LOG_FILE_BYTES)."
            self._file.write(f"{storage.log_line(self._clock.now(), level, self._place.path, message)}{_END}")

    def keep(self) -> str:
        """Keeps the file with the execution and returns its URI; "" when there is nothing in it. Blocking."""
        name = f"{self._place.task_id}-{self._place.attempt}.log"
        with self._guard:
            self._is_over = True
            if self._file is None:
                return ""
        with self._file, tempfile.TemporaryFile() as masked:
            for line in self._lines(self._file):
                masked.write(self._masker.text(line).encode("utf-8", "replace") + b"\n")
            masked.seek(0)
            return storage.put(self._place.execution_id, name, masked, storage.LOGS)

    def _lines(self, file: IO[str]) -> Iterator[str]:
        file.seek(0)
        waiting = ""
        for part in file:
            waiting += part
            if waiting.endswith(_END):
                yield waiting.removesuffix(_END)
                waiting = ""
