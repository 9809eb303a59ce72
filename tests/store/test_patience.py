"""A page does not wait for a frozen PostgreSQL; a slow statement may take its time."""

import socket
import threading
import time
from collections.abc import Generator, Iterator
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from psycopg.waiting import Ready, Wait

from builder.store.postgresql import patience as module
from builder.store.postgresql.base import DatabaseWrapper
from builder.store.postgresql.patience import Patience, patience, watched
from tests.doubles.patience import PATIENCE_SECONDS


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(module, "SILENT_SECONDS", 0.05)
    monkeypatch.setattr(module, "PROBE_SECONDS", 0.1)
    patience.ends = True
    yield
    patience.ends, patience._frozen_until = False, 0.0


def steps(seen: list[Any]) -> Generator[Wait, Ready | int, str]:
    """What psycopg does: asks to be told when it may read, until it has all."""
    while True:
        ready = yield Wait.R
        seen.append(ready)
        if ready:
            return "the answer"


def played(limit: Patience, *, frozen: bool) -> str:
    """Plays psycopg's loop on a server that is silent for a while."""
    waiting = watched(steps([]), limit)
    assert next(waiting) is Wait.R
    for _ in range(4):
        time.sleep(0.03)
        waiting.send(Ready.NONE)
    assert not frozen
    try:
        waiting.send(Ready.R)
    except StopIteration as over:
        return str(over.value)
    raise AssertionError


def limit_of(answers: Any, monkeypatch: pytest.MonkeyPatch) -> Patience:
    monkeypatch.setattr(module, "ask_server", answers)
    made = Patience()
    made.ends = True
    return made


def test_a_slow_statement_takes_its_time_while_the_server_answers_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROBE_SECONDS", PATIENCE_SECONDS)
    asked: list[int] = []
    limit = limit_of(lambda: asked.append(1), monkeypatch)
    assert played(limit, frozen=False) == "the answer"
    assert asked


def test_a_statement_is_given_up_when_the_server_answers_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LEAVE_ALONE_SECONDS", PATIENCE_SECONDS)
    thawed, asked = threading.Event(), []
    limit = limit_of(lambda: (asked.append(1), thawed.wait(PATIENCE_SECONDS)), monkeypatch)
    with pytest.raises(psycopg.OperationalError, match="does not answer"):
        played(limit, frozen=True)
    for refuse in (limit.refuse_if_known_frozen, limit.refuse_if_frozen):
        with pytest.raises(psycopg.OperationalError):
            refuse()
    thawed.set()
    assert asked == [1], "nobody asks a second time what is known"


def test_a_server_that_takes_connections_and_says_nothing_is_left_alone_for_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        config = {**connection.settings_dict, "ENGINE": "builder.store.postgresql", "OPTIONS": {}, "HOST": "127.0.0.1"}
        config |= {"PORT": str(server.getsockname()[1]), "NAME": "x", "USER": "x", "PASSWORD": "x"}
        wrapper = DatabaseWrapper(config, "frozen")

        def connect() -> float:
            started = time.monotonic()
            with pytest.raises(OperationalError), wrapper.wrap_database_errors:
                wrapper.connect()
            return time.monotonic() - started

        monkeypatch.setattr(module, "_LEAVE_ALONE_SECONDS", PATIENCE_SECONDS)
        first = connect()
        assert min(connect() for _ in range(4)) < first / 2, "only the first one waited for it"


def test_a_worker_waits_longer() -> None:
    assert Patience().connect_seconds > patience.connect_seconds
    Patience().refuse_if_known_frozen()


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs PostgreSQL")
@pytest.mark.django_db(transaction=True)
def test_a_statement_slower_than_the_patience_succeeds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROBE_SECONDS", PATIENCE_SECONDS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.4), 7")
        assert cursor.fetchone()[1] == 7
