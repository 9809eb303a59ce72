"""Keeps child processes running: starts them, restarts one that dies (with back-off), stops all of them in order."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

STOP_SECONDS = 8
"""How long a child has to end by itself after SIGTERM."""
STEADY_SECONDS = 30
"""A child that ran this long starts again at once; one that keeps dying waits 1, 2, 4 ... 30 s."""
PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """In the child, before it runs: Linux ends it when the parent is gone, also by kill -9."""
    os.setpgid(0, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One process to keep running; `essential` children stop everything when they cannot start at all."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = 0
    retry_at: float = 0.0

    def start(self) -> None:
        # Each child leads a process group of its own: Ctrl-C reaches the supervisor alone, which stops them in order.
        self.process = subprocess.Popen(
            self.command, env=dict(self.environment), stdin=subprocess.DEVNULL, preexec_fn=die_with_parent
        )
        self.started_at = time.monotonic()

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None


@dataclass
class Supervisor:
    """Runs children until it is told to stop. `say` prints one line for the person at the terminal."""

    say: Callable[[str], None]
    children: list[Child] = field(default_factory=list)
    stopping: bool = False
    stop_seconds: float = STOP_SECONDS

    def add(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Child:
        child = Child(name, command, environment)
        self.children.append(child)
        child.start()
        return child

    def stop_on_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    def _ask_to_stop(self, number: int, frame: object) -> None:
        if self.stopping:
            # Asked twice: do not wait for anybody.
            self._signal_all(signal.SIGKILL)
        self.stopping = True

    def watch(self) -> None:
        """Returns when somebody asked to stop."""
        while not self.stopping:
            for child in self.children:
                self._look_after(child)
            time.sleep(0.2)

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.running or self.stopping:
            return
        if child.process is not None:
            status = child.process.returncode
            child.deaths = 1 if now - child.started_at > STEADY_SECONDS else child.deaths + 1
            wait = 0.0 if child.deaths == 1 else min(30.0, 2.0 ** (child.deaths - 2))
            child.process, child.retry_at = None, now + wait
            self.say(
                f"{child.name} stopped ({_reason(status)}); starting it again" + (f" in {wait:.0f} s." if wait else ".")
            )
        if now >= child.retry_at:
            child.start()

    def stop(self) -> None:
        """Stops the children, the last started first, so that the queue outlives its users."""
        self.stopping = True
        deadline = time.monotonic() + self.stop_seconds
        first = self.children[:1]
        for group in (self.children[1:], first):
            for child in group:
                _send(child, signal.SIGTERM)
            for child in group:
                _wait(child, deadline)
        self._signal_all(signal.SIGKILL)

    def _signal_all(self, number: int) -> None:
        for child in self.children:
            _send(child, number)


def _send(child: Child, number: int) -> None:
    if child.running and child.process is not None:
        try:
            os.killpg(child.process.pid, number)
        except ProcessLookupError:
            return


def _wait(child: Child, deadline: float) -> None:
    if child.process is None:
        return
    try:
        child.process.wait(max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        _send(child, signal.SIGKILL)
        child.process.wait(2)


def _reason(status: int | None) -> str:
    if status is not None and status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"exit status {status}"
