"""A running Millstream for tests: `manage.py up` as a person starts it, on a free port and a data folder of its own.

Where the tests run on PostgreSQL (DATABASE_URL), each data folder has a database of its own there.
"""

import atexit
import hashlib
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).parents[2]
READY_SECONDS = 180
STOP_SECONDS = 60


PORTS = range(12_000, 32_000)
"""Below those that the system gives away by itself: nobody gets one of these between the look and its use."""
_ports = random.SystemRandom()


def free_port() -> int:
    """A port to tell a program that cannot choose one itself."""
    while True:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", _ports.choice(PORTS)))
            return int(probe.getsockname()[1])


_databases: set[str] = set()


def own_database(data: Path) -> dict[str, str]:
    """The environment that names this folder's database; made at its first start, dropped when the tests are over."""
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        return {}
    name = f"product_{os.getpid()}_{hashlib.sha256(str(data).encode()).hexdigest()[:12]}"
    if name not in _databases:
        _databases.add(name)
        _on_server(server, f'CREATE DATABASE "{name}"')
        atexit.register(_on_server, server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    return {"DATABASE_URL": urlunsplit(urlsplit(server)._replace(path=f"/{name}"))}


def _on_server(server: str, statement: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement.encode())


def rows_of(data: Path, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """What one statement on the database of a data folder gives, with ? for values."""
    url = own_database(data).get("DATABASE_URL")
    if url:
        with psycopg.connect(url) as server:
            found = server.execute(statement.replace("?", "%s").encode(), values)
            return found.fetchall() if found.description else []
    with closing(sqlite3.connect(data / "millstream.sqlite3", timeout=20)) as file, file:
        return file.execute(statement, values).fetchall()


def valkey_url(data: Path) -> str:
    """The address of the Valkey that `up` has started on a data folder, with its password."""
    password = (data / "valkey" / "valkey.conf").read_text().split()[-1]
    return f"unix://:{password}@{data / 'valkey' / 'valkey.sock'}"


class Product:
    """Starts `up` and reads what it prints; stops it with Ctrl-C."""

    def __init__(self, data: Path, *arguments: str, port: int = 0, environment: dict[str, str] | None = None) -> None:
        self.data, self.port = data, port or free_port()
        self.lines: list[str] = []
        self._printed = threading.Condition()
        kept = {name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "MILLSTREAM_DATA")}
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "up", "--data", str(data), "--port", str(self.port),
             "--no-demo-model", *arguments],
            env={**kept, **own_database(data), **(environment or {})}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._printed:
                self.lines.append(line)
                self._printed.notify_all()
        with self._printed:
            self._printed.notify_all()

    def __enter__(self) -> "Product":
        self.wait_for("is ready at")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What one statement on its database gives, with ? for values."""
        return rows_of(self.data, statement, *values)

    @property
    def output(self) -> str:
        return "".join(self.lines)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def password(self) -> str:
        self.wait_for("Ctrl-C stops it")  # the line after the password's
        found = re.search(r"password: (\S+)", self.output)
        assert found, self.output
        return found[1]

    def wait_for(self, text: str, seconds: float = READY_SECONDS) -> None:
        """Returns when a line with this text was printed; fails with all that was printed."""
        deadline = time.monotonic() + seconds
        with self._printed:
            while text not in self.output:
                left = deadline - time.monotonic()
                if (
                    left <= 0
                    or not self._printed.wait(left)
                    or (self.process.poll() is not None and text not in self.output)
                ):
                    raise AssertionError(f"{text!r} was not printed. Printed was:\n{self.output}")

    def get(self, path: str) -> tuple[int, str]:
        with urllib.request.urlopen(self.url + path, timeout=60) as answer:
            return answer.status, answer.read().decode()

    def processes(self) -> dict[int, str]:
        """The processes that belong to this data folder, by their command lines or environment."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue
            if f"MILLSTREAM_DATA={self.data}".encode() in environment or str(self.data) in command:
                found[int(entry.name)] = command
        return found

    def child(self, name: str) -> int:
        """The process id of a part, such as " worker "."""
        return next(pid for pid, command in self.processes().items() if name in command)

    def stop(self, seconds: float = STOP_SECONDS) -> int:
        """Ctrl-C, and wait. Returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(seconds)
        finally:
            if self.process.poll() is None:
                self.process.kill()
            self._reader.join(5)
            if self.process.stdout is not None:
                self.process.stdout.close()
