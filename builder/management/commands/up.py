"""`manage.py up`: the whole product on this machine with one command."""

import fcntl
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from typing import IO, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from builder.actions import accounts
from builder.management import valkey
from builder.management.demo_model import DemoModel, DemoModelProblem
from builder.management.supervisor import STOP_SECONDS, Child, Supervisor

SLOW_SECONDS = 20
"""After so long a start, a line says that it goes on."""
READY_SECONDS = 300
"""How long the web process may take to start; one that dies is told of at once."""
EVERYWHERE = ("0.0.0.0", "::")


class Command(BaseCommand):
    help = "Runs Millstream: the web pages, a worker, the scheduler and, unless REDIS_URL is set, an embedded Valkey."
    requires_system_checks: list[str] = []  # each part checks itself; a second start is quick

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default 127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="the port to listen on (default 8000)")
        parser.add_argument("--data", metavar="DIR", help="where flows, history and files are kept (default data/)")
        parser.add_argument("--no-demo-model", action="store_true", help="leave the small demo model out")
        parser.add_argument("--workers", type=int, default=1, metavar="N", help="worker processes (default 1)")

    def handle(self, **options: Any) -> None:
        if options["workers"] < 1:
            raise CommandError("--workers must be at least 1.")
        lock = self._lock()
        check_port(options["host"], options["port"])
        supervisor = Supervisor(self.say, stop_seconds=STOP_SECONDS + settings.MILLSTREAM["GRACE_SECONDS"])
        supervisor.stop_on_signals()
        model = None if options["no_demo_model"] else DemoModel(settings.DATA)
        try:
            self._run(supervisor, model, options)
        finally:
            supervisor.stop()
            if model is not None:
                model.stop()
            lock.close()
        self.say("Stopped.")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _run(self, supervisor: Supervisor, model: DemoModel | None, options: dict[str, Any]) -> None:
        environment = {**os.environ, "MILLSTREAM_DATA": str(settings.DATA)}
        if options["host"] not in (*settings.ALLOWED_HOSTS, *EVERYWHERE):
            environment["MILLSTREAM_HOSTS"] = ",".join([*settings.ALLOWED_HOSTS, options["host"]])
        if not os.environ.get("REDIS_URL"):
            valkey.stop_earlier(settings.VALKEY_SOCKET)
            supervisor.add("valkey", valkey.command(settings.VALKEY_SOCKET), environment)
        call_command("migrate", verbosity=0, interactive=False)
        password = accounts.create_first_user()
        valkey.wait_until_ready(settings.REDIS_URL)
        environment.update(self._demo_model(model))
        environment.setdefault("MILLSTREAM_URL", f"http://{_shown(options['host'])}:{options['port']}")
        self._start_parts(supervisor, environment, options, password)
        supervisor.watch()
        self.say("\nStopping.")

    def _start_parts(
        self, supervisor: Supervisor, environment: dict[str, str], options: dict[str, Any], password: str | None
    ) -> None:
        program = [sys.executable, str(settings.BASE_DIR / "manage.py")]
        web = [*program, "web", "--host", options["host"], "--port", str(options["port"])]
        pages = supervisor.add("web", web, environment)
        for number in range(1, options["workers"] + 1):
            supervisor.add(f"worker {number}", [*program, "worker", "--name", f"worker-{number}"], environment)
        address = f"http://{_shown(options['host'])}:{options['port']}"
        if self._wait_until_ready(supervisor, pages, address):
            # Last, since on two processors it would hold up the pages; it catches up with what was due.
            supervisor.add("scheduler", [*program, "scheduler"], environment)
            self._welcome(address, password, options["host"])

    def _demo_model(self, model: DemoModel | None) -> dict[str, str]:
        """The environment through which the parts learn of the demo model, or why there is none."""
        if model is None:
            return {"MILLSTREAM_DEMO_MODEL_STATE": "off"}
        try:
            model.ensure_installed(self.say)
            return {"MILLSTREAM_DEMO_MODEL_URL": model.start(), "MILLSTREAM_DEMO_MODEL_STATE": "running"}
        except DemoModelProblem as problem:
            self.say(f"The demo model is left out: {problem}")
            return {"MILLSTREAM_DEMO_MODEL_STATE": str(problem)}

    def _wait_until_ready(self, supervisor: Supervisor, pages: Child, address: str) -> bool:
        """Whether the pages answer; False when somebody asked to stop before."""
        begun, told = time.monotonic(), False
        while not supervisor.stopping:
            try:
                with urllib.request.urlopen(f"{address}/health/live", timeout=2):
                    return True
            except (urllib.error.URLError, OSError):
                waited = time.monotonic() - begun
            if not pages.running or waited > READY_SECONDS:
                raise CommandError("the web process did not come up; its messages are above.")
            if waited > SLOW_SECONDS and not told:
                told = True
                self.say("The pages are still starting: this machine is slow or busy.")
            time.sleep(0.05)
        return False

    def _welcome(self, address: str, password: str | None, host: str) -> None:
        self.say(f"\nMillstream is ready at {address}")
        if password is not None:
            self.say(
                f"First login: admin  password: {password}  "
                "(shown only now; change it in the app: your name, below left)"
            )
        if host in EVERYWHERE:
            self.say(f"From other machines it answers to MILLSTREAM_HOSTS: {', '.join(settings.ALLOWED_HOSTS)}")
        self.say("Ctrl-C stops it.")

    def _lock(self) -> IO[str]:
        """One `up` a data folder; the kernel lets go of the lock however the process ends."""
        try:
            settings.DATA.mkdir(parents=True, exist_ok=True)
            lock = open(settings.DATA / "up.lock", "w")  # noqa: SIM115  # held for the life of the process
        except OSError as error:
            raise CommandError(
                f"cannot write to {settings.DATA} ({error.strerror}). Choose a folder of your own: "
                "python3 manage.py up --data ~/millstream"
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CommandError(
                f"Millstream already runs on {settings.DATA}. Stop it with Ctrl-C where it was started, or choose "
                "another folder with --data."
            ) from error
        return lock


def check_port(host: str, port: int) -> None:
    """Raises CommandError in one sentence when nobody could listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise CommandError(
                f"cannot listen on {host}:{port} ({getattr(error, 'strerror', None) or error}). Choose another port: "
                f"python3 manage.py up --port {port + 1 if 0 < port < 65535 else 8001}"
            ) from error


def _shown(host: str) -> str:
    return "127.0.0.1" if host in EVERYWHERE else f"[{host}]" if ":" in host else host
