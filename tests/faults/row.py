"""One playing of one row of the plan: the product, a namespace and random moments of its own, and the judgement."""

import random
import time
from dataclasses import dataclass, field
from typing import Any

from tests.faults import flows
from tests.faults.counter import CounterServer
from tests.faults.invariants import Invariants
from tests.faults.lab import Lab
from tests.faults.load import Load
from tests.faults.parts import PATIENCE_SECONDS, Part
from tests.faults.product import LEASE_SECONDS, Product


@dataclass
class Row:
    """`waiting`: executions that rightly go on when the row is over; `copies_may_overlap`: a process was frozen, and
    its call stayed open. `is_long`: outages as long as the plan says."""

    namespace: str
    product: Product
    lab: Lab
    counter: CounterServer
    invariants: Invariants
    random: random.Random
    is_long: bool
    running: Load | None = None
    waiting: list[str] = field(default_factory=list)
    copies_may_overlap: bool = False

    def load(self, **options: Any) -> Load:
        """An execution of `slow` and a page each second, until it is left."""
        rounds, seconds = (10, 2.0) if self.is_long else (4, 0.3)
        self.lab.save(flows.slow(self.namespace, self.counter.url, rounds=rounds, seconds=seconds))
        self.running = Load(self.lab, self.namespace, **options)
        return self.running

    def seconds(self, short: float, long: float) -> float:
        """How long an outage lasts: in proportion to the short leases, or as the plan says."""
        return long if self.is_long else short

    def pause(self, least: float, most: float) -> None:
        """A random moment within these seconds passes."""
        time.sleep(self.random.uniform(least, most))

    def kill_workers(self) -> None:
        """All of them, so that whoever drives something is hit; they start again at once, and listen on return."""
        for worker in self.product.workers:
            worker.kill()
        for worker in self.product.workers:
            worker.start()
        self.product.wait_until_ready()

    def another(self, kind: str, name: str) -> Part:
        """One more process, until the row is over. A worker listens on return: what it is to recover takes its time
        from then."""
        part = self.product.worker(name) if kind == "worker" else self.product.part(kind, name)
        part.start()
        self.product.extra.append(part)
        if kind == "worker":
            self.product.wait_until_ready(3 * PATIENCE_SECONDS)
        return part

    def another_worker(self) -> Part:
        return self.another("worker", "other")

    def outlast_the_lease(self) -> None:
        time.sleep(LEASE_SECONDS + 1)

    def judge(self) -> None:
        self.product.make_whole()
        self.invariants.check(
            self.namespace, self.running, waiting=self.waiting, copies_may_overlap=self.copies_may_overlap
        )
