"""Whether a process can work is told within a moment, whatever is frozen, and without secrets."""

import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from redis import Redis

from builder.runtime.vitals import health
from builder.runtime.vitals.looks import Looks
from tests.doubles.patience import PATIENCE_SECONDS, quickest

ANSWER_SECONDS = health.ANSWER_SECONDS
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def afresh(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(health, "_looks", Looks())
    monkeypatch.setattr(health, "_migrated_until", 0.0)
    monkeypatch.setattr(health, "ANSWER_SECONDS", PATIENCE_SECONDS)
    settings.DATA, settings.MEDIA_ROOT = tmp_path, str(tmp_path / "files")
    settings.MILLSTREAM = {**settings.MILLSTREAM, "WORK_FOLDER": tmp_path / "work"}


@pytest.fixture
def frozen_redis(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server that takes connections and says nothing, as a stopped process does."""
    monkeypatch.setattr(health, "ANSWER_SECONDS", ANSWER_SECONDS)
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.REDIS_URL = f"redis://:s3cr3t-VALUE-42@127.0.0.1:{server.getsockname()[1]}/0"
        yield


def ready() -> tuple[int, dict[str, Any]]:
    answer = Client().get("/health/ready")
    assert "s3cr3t" not in answer.content.decode()
    return answer.status_code, answer.json()


def test_where_all_is_well_it_is_ready(valkey: str) -> None:
    status, told = ready()
    assert (status, told["status"], told["problems"]) == (200, "ok", [])
    assert told["database"] == told["writing"] == told["migrations"] == told["files"] == told["redis"] == "ok"


def test_a_frozen_redis_is_told_within_three_seconds_and_work_is_still_accepted(frozen_redis: None) -> None:
    answers: list[tuple[int, dict[str, Any]]] = []

    def ask() -> None:
        health._looks = Looks()
        answers.append(ready())

    assert quickest(ask, 3) < 3
    status, told = answers[-1]
    assert (status, told["status"]) == (200, "degraded")
    assert "Redis does not answer" in told["redis"]


def test_a_redis_whose_memory_is_full_is_told_and_work_is_still_accepted(valkey: str) -> None:
    with Redis.from_url(valkey) as redis:
        redis.config_set("maxmemory", 1)
        try:
            status, told = ready()
        finally:
            redis.config_set("maxmemory", 0)
    assert (status, told["status"]) == (200, "degraded")
    assert told["redis"].startswith("The memory of Redis is full") and "are accepted" in told["redis"]
    assert ready()[1]["redis"] == "ok"


def test_a_frozen_database_is_told_within_three_seconds(valkey: str, monkeypatch: pytest.MonkeyPatch) -> None:
    thawed = threading.Event()
    monkeypatch.setattr(health, "ANSWER_SECONDS", 0.1)
    monkeypatch.setattr("builder.store.vitals.answer_seconds", lambda: thawed.wait(PATIENCE_SECONDS))
    try:
        for _ in range(3):
            status, told = ready()
            assert (status, told["database"]) == (503, "The database does not answer.")
        assert sum(thread.name == "look database" for thread in threading.enumerate()) == 1
    finally:
        thawed.set()


def test_a_database_that_is_away_is_told_without_its_own_words(valkey: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> float:
        raise OperationalError("connection to postgresql://ms:s3cr3t-VALUE-42@db failed")

    monkeypatch.setattr("builder.store.vitals.answer_seconds", away)
    status, told = ready()
    assert (status, told["status"]) == (503, "unavailable")


def test_a_database_that_another_program_locks_is_told_and_accepts_nothing(
    valkey: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no lock of the whole")
    monkeypatch.setattr(health, "WRITE_SECONDS", 0.1)
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        status, told = ready()
        assert (status, told["status"]) == (503, "unavailable")
        assert told["problems"] == [told["writing"]] and "nothing can be saved" in told["writing"]
        assert told["database"] == told["migrations"] == "ok", "they can be read"
        other.rollback()
    assert ready()[0] == 200


def test_missing_migrations_are_named(valkey: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builder.store.vitals.missing_migrations", lambda: ["builder.0099_more"])
    status, told = ready()
    assert status == 503
    assert told["migrations"] == "The tables lack builder.0099_more; run: python3 manage.py migrate"


def test_a_folder_that_cannot_be_written_is_named(valkey: str, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "files").write_text("a file where a folder should be")
    status, told = ready()
    assert status == 503
    assert str(tmp_path / "files") in told["files"]


def test_where_tasks_cannot_work_what_is_accepted_waits(valkey: str, tmp_path: Path) -> None:
    (tmp_path / "work").write_text("a file where a folder should be")
    status, told = ready()
    assert (status, told["status"], told["files"]) == (200, "degraded", "ok")
    assert str(tmp_path / "work") in told["work"]


def test_a_disk_that_is_nearly_full_is_told(valkey: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 10**18)
    status, told = ready()
    assert (status, told["status"]) == (200, "degraded")
    assert "nearly full" in told["disk"]


def test_a_process_that_lives_says_so(frozen_redis: None) -> None:
    assert Client().get("/health/live").json() == {"status": "ok"}


def test_a_container_asks_by_number_where_the_hosts_are_others(frozen_redis: None, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["flows.example.com"]
    by_number = Client(HTTP_HOST="127.0.0.1:8000")
    assert by_number.get("/health/live").status_code == 200
    assert by_number.get("/login").status_code == 400
