"""A backup is taken while everything is used; what is restored elsewhere is whole and fires nothing of the past."""

import io
import os
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from builder.actions import flows
from builder.clock import FixedClock, SystemClock
from builder.store import births, executions, kv, triggers
from builder.store.copies import dump
from builder.store.copies.settling import settle
from builder.triggers.schedule.firing import fire_due
from tests.doubles.patience import PATIENCE_SECONDS
from tests.doubles.product import ROOT, own_database, rows_of

FLOW = """\
id: one
namespace: lab
triggers:
  - {id: often, type: io.kestra.plugin.core.trigger.Schedule, cron: "* * * * *", recoverMissedSchedules: ALL}
tasks:
  - {id: say, type: io.kestra.plugin.core.log.Log, message: hello}
"""


@pytest.fixture
def used(transactional_db: None, settings: Any, tmp_path: Path) -> str:
    """An installation with a schedule, a stored file and an execution under way; the execution's id."""
    settings.MEDIA_ROOT = str(tmp_path / "files")
    now = SystemClock().now()
    flows.save_flow(FLOW, by="tests")
    found = births.runnable("lab", "one")
    execution_id = executions.create(births.born(found.flow, found.revision, now, inputs={})).id
    executions.claim(execution_id, "box.w1", now, 600)
    kept = tmp_path / "files" / "executions" / execution_id / "key" / "a.txt"
    kept.parent.mkdir(parents=True)
    kept.write_text("kept")
    return execution_id


@pytest.fixture
def load() -> Iterator[None]:
    """Somebody writes all the time."""
    over, begun = threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not over.is_set():
            number += 1
            kv.set_value("lab", f"k{number % 50}", "x" * 1000, SystemClock().now())
            begun.set()
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    assert begun.wait(PATIENCE_SECONDS)
    yield
    over.set()
    writer.join()


def backup(target: Path) -> str:
    said = io.StringIO()
    call_command("backup", str(target), stdout=said)
    return said.getvalue()


