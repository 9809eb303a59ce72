"""Processes of their own for executions that may be what takes their process away: nothing else is lost with them."""

import logging
import subprocess
import sys
import threading

from django.conf import settings

MOST = 2
SUSPECT_LOSSES = 1
"""An execution whose process vanished twice in a row (this often after the first time) runs alone."""
TURN_SECONDS = 5.0
"""How soon an execution that could not be started alone is tried again: its process was starting, or others had it."""
MOST_LOSSES = 10
"""After so many in a row it is given up, whatever the reason."""
GAVE_UP = f"The worker process that drove it stopped {MOST_LOSSES} times; see the worker's log, then restart it."

log = logging.getLogger(__name__)


class AloneProcesses:
    """Starts `manage.py worker --alone ID`; safe to call from any thread."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()

    def start(self, execution_id: str) -> None:
        """Starts one unless it runs already or there are too many; then sweep rings for it again."""
        with self._lock:
            if execution_id in self._running or len(self._running) >= MOST:
                return
            log.warning("Execution %s lost its process more than once: it runs alone now", execution_id)
            command = [
                sys.executable, str(settings.BASE_DIR / "manage.py"), "worker", "--alone", execution_id,
                "--name", f"alone.{execution_id}",
            ]  # fmt: skip
            self._running[execution_id] = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        threading.Thread(target=self._reap, args=(execution_id,), daemon=True).start()

    def stop(self) -> None:
        """Asks them to hand over what they drive, and waits a little."""
        with self._lock:
            running = list(self._running.values())
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()

    def _reap(self, execution_id: str) -> None:
        self._running[execution_id].wait()
        with self._lock:
            del self._running[execution_id]
