"""One process of the product, by its id: started, killed, frozen, thawed, asked to stop."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from builder.management.supervisor import die_with_parent

PATIENCE_SECONDS = 60.0


@dataclass
class Part:
    """`kind`: valkey, web, worker or scheduler. Start it in a thread that lasts: it dies with the thread."""

    kind: str
    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: "subprocess.Popen[bytes] | None" = None
    wanted: bool = False
    """Whether it should be running: what is dead against this is started again between rows."""
    is_frozen: bool = False

    def start(self) -> None:
        self.reap()
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command, env=dict(self.environment), stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, preexec_fn=die_with_parent,
            )  # fmt: skip
        self.wanted, self.is_frozen = True, False

    @property
    def pid(self) -> int:
        assert self.process is not None, f"{self.name} was never started"
        return self.process.pid

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def send(self, number: int) -> None:
        if self.is_alive:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL of this process alone; it is gone when this returns."""
        self.send(signal.SIGKILL)
        self.reap()

    def freeze(self) -> None:
        self.send(signal.SIGSTOP)
        self.is_frozen = True

    def thaw(self) -> None:
        self.send(signal.SIGCONT)
        self.is_frozen = False

    def term(self, seconds: float = PATIENCE_SECONDS) -> int:
        """SIGTERM, and wait; its exit status."""
        self.send(signal.SIGTERM)
        assert self.process is not None
        return self.process.wait(seconds)

    def stop(self) -> None:
        """As a deployment stops it; killed if it does not heed."""
        self.wanted = False
        self.thaw()
        try:
            self.term(15)
        except subprocess.TimeoutExpired:
            self.kill()

    def restart(self) -> None:
        self.kill()
        self.start()

    def reap(self) -> None:
        if self.process is not None:
            self.process.wait(PATIENCE_SECONDS)

    def children(self) -> list[int]:
        """Its child processes (executions that run alone, isolated tasks)."""
        lists = Path(f"/proc/{self.pid}/task").glob("*/children")
        return [int(pid) for each in lists for pid in each.read_text().split()]

    @property
    def processor_seconds(self) -> float:
        """What it has used since it was started."""
        numbers = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")

    def is_calm(self) -> bool:
        """Whether it has little to do for a second: a process that starts still loads much beside its work."""
        before = self.processor_seconds
        time.sleep(1)
        return self.processor_seconds - before < 0.3

    @property
    def memory_mb(self) -> float:
        """What it holds in memory now."""
        try:
            lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        except OSError:
            return 0.0
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)

    @property
    def handles(self) -> int:
        """Open files and connections."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    @property
    def threads(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/task"))


def wait_until(holds: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Looks again and again; fails with `what` when it does not hold in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.05)