def restore(source: Path, data: Path) -> subprocess.CompletedProcess[str]:
    """As a person does on another machine."""
    environment = {**os.environ, **own_database(data)}
    command = [sys.executable, str(ROOT / "manage.py"), "restore", str(source), "--data", str(data)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_what_was_saved_under_load_opens_elsewhere(used: str, load: None, tmp_path: Path) -> None:
    target, there = tmp_path / "saved.tar.gz", tmp_path / "there"
    said = backup(target)
    assert "the database and 1 file." in said and "MILLSTREAM_ENCRYPTION_KEY" in said
    assert target.stat().st_mode & 0o077 == 0
    done = restore(target, there)
    assert done.returncode == 0, done.stderr
    assert "1 trigger(s) count from now" in done.stdout and "1 execution(s) had not ended" in done.stdout
    assert "its secrets cannot be read" in done.stderr  # the key of the new folder is another one
    assert rows_of(there, "SELECT id, owner FROM builder_execution") == [(used, "box.w1")]
    assert rows_of(there, "SELECT next_at FROM builder_trigger") == [(None,)]
    assert rows_of(there, "SELECT count(*) FROM builder_kventry")[0][0] > 0
    assert (there / "files" / "executions" / used / "key" / "a.txt").read_text() == "kept"
    again = restore(target, there)
    assert again.returncode != 0 and "The database here is in use" in again.stderr


def test_a_restored_schedule_fires_its_next_date_once_and_none_of_the_past(used: str) -> None:
    now = datetime(2027, 3, 1, 10, 0, 30, tzinfo=UTC)
    clock = FixedClock(now)
    settle(now)
    assert fire_due(clock) == 0
    clock.advance(timedelta(seconds=31))
    assert fire_due(clock) == 1
    assert fire_due(clock) == 0
    assert [slot.fire_at.minute for slot in triggers.slots(triggers.get("lab", "one", "often"))] == [1]


def test_nothing_is_restored_over_data(used: str, tmp_path: Path) -> None:
    backup(tmp_path / "saved.tar")
    with pytest.raises(CommandError, match="is in use"):
        call_command("restore", str(tmp_path / "saved.tar"))


def test_a_backup_overwrites_no_file(used: str, tmp_path: Path) -> None:
    (tmp_path / "saved.tar").write_text("something else")
    with pytest.raises(CommandError, match="exists already"):
        backup(tmp_path / "saved.tar")
    assert (tmp_path / "saved.tar").read_text() == "something else"
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("name", ["no.tar", "other.tar", "outside.tar"])
def test_what_is_no_backup_is_refused_in_one_sentence(
    name: str, transactional_db: None, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "files")
    source = tmp_path / name
    if name == "no.tar":
        source.write_text("text")
    else:
        with tarfile.open(source, "w") as archive:
            archive.addfile(tarfile.TarInfo("../outside" if name == "outside.tar" else "something"))
    with pytest.raises(CommandError, match="cannot be read as a backup"):
        call_command("restore", str(source))


@pytest.fixture
def saved(transactional_db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A backup with two files, where nothing is any more; no database is put in place of that of the tests."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.MEDIA_ROOT.mkdir()
    for name in ("a.txt", "b.txt"):
        (settings.MEDIA_ROOT / name).write_text(name * 50_000)
    backup(tmp_path / "saved.tar")
    backup(tmp_path / "saved.tar.gz")
    settings.MEDIA_ROOT = tmp_path / "nothing"
    monkeypatch.setattr(dump, "loaded", lambda source: pytest.fail("it was loaded"))
    yield tmp_path / "saved.tar"
    assert not settings.MEDIA_ROOT.exists()
    assert not list(Path(settings.DATA).glob(".restore-*"))


def cut(content: bytes) -> bytes:
    return content[: len(content) - 120_000]


def flipped(content: bytes) -> bytes:
    place = content.index(b"b.txtb.txt") if b"b.txtb.txt" in content else len(content) - 8
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def headless(content: bytes) -> bytes:
    """The header of the second file is damaged, where Python's own reader ends without a word."""
    return content.replace(b"files/b.txt\0", b"files/c.txt\0", 1).replace(b"files/a.txt\0", b"files/d.txt\0", 1)


@pytest.mark.parametrize("damage", [cut, flipped, headless])
def test_a_damaged_backup_is_refused_before_anything_is_in_place(damage: Any, saved: Path) -> None:
    saved.write_bytes(damage(saved.read_bytes()))
    with pytest.raises(CommandError, match="cannot be read as a backup"):
        call_command("restore", str(saved))


@pytest.mark.parametrize("damage", [lambda content: content[:-300], flipped])
def test_a_damaged_compressed_backup_is_refused_too(damage: Any, saved: Path) -> None:
    packed = saved.with_name("saved.tar.gz")
    packed.write_bytes(damage(packed.read_bytes()))
    with pytest.raises(CommandError, match="cannot be read as a backup"):
        call_command("restore", str(packed))


FAILS_TO_SETTLE = """
import sys
from unittest import mock
import django, manage
django.setup()
with mock.patch("builder.store.copies.settling.settle", side_effect=OSError(28, "No space left on device")):
    manage.main()
"""


def test_a_restore_that_fails_at_its_end_leaves_nothing_and_can_be_tried_again(used: str, tmp_path: Path) -> None:
    target, there = tmp_path / "saved.tar", tmp_path / "there"
    backup(target)
    environment = {**os.environ, **own_database(there), "MILLSTREAM_DATA": str(there)}
    environment["DJANGO_SETTINGS_MODULE"] = "builder.settings"
    command = [sys.executable, "-c", FAILS_TO_SETTLE, "restore", str(target)]
    failed = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert failed.returncode != 0 and "No space left on device" in failed.stderr
    assert not [path for path in (there / "files").rglob("*") if path.is_file()]
    again = restore(target, there)
    assert again.returncode == 0, again.stderr
