"""Row C3: a PostgreSQL server that dies and comes back, is frozen, or takes no more connections; and what row C7
says of clocks that differ, which takes several machines."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from builder.runtime import queue
from tests.doubles.product import free_port
from tests.faults import flows
from tests.faults.counter import CounterServer
from tests.faults.invariants import Invariants
from tests.faults.lab import Lab
from tests.faults.load import Load
from tests.faults.parts import wait_until
from tests.faults.product import LEASE_SECONDS, Product
from tests.faults.row import Row
from tests.faults.test_clock import clocks, nothing_lasted_less_than_nothing
from tests.faults.test_redis import WAITS_SECONDS, timed
from tests.faults.test_workers import attempts

pytestmark = pytest.mark.faults
CONNECTIONS = 40


class Server:
    """A PostgreSQL server of its own, on this machine alone. It refuses to run as root, and runs as postgres there."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self._folder, self._programs = folder, programs
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user)
        port = free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        with (folder / "postgresql.conf").open("a") as file:
            file.write(
                f"port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n"
                f"max_connections = {CONNECTIONS}\n"
            )

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), "-D", str(self._folder), *arguments]
        subprocess.run(command, check=True, user=self._user, cwd="/", stdout=subprocess.DEVNULL)

    def control(self, verb: str, *arguments: str) -> None:
        self._run("pg_ctl", verb, "-w", "-l", str(self._folder / "log"), *arguments)

    def send(self, number: int) -> None:
        """A signal to the server and to each process that it has made for a connection."""
        pid = (self._folder / "postmaster.pid").read_text().split()[0]
        children = [
            child for each in Path(f"/proc/{pid}/task").glob("*/children") for child in each.read_text().split()
        ]
        for one in (pid, *children):
            os.kill(int(one), number)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """All connections are somebody else's, also those that the product had."""
        with ExitStack() as held:
            mine = held.enter_context(psycopg.connect(self.url, autocommit=True))
            mine.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IS NOT NULL"
                " AND pid <> pg_backend_pid()"
            )
            until = time.monotonic() + 2
            while time.monotonic() < until:
                try:
                    held.enter_context(psycopg.connect(self.url))
                except psycopg.OperationalError:
                    time.sleep(0.02)
            yield


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("PostgreSQL's server is not installed (the package postgresql)")
    folder = Path(f"/tmp/faults-postgresql-{os.getpid()}")
    folder.mkdir(mode=0o700)
    made = Server(folder, found[-1].parent)
    made.control("start")
    yield made
    made.control("stop", "-m", "immediate")
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def there(server: Server, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Product]:
    """A product of its own on this server."""
    made = Product(
        tmp_path_factory.mktemp("there"), workers=2, redis_program=pytestconfig.getoption("redis"),
        settings={"DATABASE_URL": server.url},
    )  # fmt: skip
    with made.running():
        yield made


@contextmanager
def under_load(row: Row, there: Product, counter: CounterServer) -> Iterator[Lab]:
    """Something goes on the whole time; what must hold after each row must hold here too, and all calls be under way
    only once."""
    lab = Lab(there.url, there.token, there.password)
    lab.page("/")
    lab.save(flows.slow(row.namespace, counter.url))
    with Load(lab, row.namespace) as load:
        row.pause(2, 3)
        yield lab
        there.wait_until_ready()
        row.pause(1, 2)
    assert len(load.answered) > 3
    Invariants(there, lab, counter).check(row.namespace, load)


@pytest.mark.row("C3", kills=True)
def test_a_postgresql_that_dies_and_comes_back_loses_nothing(
    row: Row, server: Server, there: Product, counter: CounterServer
) -> None:
    pids = [part.pid for part in there.parts]
    with under_load(row, there, counter):
        server.control("restart", "-m", "immediate")
    assert [part.pid for part in there.parts if part.is_alive] == pids, "nobody had to be started again"


@pytest.mark.row("C3")
def test_while_postgresql_is_frozen_nobody_waits_longer_than_three_seconds(
    row: Row, server: Server, there: Product, counter: CounterServer
) -> None:
    with under_load(row, there, counter) as lab:
        server.send(signal.SIGSTOP)
        try:
            slowest = longest(lab, row, row.seconds(5, 30))
        finally:
            server.send(signal.SIGCONT)
    assert max(slowest.values()) < WAITS_SECONDS + 0.5, slowest


@pytest.mark.row("C3")
def test_while_postgresql_takes_no_connections_callers_are_told_so_and_nothing_is_lost(
    row: Row, server: Server, there: Product, counter: CounterServer
) -> None:
    with under_load(row, there, counter) as lab, server.taken():
        slowest = longest(lab, row, row.seconds(3, 30))
    assert max(slowest.values()) < WAITS_SECONDS + 0.5, slowest


def longest(lab: Lab, row: Row, seconds: float) -> dict[str, float]:
    """The longest that each kind of request takes in this time; a 503 with a reason is an answer."""
    asked: dict[str, Callable[[], object]] = {
        "run": lambda: lab.run(row.namespace, "slow"),
        "page": lambda: lab.page("/executions"),
        "health": lambda: lab.page("/health/ready"),
    }
    until = time.monotonic() + seconds
    times = dict.fromkeys(asked, 0.0)
    while time.monotonic() < until:
        for name, work in asked.items():
            times[name] = max(times[name], timed(work))
    return times


def owners(there: Product, ids: Sequence[str]) -> set[str]:
    """The workers that drive these executions now."""
    with psycopg.connect(there.environment["DATABASE_URL"]) as server:
        found = server.execute("SELECT owner FROM builder_execution WHERE id = ANY(%s) AND owner <> ''", [list(ids)])
        return {owner for (owner,) in found}


@pytest.mark.row("C7")
@pytest.mark.parametrize("minutes", [5, -5])
def test_a_worker_whose_clock_is_off_takes_nothing_from_others_and_nothing_is_taken_from_it(
    row: Row, there: Product, counter: CounterServer, tmp_path: Path, minutes: int
) -> None:
    """Its clock goes wrong in the middle of the work, and all workers are told again and again of all that goes on."""
    call = flows.flow(row.namespace, "one", flows.hit("call", counter.url, 3 * LEASE_SECONDS))
    with clocks(there, there.workers[:1], tmp_path) as ahead:
        with under_load(row, there, counter) as lab:
            lab.save(call)
            calls: list[str] = []

            def both_drive_some() -> bool:
                calls.append(lab.run(row.namespace, "one"))
                counter.wait_for_calls(1, f"{calls[-1]}/")
                row.pause(0.2, 0.4)
                return len(owners(there, calls)) == 2

            wait_until(both_drive_some, "both workers drive some")
            ahead(timedelta(minutes=minutes))
            calls += [lab.run(row.namespace, "one") for _ in range(6)]
            for _ in range(4):
                row.pause(0.5, 1)
                with there.redis() as redis:
                    redis.rpush(queue.QUEUE_KEY, *calls)
            records = [lab.wait(one, "SUCCESS") for one in calls]
            wait_until(lambda: "The clock of" in lab.page("/system")[1], "the System page tells that a clock is off")
        assert [attempts(record, "call") for record in records] == [[("SUCCESS", "")]] * len(calls)
        nothing_lasted_less_than_nothing(lab, row.namespace)
