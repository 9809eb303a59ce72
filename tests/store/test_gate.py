"""Another program holds SQLite's lock: nobody waits longer than he wants to."""

import fcntl
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, nullcontext

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection

from builder.clock import SystemClock
from builder.errors import Clash, Unavailable
from builder.store import gate
from builder.store.accounts import tokens
from builder.store.gate import refusal, unit, write

USUAL_SECONDS = 20
"""How long a connection waits for the lock of others: who does so here is far beyond what a busy machine adds."""
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def locked() -> Iterator[None]:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no lock of the whole")
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()


def busy_timeout() -> int:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        return int(cursor.fetchone()[0])


def test_who_writes_is_told_that_the_database_is_busy(locked: None) -> None:
    usual, started = busy_timeout(), time.monotonic()
    assert usual == USUAL_SECONDS * 1000
    with pytest.raises(Unavailable, match="The database is busy"), write(wait_seconds=0.2):
        pass
    assert time.monotonic() - started < USUAL_SECONDS / 2
    assert busy_timeout() == usual


@pytest.mark.parametrize(("code", "said"), [
    ("40P01", r"the other one go first \(a deadlock\); nothing was saved\. Do it again\."),
    ("40001", r"the other one go first \(a serialization failure\)"),
    ("55P03", "has held what is to be changed for too long"),
])  # fmt: skip
def test_what_the_database_undid_is_told_as_what_it_was(code: str, said: str) -> None:
    cause = Exception()
    cause.sqlstate = code  # type: ignore[attr-defined]
    with pytest.raises(Unavailable, match=said), write():
        raise OperationalError("process 7 waits, blocked by process 8") from cause


@pytest.mark.parametrize(("clashes", "tries"), [(0, 1), (2, 3), (9, 3)])
def test_a_piece_of_work_that_clashed_is_done_anew_a_few_times(clashes: int, tries: int) -> None:
    tried: list[int] = []

    @unit
    def work(number: int) -> int:
        tried.append(number)
        if len(tried) <= clashes:
            raise Clash("crossed")
        return number

    with pytest.raises(Clash) if clashes >= tries else nullcontext():
        assert work(7) == 7
    assert tried == [7] * tries


def test_a_token_is_good_although_its_use_cannot_be_noted(request: pytest.FixtureRequest) -> None:
    user = User.objects.create_user("ada")
    _, text = tokens.create(user, "ci", SystemClock().now())
    request.getfixturevalue("locked")
    started = time.monotonic()
    assert tokens.owner(text) == user
    assert time.monotonic() - started < USUAL_SECONDS / 2


def test_why_nothing_can_be_saved_is_told_without_waiting_for_long(locked: None) -> None:
    started = time.monotonic()
    assert "nothing can be saved" in refusal(wait_seconds=0.2)
    assert time.monotonic() - started < USUAL_SECONDS / 2


def test_where_one_can_save_there_is_nothing_to_tell_and_nothing_is_changed() -> None:
    assert refusal(wait_seconds=USUAL_SECONDS) == ""
    assert not connection.in_atomic_block


def test_many_who_save_one_after_another_are_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no lock of the whole")

    def another_was_first(descriptor: int, deadline: float) -> None:
        with closing(sqlite3.connect(connection.settings_dict["NAME"])) as other, other:
            other.execute("PRAGMA user_version = 7")
        raise Unavailable("The database is busy with another program; nothing was saved. Try again in a moment.")

    monkeypatch.setattr(gate, "_wait_for", another_was_first)
    assert refusal(wait_seconds=0.2) == ""


def test_a_frozen_process_that_holds_the_turn_is_a_reason() -> None:
    path = gate._gate_path()
    if path is None:
        pytest.skip("PostgreSQL has no lock of the whole")
    with open(path, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert "nothing can be saved" in refusal(wait_seconds=0.1)
