"""Rows C5 and C6: a disk that is full, and folders that cannot be written or are not there."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.faults import flows
from tests.faults.lab import Lab, Refused
from tests.faults.parts import PATIENCE_SECONDS, Part, wait_until
from tests.faults.product import Product
from tests.faults.row import Row

pytestmark = pytest.mark.faults
SMALL = "64m"
SOMEBODY_ELSE = 65534
POWER = "-dac_override,-dac_read_search"
KEEP = '{id: keep, type: io.kestra.plugin.core.storage.Write, content: "hello", extension: .txt}'


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """A file system at this folder, where the user may mount one."""
    done = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Product]:
    """A product of its own whose disk is small."""
    if os.environ.get("DATABASE_URL"):
        pytest.skip("the disk of a PostgreSQL server is its own affair")
    data = tmp_path / "small"
    data.mkdir()
    size = ("-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs")
    with mounted(data, *size), Product(data, workers=1).running() as product:
        yield product


def fill(data: Path) -> Path:
    """A file that takes all that is left."""
    path = data / "filling"
    with path.open("wb") as file, pytest.raises(OSError, match="space"):
        while True:
            file.write(b"x" * 65536)
            file.flush()
    return path


@pytest.mark.row("C5")
def test_on_a_full_disk_work_waits_and_pages_answer_and_all_goes_on_when_there_is_space(
    row: Row, small: Product
) -> None:
    lab = Lab(small.url, small.token, small.password)
    lab.patiently(lambda: lab.save(flows.flow("disk", "keeping", flows.hit("call", row.counter.url, 2), KEEP)))
    lab.wait(lab.run("disk", "keeping"), "SUCCESS")
    lab.page("/executions")
    one = lab.run("disk", "keeping")
    row.counter.wait_for_calls(1, f"{one}/")
    filling = fill(small.data)
    row.counter.wait_for_ends(1, f"{one}/")
    with pytest.raises(Refused) as refused:
        for _ in range(1000):  # until the last page of the database is full too
            lab.run("disk", "keeping")
    assert refused.value.status == 503 and "full" in refused.value.text
    for path in ("/executions", "/flows", "/", f"/executions/{one}"):
        assert lab.page(path)[0] == 200
    status, text = lab.page("/health/ready")
    assert status == 503 and "full" in text
    filling.unlink()
    wait_until(lambda: lab.page("/health/ready")[0] == 200, "health is well again")
    record = lab.wait(one, "SUCCESS", "FAILED")
    if record["state"]["current"] == "FAILED":
        assert "no space" in record["taskRunList"][-1]["message"].lower()
    lab.wait(lab.run("disk", "keeping"), "SUCCESS")
    wait_until(lambda: not lab.found("disk", state=["CREATED", "RUNNING"]), "all end", 2 * PATIENCE_SECONDS)
    assert all(part.is_alive for part in small.parts)
    with closing(sqlite3.connect(small.data / "millstream.sqlite3")) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def says_why(row: Row, *words: str) -> None:
    """Health does not accept work, and a task that keeps a file fails: both name the folder's trouble."""
    status, text = row.lab.page("/health/ready")
    assert status == 503 and all(word in text for word in ("folder", *words)), text
    record = row.lab.wait(row.lab.run(row.namespace, "keeping"), "FAILED")
    assert any(word in record["taskRunList"][0]["message"] for word in words), record["taskRunList"][0]["message"]


@contextmanager
def without_roots_power(row: Row) -> Iterator[None]:
    """Web and workers may open what they own, as any other user; root alone may open what is somebody else's."""
    program = shutil.which("setpriv")
    if os.geteuid() or program is None:
        pytest.skip("root alone can give a folder away, and setpriv (util-linux) take that power from the parts")
    parts = [row.product.web, *row.product.workers]
    usual = [part.command for part in parts]
    restart(row, parts, [[program, f"--bounding-set={POWER}", *command] for command in usual])
    try:
        yield
    finally:
        restart(row, parts, usual)


def restart(row: Row, parts: Sequence[Part], commands: Sequence[Sequence[str]]) -> None:
    for part, command in zip(parts, commands, strict=True):
        part.stop()
        part.command = command
        part.start()
    row.product.wait_until_ready(3 * PATIENCE_SECONDS)


@pytest.mark.row("C6")
def test_a_folder_of_files_that_is_somebody_elses_is_told_by_health_and_by_the_task(row: Row) -> None:
    row.lab.save(flows.flow(row.namespace, "keeping", KEEP))
    folder = row.product.data / "files"
    with without_roots_power(row), row.load():
        row.lab.wait(row.lab.run(row.namespace, "keeping"), "SUCCESS")
        owner, mode = folder.stat().st_uid, folder.stat().st_mode
        os.chown(folder, SOMEBODY_ELSE, -1)
        folder.chmod(0o700)
        try:
            says_why(row, "by the user that runs Millstream")
        finally:
            os.chown(folder, owner, -1)
            folder.chmod(mode)
        assert row.lab.page("/health/ready")[0] == 200
        row.lab.wait(row.lab.run(row.namespace, "keeping"), "SUCCESS")


@pytest.mark.row("C6")
def test_a_folder_of_files_that_is_read_only_is_told_by_health_and_by_the_task(row: Row) -> None:
    row.lab.save(flows.flow(row.namespace, "keeping", KEEP))
    folder = row.product.data / "files"
    row.lab.wait(row.lab.run(row.namespace, "keeping"), "SUCCESS")
    with row.load(), mounted(folder, "--bind", str(folder)):
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
        says_why(row, "read-only")
    assert row.lab.page("/health/ready")[0] == 200
    row.lab.wait(row.lab.run(row.namespace, "keeping"), "SUCCESS")


@pytest.mark.row("C6")
def test_a_folder_of_files_that_is_gone_is_told_by_health_and_by_the_task(row: Row) -> None:
    row.lab.save(flows.flow(row.namespace, "keeping", KEEP))
    folder = row.product.data / "files"
    row.lab.wait(row.lab.run(row.namespace, "keeping"), "SUCCESS")
    away = folder.with_name("files.away")
    with row.load():
        shutil.move(folder, away)
        folder.write_text("something else has its place")
        try:
            says_why(row, "cannot be written", "file")
        finally:
            folder.unlink()
            shutil.move(away, folder)
    assert row.lab.page("/health/ready")[0] == 200
    row.lab.wait(row.lab.run(row.namespace, "keeping"), "SUCCESS")
