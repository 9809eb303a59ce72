"""The product as real processes that can be killed one by one: Valkey (or Redis), web, workers and schedulers.

`manage.py up` would start again what a row kills; here each part is started alone, as on several machines.
"""

import fcntl
import json
import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql
from redis import Redis
from redis.exceptions import RedisError

from tests.doubles.product import ROOT, free_port, own_database
from tests.faults.parts import PATIENCE_SECONDS, Part, wait_until

PLANTED_SECRET = "s3cr3t-VALUE-42"
LEASE_SECONDS = 3.0
_EMBEDDED = """
import json
from django.conf import settings
from builder.management import valkey
print(json.dumps([settings.REDIS_URL, str(settings.VALKEY_SOCKET.parent), valkey.command(settings.VALKEY_SOCKET)]))
"""
_SET_UP = """
import django, sys
django.setup()
from django.core.management import call_command
from builder.actions import accounts
call_command("migrate", verbosity=0, interactive=False)
accounts.create_user("lab", sys.argv[1], admin=True)
print(accounts.create_token("lab", "faults")[1])
"""


class Product:
    """Its own data folder, port and environment. `workers`: how many processes drive executions."""

    def __init__(
        self,
        data: Path,
        *,
        workers: int = 2,
        redis_program: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.data, self.logs = data, data / "process_logs"
        self.logs.mkdir(parents=True)
        self.port, self.password = free_port(), secrets.token_urlsafe(12)
        self._socket_folder: Path | None = None
        # Bytecode is kept, whatever the tests' own Python does: parts start often.
        dropped = ("MILLSTREAM_", "PYTHONDONTWRITEBYTECODE", "REDIS_URL")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        self.environment = {
            **kept, "MILLSTREAM_DATA": str(data), "PYTHONPATH": str(ROOT),
            "MILLSTREAM_LEASE_SECONDS": str(LEASE_SECONDS), "MILLSTREAM_SWEEP_SECONDS": "1",
            "MILLSTREAM_SCHEDULE_GRACE_SECONDS": "1", "MILLSTREAM_TASK_MEMORY_BYTES": "500000000",
            "MILLSTREAM_ALLOW_NETWORKS": "127.0.0.1/32", "MILLSTREAM_TASK_PACKAGES": "tests.faults.tasks",
            "SECRET_PLANTED": PLANTED_SECRET, "DJANGO_SETTINGS_MODULE": "builder.settings", **own_database(data),
            **(settings or {}),
        }  # fmt: skip
        self.redis_url, command = self._own_redis(redis_program) if redis_program else self._embedded()
        self.environment["REDIS_URL"] = self.redis_url
        self.queue = Part("valkey", "valkey", command, self.environment, self.logs / "valkey.log")
        self.web = self.part("web", "web", "--port", str(self.port))
        self.workers = [self.worker(f"w{number}") for number in range(1, workers + 1)]
        self.schedulers = [self.part("scheduler", "s1")]
        self.extra: list[Part] = []
        """What a row added, until it is over."""
        self.token = ""

    def part(self, kind: str, name: str, *arguments: str) -> Part:
        """A process of the product, not started yet."""
        command = [sys.executable, str(ROOT / "manage.py"), kind, *arguments]
        return Part(kind, name, command, self.environment, self.logs / f"{name}.log")

    def worker(self, name: str) -> Part:
        return self.part("worker", name, "--name", name)

    def _embedded(self) -> tuple[str, list[str]]:
        """The address and the command line of the Valkey that `up` starts."""
        url, folder, command = json.loads(self.manage("-c", _EMBEDDED))
        self._socket_folder = Path(folder)
        return url, command

    def _own_redis(self, program: str) -> tuple[str, list[str]]:
        folder = self.data / "queue"
        folder.mkdir()
        port, password = free_port(), secrets.token_urlsafe(12)
        options = {
            "dir": str(folder), "appendonly": "yes", "save": "", "daemonize": "no", "loglevel": "warning",
            "port": str(port), "bind": "127.0.0.1", "requirepass": password,
        }  # fmt: skip
        words = (word for name, value in options.items() for word in (f"--{name}", value))
        return f"redis://:{password}@127.0.0.1:{port}/0", [program, *words]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def parts(self) -> list[Part]:
        """In the order in which they start."""
        return [self.queue, self.web, *self.workers, *self.schedulers, *self.extra]

    def redis(self) -> Redis:
        """A client of the queue's server; close it."""
        return Redis.from_url(self.redis_url, socket_timeout=5)

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Set up, started, and gone at the end."""
        try:
            self.set_up()
            self.start()
            yield self
        finally:
            self.close()

    def set_up(self) -> None:
        """Tables, a person named lab who may see the System page, and a token."""
        done = self.manage("-c", _SET_UP, self.password)
        self.token = done.strip().splitlines()[-1]

    def manage(self, *arguments: str) -> str:
        """What a Python with this product's environment prints; `arguments` begin with -c or a file."""
        done = subprocess.run(
            [sys.executable, *arguments], env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def migrate(self) -> str:
        return self.manage(str(ROOT / "manage.py"), "migrate", "--no-input")

    def start(self) -> None:
        for part in self.parts:
            part.start()
        self.wait_until_ready(3 * PATIENCE_SECONDS)

    def wait_until_ready(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Web answers, Redis does, and the workers listen."""
        wait_until(self._is_ready, "web and Redis answer", seconds)
        wait_until(self._workers_listen, "the workers listen", seconds)

    def _workers_listen(self) -> bool:
        """Each that should be there has said so to Redis under its present process id."""
        there = [part for part in self.parts if part.kind == "worker" and part.is_alive]
        try:
            with self.redis() as client:
                keys = [f"rq:worker:{socket.gethostname()}.{part.name}" for part in there]
                return all(
                    client.hget(key, "pid") == str(part.pid).encode() for key, part in zip(keys, there, strict=True)
                )
        except RedisError:
            return False

    def _is_ready(self) -> bool:
        try:
            with self.redis() as client, urllib.request.urlopen(f"{self.url}/health/ready", timeout=5) as answer:
                return bool(client.ping()) and answer.status == 200
        except (OSError, RedisError, urllib.error.URLError):
            return False

    def make_whole(self) -> None:
        """Whatever a row did to the parts is undone: the frozen are thawed, the dead started."""
        for part in self.parts:
            if part.is_frozen:
                part.thaw()
        while self.extra:
            self.extra.pop().stop()
        self.tend()
        self.wait_until_ready()

    def freeze(self, part: Part) -> None:
        """Between two transactions: what is frozen inside of one holds its locks until it is thawed (see row C1)."""
        wait_until(lambda: self._frozen_without_locks(part), f"{part.name} is outside of a transaction")

    def _frozen_without_locks(self, part: Part) -> bool:
        part.freeze()
        if self._is_writable():
            return True
        part.thaw()
        return False

    def _is_writable(self) -> bool:
        """Whether somebody else can write within a moment."""
        if "DATABASE_URL" in self.environment:
            return True
        with closing(sqlite3.connect(self.data / "millstream.sqlite3", timeout=1)) as file:
            try:
                file.execute("BEGIN IMMEDIATE")
                file.rollback()
            except sqlite3.OperationalError:
                return False
        gate = os.open(self.data / "millstream.sqlite3.gate", os.O_RDWR)
        try:
            fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            return False
        finally:
            os.close(gate)

    def tend(self) -> None:
        """As a service manager does: what died by itself starts again."""
        for part in self.parts:
            if part.wanted and not part.is_alive:
                part.start()

    def stop(self) -> None:
        for part in reversed(self.parts):
            if part.process is not None:
                part.stop()

    def kill_all(self) -> None:
        """The whole machine goes."""
        for part in self.parts:
            part.kill()
        for pid in self.strangers():
            os.kill(pid, 9)

    def strangers(self) -> dict[int, str]:
        """Processes of this data folder that are none of the parts, and not what makes processes for a living one."""
        known = {part.pid for part in self.parts if part.process is not None} | {os.getpid()}
        return {
            pid: command
            for pid, command in self._processes()
            if pid not in known and not ("multiprocessing" in command and _parent(pid) in known)
        }

    def _processes(self) -> Iterable[tuple[int, str]]:
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                if f"MILLSTREAM_DATA={self.data}\0".encode() in (entry / "environ").read_bytes():
                    yield int(entry.name), (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue

    def said(self, name: str, lines: int = 30) -> str:
        """The end of what a process printed."""
        path = self.logs / f"{name}.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""

    def close(self) -> None:
        self.kill_all()
        if self._socket_folder is not None:
            shutil.rmtree(self._socket_folder, ignore_errors=True)

    def dump(self) -> bytes:
        """Everything the product keeps and has printed (database, queue, files, logs)."""
        found: list[bytes] = list(self._tables())
        for path in self.data.rglob("*"):
            try:
                if path.is_file() and path.name != "secret_key":
                    found.append(path.read_bytes())
            except OSError:
                continue
        return b"\n".join(found)

    def _tables(self) -> Iterable[bytes]:
        """What PostgreSQL holds; SQLite's file lies among the others."""
        if "DATABASE_URL" not in self.environment:
            return
        with psycopg.connect(self.environment["DATABASE_URL"]) as server:
            names = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            for (name,) in names:
                with server.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(name))) as rows:
                    yield b"".join(map(bytes, rows))


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
