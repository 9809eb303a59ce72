"""Looks at things that may be frozen, each in a thread of its own, so that nobody waits longer than he wants to."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from django.db import connection


class Looks:
    """A look that still runs is joined, not begun once more: a frozen server costs one thread, however often it is
    asked for. Its threads hold up no end of the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, _Look] = {}

    def take(self, wanted: Mapping[str, Callable[[], Any]], seconds: float) -> dict[str, Any]:
        """What each look found, or the exception that it raised; TimeoutError for those that take longer than this."""
        deadline = time.monotonic() + seconds
        begun = {name: self._begin(name, function) for name, function in wanted.items()}
        found: dict[str, Any] = {}
        for name, look in begun.items():
            over = look.over.wait(max(0.0, deadline - time.monotonic()))
            found[name] = look.result if over else TimeoutError(f"{name} does not answer")
        return found

    def _begin(self, name: str, function: Callable[[], Any]) -> "_Look":
        with self._lock:
            running = self._running.get(name)
            if running is None or running.over.is_set():
                running = self._running[name] = _Look(function)
                threading.Thread(target=running.run, name=f"look {name}", daemon=True).start()
            return running


class _Look:
    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self.over = threading.Event()
        self.result: Any = None

    def run(self) -> None:
        try:
            self.result = self._function()
        except Exception as error:  # whatever it is, it is the answer
            self.result = error
        finally:
            connection.close()
            self.over.set()
