"""The product under test, started as a person starts it, with a client and a watcher."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.ends import Ends
from tests.benchmarks.processes import cpu_seconds, parts
from tests.benchmarks.way_in import Api, make_token
from tests.doubles.product import Product, valkey_url

ENVIRONMENT = {"MILLSTREAM_ALLOW_NETWORKS": "127.0.0.0/8"}


@dataclass(frozen=True, slots=True)
class Measured:
    """One execution: when it was asked for, when the answer came, when its end was seen (time.time())."""

    id: str
    asked: float
    answered: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.asked


@dataclass
class Bench:
    """`quick`: fewer repetitions. `start_seconds`: how long the second start took until the ready line,
    and how much processor time."""

    product: Product
    api: Api
    ends: Ends
    data: Path
    quick: bool
    start_seconds: float
    start_cpu_seconds: float
    password: str = ""
    runs: dict[str, list[Measured]] = field(default_factory=dict)

    def repeat(self, flow_id: str, times: int, warm: int = 3) -> list[float]:
        """Latencies of executions one after another."""
        for _ in range(warm):
            self._one(flow_id)
        self.runs[flow_id] = [self._one(flow_id) for _ in range(times)]
        return [one.seconds for one in self.runs[flow_id]]

    def _one(self, flow_id: str) -> Measured:
        asked = time.time()
        execution_id = self.api.run(flow_id)
        answered = time.time()
        return Measured(execution_id, asked, answered, self.ends.wait(execution_id))


@contextmanager
def started(folder: Path, *, quick: bool) -> Iterator[Bench]:
    """Starts twice, since the first start makes the database; measures on the second."""
    data = folder / "data"
    environment = {**os.environ, **ENVIRONMENT, "MILLSTREAM_DATA": str(data)}
    with Product(data, environment=ENVIRONMENT) as first:
        token, password = make_token(first, environment), first.password
    begun = time.monotonic()
    with Product(data, environment=ENVIRONMENT) as product:
        seconds = time.monotonic() - begun
        used = sum(cpu_seconds(pid) for pid in parts(product).values())
        ends = Ends(valkey_url(data))
        try:
            yield Bench(product, Api(product.port, token), ends, data, quick, seconds, used, password)
        finally:
            ends.close()
