"""The product that the rows share, the row that a test plays, and the table of what came of all."""

import platform
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults import flows
from tests.faults.counter import CounterServer
from tests.faults.invariants import Invariants
from tests.faults.lab import Lab
from tests.faults.load import Load
from tests.faults.options import seed_of
from tests.faults.parts import Part
from tests.faults.product import LEASE_SECONDS, Product
from tests.faults.table import Table

_TABLE = pytest.StashKey[Table]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_TABLE] = Table()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A kill row is played several times, each time at other moments."""
    marker = metafunc.definition.get_closest_marker("row")
    if marker is not None:
        times = int(metafunc.config.getoption("repeat")) if marker.kwargs.get("kills") else 1
        metafunc.parametrize("repetition", range(1, times + 1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: "pytest.CallInfo[None]") -> Any:
    report = yield
    marker = item.get_closest_marker("row")
    if marker is not None and not report.skipped:
        item.stash.setdefault(_HELD, True)
        item.stash[_HELD] = item.stash[_HELD] and report.passed
        if report.when == "teardown":
            item.config.stash[_TABLE].note(marker.args[0], item.name, item.stash[_HELD])
    return report


_HELD = pytest.StashKey[bool]()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    table = config.stash.get(_TABLE, Table())
    if not table.lines:
        return
    terminalreporter.section(f"rows (--seed {seed_of(config)})")
    for line in table.lines:
        terminalreporter.write_line(f"{line.row:>4}  {line.held} of {line.played}  {line.sentence}")
    if config.getoption("table"):
        table.write(Path(config.getoption("table")), _described(config))


def _described(config: pytest.Config) -> str:
    database = "PostgreSQL" if str(config.getoption("database") or "").startswith("postgres") else "SQLite"
    queue = Path(config.getoption("redis") or "Valkey").name
    length = ", long" if config.getoption("long") else ""
    return f"{database}, {queue}, {config.getoption('workers')} workers, Python {platform.python_version()}{length}"


@pytest.fixture(scope="session")
def counter() -> Iterator[CounterServer]:
    server = CounterServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Product]:
    """Started once for all rows; each row finds it whole."""
    with pytest.MonkeyPatch.context() as patched:
        if pytestconfig.getoption("database"):
            patched.setenv("DATABASE_URL", pytestconfig.getoption("database"))
        made = Product(
            tmp_path_factory.mktemp("product"),
            workers=pytestconfig.getoption("workers"),
            redis_program=pytestconfig.getoption("redis"),
        )
        try:
            made.set_up()
            made.start()
            yield made
        finally:
            made.close()


@pytest.fixture(scope="session")
def lab(product: Product) -> Lab:
    return Lab(product.url, product.token, product.password)


@pytest.fixture(scope="session")
def invariants(product: Product, lab: Lab, counter: CounterServer) -> Invariants:
    """Measures memory once the parts have worked a little."""
    made = Invariants(product, lab, counter)
    lab.save(flows.slow("warm", counter.url))
    for execution_id in [lab.run("warm", "slow") for _ in range(5)]:
        lab.wait(execution_id, "SUCCESS")
    lab.page("/executions")
    made.note_memory()
    return made


class Row:
    """One playing of one row: a namespace and a source of random moments of its own."""

    def __init__(
        self,
        name: str,
        product: Product,
        lab: Lab,
        counter: CounterServer,
        invariants: Invariants,
        seed: int,
        long: bool,
    ) -> None:
        self.namespace = f"faults.{name.lower()}"
        self.product, self.lab, self.counter = product, lab, counter
        self.random = random.Random(f"{seed} {name}")
        self.is_long = long
        self.running: Load | None = None
        self.waiting: list[str] = []
        """Executions that rightly go on when the row is over."""
        self.copies_may_overlap = False
        self._invariants = invariants
        self._extra: list[Part] = []

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

    @property
    def worker(self) -> Part:
        """One of the workers, by chance."""
        return self.random.choice(self.product.workers)

    def kill_workers(self) -> None:
        """All of them, so that whoever drives something is hit; they start again at once."""
        for worker in self.product.workers:
            worker.kill()
        for worker in self.product.workers:
            worker.start()

    def outlast_the_lease(self) -> None:
        time.sleep(LEASE_SECONDS + 1)

    def judge(self) -> None:
        self.product.make_whole()
        self._invariants.check(
            self.namespace, self.running, waiting=self.waiting, copies_may_overlap=self.copies_may_overlap
        )


@pytest.fixture
def row(
    request: pytest.FixtureRequest, product: Product, lab: Lab, counter: CounterServer, invariants: Invariants,
    repetition: int,
) -> Iterator[Row]:  # fmt: skip
    """The row that this test plays. What must hold after every row is judged when the test is over."""
    marker = request.node.get_closest_marker("row")
    number = next(_NUMBERS)
    name = f"{marker.args[0]}.n{number}x{repetition}"
    config = request.config
    product.make_whole()
    made = Row(name, product, lab, counter, invariants, seed_of(config), config.getoption("long"))
    yield made
    if made.running is not None:
        made.running.stop()
    made.judge()


_NUMBERS = iter(range(1, 1_000_000))
