"""The product that the rows share, the row that a test plays, and the table of what came of all."""

import hashlib
import platform
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults import flows
from tests.faults.counter import CounterServer
from tests.faults.invariants import CALM, Invariants, p95
from tests.faults.lab import Lab
from tests.faults.options import seed_of
from tests.faults.parts import PATIENCE_SECONDS
from tests.faults.product import Product
from tests.faults.row import Row
from tests.faults.table import Table

_TABLE = pytest.StashKey[Table]()
_PAGES = pytest.StashKey[list[float]]()


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
    if marker is not None and report.skipped:
        item.stash[_SKIPPED] = True
    elif marker is not None and _SKIPPED not in item.stash:
        item.stash.setdefault(_HELD, True)
        item.stash[_HELD] = item.stash[_HELD] and report.passed
        if report.failed and "product" in getattr(item, "funcargs", {}):
            product = item.funcargs["product"]
            report.sections += [(f"{part.name} said", product.said(part.name)) for part in product.parts]
        if report.when == "teardown":
            item.config.stash[_TABLE].note(marker.args[0], item.name, item.stash[_HELD])
    return report


_HELD = pytest.StashKey[bool]()
_SKIPPED = pytest.StashKey[bool]()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    table = config.stash.get(_TABLE, Table())
    if not table.lines:
        return
    terminalreporter.section(f"rows (--seed {seed_of(config)})")
    for line in table.lines:
        terminalreporter.write_line(f"{line.row:>4}  {line.held} of {line.played}  {line.sentence}")
    seconds = config.stash.get(_PAGES, [])
    if seconds:
        terminalreporter.write_line(
            f"  I5  lists and editor outside of faults: p95 {p95(seconds):.2f} s of {len(seconds)}"
        )
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
        with made.running():
            yield made


@pytest.fixture(scope="session")
def lab(product: Product) -> Lab:
    return Lab(product.url, product.token, product.password)


@pytest.fixture(scope="session")
def invariants(product: Product, lab: Lab, counter: CounterServer, pytestconfig: pytest.Config) -> Iterator[Invariants]:
    """Measures memory once the parts have worked a little."""
    made = Invariants(product, lab, counter)
    lab.patiently(lambda: lab.save(flows.slow(CALM, counter.url)), 3 * PATIENCE_SECONDS)
    for execution_id in [lab.run(CALM, "slow") for _ in range(5)]:
        lab.wait(execution_id, "SUCCESS")
    lab.page("/executions")
    made.note_memory()
    yield made
    pytestconfig.stash[_PAGES] = made.page_seconds


@pytest.fixture
def row(
    request: pytest.FixtureRequest, product: Product, lab: Lab, counter: CounterServer, invariants: Invariants,
    repetition: int,
) -> Iterator[Row]:  # fmt: skip
    """The row that this test plays. What must hold after every row is judged when the test is over."""
    marker = request.node.get_closest_marker("row")
    digest = hashlib.sha256(request.node.name.encode()).hexdigest()
    name = f"{marker.args[0]}x{repetition}.n{digest[:6]}"
    product.make_whole()
    config = request.config
    chance = random.Random(f"{seed_of(config)} {name}")
    made = Row(f"faults.{name.lower()}", product, lab, counter, invariants, chance, config.getoption("long"))
    yield made
    if made.running is not None:
        made.running.stop()
    made.judge()
