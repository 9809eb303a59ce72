"""Processes show that they live; locks, tokens and the write gate keep their promises."""

import sqlite3
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from builder.errors import Conflict, NotFound, Unavailable
from builder.models import ApiToken
from builder.store import gate, kv, processes
from builder.store.accounts import tokens, users
from tests.doubles.patience import PATIENCE_SECONDS
from tests.store.conftest import NOW

SOON = NOW + timedelta(seconds=5)
LATER = NOW + timedelta(minutes=5)


@pytest.mark.django_db
def test_a_silent_process_is_not_alive():
    processes.beat("w1", "worker", NOW, started_at=NOW, details={"places": 3})
    assert [process.details for process in processes.processes("worker")] == [{"places": 3}]
    assert processes.alive("worker", SOON) == 1
    assert processes.alive("worker", LATER) == 0
    assert processes.alive("web", SOON) == 0
    processes.leave("w1")
    assert processes.processes() == []


@pytest.mark.django_db
def test_a_lock_has_one_owner_until_it_lapses():
    assert processes.take_lock("sweep", "a", NOW, 10)
    assert not processes.take_lock("sweep", "b", SOON, 10)
    assert processes.take_lock("sweep", "a", SOON, 10)
    assert processes.take_lock("sweep", "b", LATER, 10)
    processes.free_lock("sweep", "b")
    assert processes.take_lock("sweep", "a", LATER, 10)


@pytest.mark.django_db
def test_a_lock_that_was_taken_under_a_clock_far_ahead_is_free():
    assert processes.take_lock("sweep", "a", NOW + timedelta(hours=2), 10)
    assert processes.take_lock("sweep", "b", NOW, 10)
    assert not processes.take_lock("sweep", "c", NOW - timedelta(seconds=30), 10)


@pytest.mark.django_db
def test_a_token_lets_its_owner_in_until_it_expires_or_is_deleted():
    ada = users.create("ada", "correct horse battery")
    token, text = tokens.create(ada, "laptop", NOW, LATER)
    assert text not in str(ApiToken.objects.values())
    assert tokens.owner(text, NOW) == ada
    assert tokens.owner(text + "x", NOW) is None
    assert tokens.owner(text, LATER) is None
    with pytest.raises(Conflict):
        tokens.create(ada, "laptop", NOW)
    assert [kept.last_used_at for kept in tokens.listed(ada)] == [NOW]
    assert tokens.delete(token.id)
    assert tokens.owner(text, NOW) is None


@pytest.mark.django_db
def test_names_are_taken_once_whatever_their_case():
    users.create("ada", "x")
    with pytest.raises(Conflict):
        users.create("ADA", "x")
    with pytest.raises(NotFound):
        users.set_password("bob", "x")


@pytest.mark.django_db(transaction=True)
def test_many_writers_lose_nothing():
    """Each adds one to the same value, reading it inside its transaction."""

    def add() -> None:
        for _ in range(20):
            with gate.write():
                gate.lock_row("builder_kventry", namespace="team", key="n")
                kv.set_value("team", "n", kv.get("team", "n", NOW).value + 1, NOW)
        connection.close()

    kv.set_value("team", "n", 0, NOW)
    threads = [threading.Thread(target=add) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kv.get("team", "n", NOW).value == 100


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL does not lock its whole file")
@pytest.mark.django_db(transaction=True)
def test_a_database_that_another_program_locks_is_an_answer_and_works_again_afterwards():
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 20")
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(Unavailable, match="busy"):
            kv.set_value("team", "n", 1, NOW)
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert kv.set_value("team", "n", 1, NOW).value == 1
    connection.close()


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="the gate is SQLite's")
@pytest.mark.django_db(transaction=True)
def test_a_gate_that_stays_shut_is_an_answer_not_a_hang(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gate, "GATE_SECONDS", 0.05)
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with gate.write():
            inside.set()
            leave.wait(PATIENCE_SECONDS)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert inside.wait(PATIENCE_SECONDS)
    try:
        with pytest.raises(Unavailable, match="busy"):
            kv.set_value("team", "n", 1, NOW)
    finally:
        leave.set()
        holder.join()
    assert kv.set_value("team", "n", 1, NOW).value == 1


@pytest.mark.django_db(transaction=True)
def test_what_waits_for_the_commit_runs_when_others_may_write():
    done: list[str] = []

    def other() -> None:
        kv.set_value("team", "n", 2, NOW)
        done.append("written")
        connection.close()

    def after() -> None:
        writer = threading.Thread(target=other)
        writer.start()
        writer.join(PATIENCE_SECONDS)
        done.append("after")

    with gate.write():
        gate.on_commit(after)
        kv.set_value("team", "n", 1, NOW)
        assert not done
    assert done == ["written", "after"]


@pytest.mark.django_db(transaction=True)
def test_what_waits_for_a_commit_is_dropped_when_there_is_none():
    done: list[str] = []
    with pytest.raises(RuntimeError), gate.write():
        gate.on_commit(lambda: done.append("after"))
        raise RuntimeError
    assert not done


@pytest.mark.parametrize("at", [datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)])
def test_a_moment_is_written_as_the_orm_writes_it(at: datetime):
    assert gate.moment(at) == connection.ops.adapt_datetimefield_value(at)
