"""Flows to run, and a runner that drives them here."""

import asyncio
import ipaddress
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection

from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.runtime.runner.runner import Runner
from builder.store import births, executions, flows
from tests.doubles.patience import PATIENCE_SECONDS, wait_until
from tests.doubles.threads import ClosingThreads

Start = Callable[..., str]
Drive = Callable[[str], Execution]


def publish(source: str, flow_id: str = "one", namespace: str = "team") -> None:
    """Makes a flow of these tasks (or whole text) known."""
    text = source if source.lstrip().startswith("id:") else f"id: {flow_id}\nnamespace: {namespace}\n{source}"
    births.checked(text).valid_flow  # noqa: B018 - raises when the test's own flow is wrong
    flows.publish(namespace=namespace, flow_id=flow_id, source=text, by="tests", now=SystemClock().now())


def create(flow_id: str = "one", namespace: str = "team", inputs: Mapping[str, Any] | None = None) -> str:
    """A new execution's id; nobody was told of it."""
    now = SystemClock().now()
    found = births.runnable(namespace, flow_id)
    values = births.resolved_inputs(found.flow, found.revision, inputs or {}, now)
    return executions.create(births.born(found.flow, found.revision, now, inputs=values)).id


def ended(execution_id: str, seconds: float = PATIENCE_SECONDS) -> Execution:
    """The execution, once it has ended."""
    wait_until(lambda: executions.item(execution_id).ended_at is not None, seconds)
    return executions.load(execution_id)[0]


@pytest.fixture
async def closing_threads() -> None:
    """`asyncio.to_thread` of this test leaves no database connection open."""
    asyncio.get_running_loop().set_default_executor(ClosingThreads())


def messages(execution_id: str) -> list[str]:
    return [line.message for line in executions.logs(execution_id, min_level="INFO")]


class SweptRunner(Runner):
    """Takes again what it was given once, as soon as that is due.

    Who rings just when an execution is let go of is not heard; in an installation sweep rings again, and here this.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._given: set[str] = set()
        self._over = threading.Event()
        self._sweeping = threading.Thread(target=self._sweep)

    def start(self) -> None:
        super().start()
        self._sweeping.start()

    def take(self, ids: Sequence[str]) -> None:
        self._given |= set(ids)
        super().take(ids)

    def stop(self) -> None:
        self._over.set()
        self._sweeping.join()
        super().stop()

    def _sweep(self) -> None:
        while not self._over.wait(0.25):
            if due := self._given.intersection(executions.due(SystemClock().now())):
                super().take(sorted(due))
        connection.close()


@pytest.fixture
def runner(transactional_db: None, valkey: str, settings: Any, tmp_path: Path) -> Iterator[Runner]:
    """A runner with room for many, and short leases; tasks may reach this machine."""
    settings.MEDIA_ROOT = str(tmp_path / "files")
    settings.MILLSTREAM = {**settings.MILLSTREAM, "ALLOW_NETWORKS": (ipaddress.ip_network("127.0.0.1/32"),),
                           "WORK_FOLDER": tmp_path / "work"}  # fmt: skip
    made = SweptRunner("tester", SystemClock(), places=100, lease_seconds=1.0)
    made.start()
    yield made
    made.stop()


class Worker:
    """A real `manage.py worker` process on the tests' database and Valkey."""

    def __init__(self, valkey: str, data: Path, **environment: str) -> None:
        self.environment = {
            **os.environ,
            "DATABASE_URL": _database_url(),
            "REDIS_URL": valkey,
            "MILLSTREAM_DATA": str(data),
            "MILLSTREAM_LEASE_SECONDS": "1.5",
            "MILLSTREAM_ALLOW_NETWORKS": "127.0.0.1/32",
            **environment,
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        self._ending = threading.Event()
        self._keeper: threading.Thread | None = None

    def start(self, name: str = "w1") -> "subprocess.Popen[bytes]":
        command = [sys.executable, str(django_settings.BASE_DIR / "manage.py"), "worker", "--name", name]
        self.processes.append(subprocess.Popen(command, env=self.environment))
        return self.processes[-1]

    def keep_alive(self, name: str) -> None:
        """Starts it, and again whenever it dies, as `up` and service managers do."""

        def restart() -> None:
            while not self._ending.is_set():
                self.start(name).wait()

        self._keeper = threading.Thread(target=restart)
        self._keeper.start()

    def end(self) -> None:
        self._ending.set()
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        if self._keeper is not None:
            self._keeper.join()


def _database_url() -> str:
    config = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{config['NAME']}"
    return f"postgresql://{config['USER']}:{config['PASSWORD']}@{config['HOST']}:{config['PORT']}/{config['NAME']}"


@pytest.fixture
def worker(transactional_db: None, valkey: str, tmp_path: Path) -> Iterator[Worker]:
    made = Worker(valkey, tmp_path)
    yield made
    made.end()


@pytest.fixture
def slow_url() -> Iterator[str]:
    """A real HTTP server that never answers, on an address that tasks may reach."""
    server = SlowServer()
    yield server.url
    server.close()


class SlowServer:
    """Answers nobody before it is told to; counts who asks and whose connection was cut."""

    def __init__(self) -> None:
        self.asked = 0
        self.cut = 0
        self._may_answer = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/"

    async def _start(self) -> asyncio.Server:
        return await asyncio.start_server(self._answer, "127.0.0.1", 0)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        await reader.readuntil(b"\r\n\r\n")
        hung_up, may_answer = asyncio.create_task(_ended(reader)), asyncio.create_task(self._may_answer.wait())
        await asyncio.wait({hung_up, may_answer}, return_when=asyncio.FIRST_COMPLETED)
        if hung_up.done():
            self.cut += 1
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            with suppress(ConnectionError):
                await writer.drain()
        for one in (hung_up, may_answer):
            one.cancel()
        writer.close()

    def answer(self) -> None:
        """Answers those that wait, and from now on whoever asks."""
        self._loop.call_soon_threadsafe(self._may_answer.set)

    def close(self) -> None:
        async def end() -> None:
            self._server.close()
            others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _ended(reader: asyncio.StreamReader) -> None:
    with suppress(ConnectionError):
        await reader.read()
