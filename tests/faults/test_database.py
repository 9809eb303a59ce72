"""Rows C1, C2, C4 and C10: a database that is locked, that many write into, that did not get a result, and that is kept
and put back."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.doubles.product import ROOT
from tests.faults import flows
from tests.faults.lab import Lab, Refused
from tests.faults.load import Load
from tests.faults.parts import wait_until
from tests.faults.product import Product
from tests.faults.row import Row
from tests.faults.test_schedulers import slots, switch_off
from tests.faults.test_workers import LOST, attempts, in_a_call

pytestmark = pytest.mark.faults


@contextmanager
def locked(row: Row) -> Iterator[None]:
    """Another program is in the middle of a write that does not end."""
    if "DATABASE_URL" in row.product.environment:
        pytest.skip("SQLite alone is locked by one writer")
    path = row.product.data / "millstream.sqlite3"
    with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as file:
        file.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            file.rollback()


@pytest.mark.row("C1")
@pytest.mark.parametrize("seconds", [3, 15])
def test_a_database_that_another_program_locks_makes_callers_wait_and_loses_nothing(row: Row, seconds: int) -> None:
    with row.load() as load:
        one = in_a_call(row, 1)
        assert row.lab.page("/health/ready")[0] == 200
        with locked(row):
            until = time.monotonic() + seconds
            status, text = row.lab.page("/health/ready")
            assert status == 503 and "nothing can be saved" in text, text
            time.sleep(max(0.0, until - time.monotonic()))
        wait_until(lambda: row.lab.page("/health/ready")[0] == 200, "it is let go")
        record = row.lab.wait(one, "SUCCESS")
        row.lab.wait(row.lab.run(row.namespace, "slow"), "SUCCESS")
    assert not load.unanswered
    assert attempts(record, "call") == [("SUCCESS", "")], "its result was kept and written later"


@pytest.mark.row("C1")
def test_who_cannot_wait_for_a_locked_database_is_told_why(row: Row) -> None:
    """Longer than anybody waits: 20 seconds."""
    if not row.is_long:
        pytest.skip("takes a minute; --long")
    with row.load():
        one = in_a_call(row, 1)
        with locked(row):
            until = time.monotonic() + 60
            with pytest.raises(Refused) as refused:
                row.lab.run(row.namespace, "slow")
            assert refused.value.status == 503 and "busy" in refused.value.text
            assert row.lab.page("/executions")[0] == 200
            time.sleep(until - time.monotonic())
        row.lab.wait(one, "SUCCESS")


@pytest.mark.row("C2")
def test_many_writers_at_once_wait_for_each_other_and_nobody_is_told_that_the_database_is_locked(row: Row) -> None:
    """Workers beside each other, starts from several callers, a thousand lines of log in each, and pages."""
    for number in range(int(row.seconds(2, 7))):
        row.another("worker", f"other{number}")
    row.lab.save(flows.flow(row.namespace, "talking", "{id: talk, type: tests.faults.Talk}"))
    callers = [Load(row.lab, row.namespace, "talking", every_seconds=0.1) for _ in range(5)]
    with ExitStack() as beside:
        for caller in callers:
            beside.enter_context(caller)
        time.sleep(row.seconds(15, 300))
    answered = [id for caller in callers for id in caller.answered.values()]
    wait_until(lambda: row.lab.count(row.namespace, "talking", "SUCCESS") == len(answered), "all end", 600)
    for caller in callers:
        assert not caller.errors and not caller.unanswered
        assert all(status == 200 for status in caller.pages)
    assert len(row.lab.logs(row.random.choice(answered))) == 1000


@pytest.mark.row("C4", kills=True)
def test_what_was_done_and_could_not_be_written_is_done_again_as_a_second_attempt(row: Row) -> None:
    for _ in range(int(row.seconds(1, 30))):
        one = in_a_call(row, 1)
        with locked(row):
            row.counter.wait_for_ends(1, f"{one}/")
            row.pause(0, 0.3)
            for worker in row.product.workers:
                worker.kill()
        row.product.tend()
        record = row.lab.wait(one, "SUCCESS")
        assert attempts(record, "call") == [("KILLED", LOST), ("SUCCESS", "")]
        assert row.counter.count(f"{one}/") == 2


@pytest.mark.row("C10")
def test_a_backup_taken_under_load_opens_elsewhere_and_what_was_under_way_ends_there(row: Row, tmp_path: Path) -> None:
    """What runs there again must not be counted as done here: it only rests."""
    row.lab.save(flows.scheduled(row.namespace))
    row.lab.save(flows.flow(row.namespace, "resting", *(flows.rest(f"rest{number}", 1) for number in range(5))))
    saved = tmp_path / "saved.tar.gz"
    wait_until(lambda: len(slots(row)) > 2, "the schedule begins")
    resting = [row.lab.run(row.namespace, "resting") for _ in range(20)]
    assert "Wrote" in row.product.manage(str(ROOT / "manage.py"), "backup", str(saved))
    saved_at = datetime.now(UTC)
    switch_off(row)
    key = (row.product.data / "secret_key").read_text().strip()
    there = Product(tmp_path / "there", workers=1, settings={"MILLSTREAM_ENCRYPTION_KEY": key})
    restored_at = datetime.now(UTC)
    try:
        assert "Restored" in there.manage(str(ROOT / "manage.py"), "restore", str(saved))
        there.start()
        lab = Lab(there.url, row.product.token, row.product.password)
        assert lab.page("/executions")[0] == 200
        wait_until(lambda: max(fired(lab, row)) > restored_at, "the schedule goes on there")
        lab.patiently(lambda: lab.switch(row.namespace, "scheduled", "each_second", False))
        wait_until(lambda: {one["state"]["current"] for one in lab.found(row.namespace)} == {"SUCCESS"}, "all end")
        assert {one["id"] for one in lab.found(row.namespace, flowId="resting")} == set(resting)
        dates = fired(lab, row)
        assert len(dates) == len(set(dates)), "each date once"
        assert not [date for date in dates if saved_at < date < restored_at], "none of the time between is made up for"
    finally:
        there.close()


def fired(lab: Lab, row: Row) -> list[datetime]:
    """The dates of the schedule that have come to something in a product."""
    return [datetime.fromisoformat(one["date"]) for one in lab.slots(row.namespace, "scheduled", "each_second")]
