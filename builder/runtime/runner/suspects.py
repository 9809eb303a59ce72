"""Processes of their own for executions that may be what takes their process away: few are lost with each of them."""

import itertools
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence

from django.conf import settings

from builder.engine.moving.attempts import LOSSES

SUSPECT_LOSSES = 1
"""An execution whose process vanished twice in a row (this often after the first time) runs beside few others."""
ALONE_LOSSES = 2
"""Lost among few, it runs with nothing beside it, and only what is lost from then on counts against a task."""
GUILTY_LOSSES = ALONE_LOSSES + LOSSES
"""It was lost so often while it was alone that a task of it failed for it: nobody is put beside it any more."""
MOST_LOSSES = 10
"""After so many in a row it is given up, whatever the reason."""
GAVE_UP = f"The worker process that drove it stopped {MOST_LOSSES} times; see the worker's log, then restart it."
FEW = 16
"""About the root of how many a worker drives: a poison among them costs the fewest others one more attempt."""
TURN_SECONDS = 5.0
"""How soon suspects that could not be started are tried again: their process was starting, or others had it."""
_MOST_PROCESSES = 2

log = logging.getLogger(__name__)


def places_for(losses: int) -> int | None:
    """How many are driven at once in a process for suspects that were lost so often; None: it is no suspect."""
    if losses < SUSPECT_LOSSES:
        return None
    return FEW if losses < ALONE_LOSSES else 1


def judged(suspects: Mapping[str, int]) -> dict[str, int]:
    """Those of these (ids with their losses) that count as lost more often: so few that each is alone at once."""
    few = [each for each, losses in suspects.items() if places_for(losses) == FEW]
    return dict.fromkeys(few, ALONE_LOSSES) if len(few) <= _MOST_PROCESSES else {}


def companies(suspects: Mapping[str, int]) -> list[tuple[int, Sequence[str]]]:
    """With how many places who goes into one process, of ids with their losses: two processes at the most.

    Who was lost most comes last, since it may stay to its end.
    """
    ordered = sorted(suspects, key=lambda each: suspects[each])
    few = [each for each in ordered if places_for(suspects[each]) == FEW]
    alone = [each for each in ordered if places_for(suspects[each]) == 1]
    if few and alone:
        return [(FEW, few), (1, alone)]
    places = FEW if few else 1
    halves = (few or alone)[::2], (few or alone)[1::2]
    return [(places, half) for half in halves if half]


class SuspectProcesses:
    """Starts `manage.py worker --suspects ID ...`; safe to call from any thread."""

    def __init__(self) -> None:
        self._running: dict[subprocess.Popen[bytes], frozenset[str]] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._stopped = False

    def start(self, suspects: Mapping[str, int], lost: Callable[[str], None]) -> None:
        """Starts processes for these (ids with their losses), as far as there may be more; sweep rings for the rest.

        `lost` is told the name of one that broke down, by which it held its leases.
        """
        with self._lock:
            if self._stopped:
                return
            known = frozenset().union(*self._running.values())
            for places, ids in companies({key: suspects[key] for key in suspects if key not in known}):
                if len(self._running) < _MOST_PROCESSES:
                    self._start(places, ids, lost)

    def stop(self) -> None:
        """Asks them to hand over what they drive, and waits a little; none is started any more."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()

    def _start(self, places: int, ids: Sequence[str], lost: Callable[[str], None]) -> None:
        beside = "alone" if places == 1 else f"beside {places - 1} others at the most"
        log.warning("Executions lost their process more than once; each runs %s now: %s", beside, ", ".join(ids))
        name = f"suspects.{os.getpid()}.{next(self._numbers)}"
        command = [
            sys.executable, str(settings.BASE_DIR / "manage.py"), "worker", "--places", str(places),
            "--name", name, "--suspects", *ids,
        ]  # fmt: skip
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        self._running[process] = frozenset(ids)
        owner = f"{socket.gethostname()}.{name}"
        threading.Thread(target=self._reap, args=(process, owner, lost), daemon=True).start()

    def _reap(self, process: "subprocess.Popen[bytes]", owner: str, lost: Callable[[str], None]) -> None:
        broke_down = process.wait() != 0
        with self._lock:
            del self._running[process]
        if broke_down:
            lost(owner)
