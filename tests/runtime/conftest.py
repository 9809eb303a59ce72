"""Flows to run, and a runner that drives them here."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.runtime.runner.runner import Runner
from builder.store import births, executions, flows

Start = Callable[..., str]
Drive = Callable[[str], Execution]
PATIENCE_SECONDS = 20


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


def wait_until(holds: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def ended(execution_id: str) -> Execution:
    """The execution, once it has ended."""
    wait_until(lambda: executions.item(execution_id).ended_at is not None)
    return executions.load(execution_id)[0]


def messages(execution_id: str) -> list[str]:
    return [line.message for line in executions.logs(execution_id)]


@pytest.fixture
def runner(transactional_db: None, valkey: str) -> Iterator[Runner]:
    """A runner with room for many, and short leases."""
    made = Runner("tester", SystemClock(), places=100, lease_seconds=1.0)
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
            **environment,
        }
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, name: str = "w1") -> "subprocess.Popen[bytes]":
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker", "--name", name]
        self.processes.append(subprocess.Popen(command, env=self.environment))
        return self.processes[-1]

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()


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
