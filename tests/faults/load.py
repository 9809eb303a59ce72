"""What goes on beside a fault: executions are started and pages looked at, each once in a while, and written down."""

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from tests.faults.lab import AWAY, Lab, Refused


def pages(namespace: str, flow_id: str) -> tuple[str, ...]:
    """The lists of executions and flows, and the editor of this flow."""
    return "/executions", "/flows", f"/flows/{namespace}/{flow_id}/edit"


@dataclass
class Load:
    """In threads of its own, until it is left. `every_seconds` apart, one execution and one page."""

    lab: Lab
    namespace: str
    flow_id: str = "slow"
    every_seconds: float = 1.0
    answered: dict[int, str] = field(default_factory=dict)
    """The execution's id by the number that was sent along."""
    unanswered: list[int] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)
    """The status of each page that was answered."""
    errors: list[str] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        for work in (self._start_executions, self._look_at_pages):
            self._threads.append(threading.Thread(target=self._paced, args=(work,), daemon=True))
            self._threads[-1].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _paced(self, work: Callable[[int], None]) -> None:
        due = time.monotonic()
        for number in itertools.count(1):
            if self._stopping.wait(max(0.0, due - time.monotonic())):
                return
            due = max(due, time.monotonic() - self.every_seconds) + self.every_seconds
            work(number)

    def _start_executions(self, number: int) -> None:
        try:
            self.answered[number] = self.lab.run(
                self.namespace, self.flow_id, {"number": number}, labels=[f"number:{number}"]
            )
        except Refused as refused:
            self.unanswered.append(number)
            self._judge(refused.status, refused.text)
        except AWAY:
            self.unanswered.append(number)

    def _look_at_pages(self, number: int) -> None:
        looked_at = pages(self.namespace, self.flow_id)
        try:
            status, text = self.lab.page(looked_at[number % len(looked_at)])
        except AWAY:
            return
        self.pages.append(status)
        self._judge(status, text)

    def _judge(self, status: int, text: str) -> None:
        """An answer of 5xx is allowed with a reason that a user can read: 503, in a sentence."""
        if status >= 500 and not (status == 503 and len(text) > 20):
            self.errors.append(f"{status}: {text[:300]}")
