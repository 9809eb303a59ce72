"""Limits of time hold against a task that catches everything, or that blocks what all share."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError

from builder.clock import SystemClock
from builder.engine.states import State
from builder.runtime.runner.doing import timed
from builder.runtime.runner.lease import Heartbeat
from builder.runtime.runner.runner import Runner
from builder.store import executions
from builder.tasks import use_packages
from tests.runtime import stubborn
from tests.runtime.conftest import create, ended, publish, wait_until

STUBBORN = "tests.runtime.stubborn"


@pytest.fixture(autouse=True)
def known(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The tasks that do not want to end are known; nobody waits long for them."""
    monkeypatch.setattr(timed, "GRACE_SECONDS", 0.1)
    monkeypatch.setattr(timed, "_TOLD_AGAIN_SECONDS", 0.02)
    stubborn.over.clear()
    packages = settings.MILLSTREAM["TASK_PACKAGES"]
    use_packages((*packages, STUBBORN))
    yield
    use_packages(packages)


def let_go() -> None:
    """The loop may end: nothing is left in it."""
    stubborn.over.set()
    wait_until(lambda: not timed._stubborn)


def test_a_task_that_catches_everything_fails_at_its_limit(runner: Runner) -> None:
    publish("tasks:\n  - {id: bad, type: tests.runtime.Stubborn, timeout: PT0.3S}\n")
    execution_id = create()
    runner.take([execution_id])
    over = ended(execution_id)
    assert over.state is State.FAILED
    assert "longer than" in (over.runs["bad"].message or "")
    assert over.runs["bad"].outputs in (None, {})
    let_go()


def test_a_task_that_catches_everything_is_killed(runner: Runner) -> None:
    publish("tasks:\n  - {id: bad, type: tests.runtime.Stubborn}\n")
    execution_id = create()
    runner.take([execution_id])
    wait_until(lambda: executions.item(execution_id).runs_total == 1)
    executions.send(execution_id, executions.KILL, SystemClock().now())
    assert ended(execution_id).state is State.KILLED
    let_go()


def heartbeat(stuck: list[float]) -> Heartbeat:
    """One whose event loop never answers."""
    return Heartbeat("tester", SystemClock(), 0.03, 0.1, 1, dict, lambda _: None, lambda _: None, lambda _: None,
                     stuck.append)  # fmt: skip


def test_a_loop_that_does_not_answer_is_told_of(transactional_db: None) -> None:
    stuck: list[float] = []
    beating = heartbeat(stuck)
    beating.start()
    wait_until(lambda: bool(stuck))
    beating.stop()
    assert stuck[0] > 0.1


def test_while_the_database_is_away_nothing_counts_as_lost(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else can take it either, and what was done meanwhile is kept until it can be written."""
    tries, lost = threading.Semaphore(0), []

    def away(*_: object) -> frozenset[str]:
        tries.release()
        raise OperationalError("gone")

    monkeypatch.setattr(executions, "renew", away)
    beating = Heartbeat("tester", SystemClock(), 0.03, 60, 1, lambda: {"an-execution": 1}, lost.append,
                        lambda _: None, lambda _: None, lambda _: None)  # fmt: skip
    beating.start()
    assert all(tries.acquire(timeout=30) for _ in range(8)), "two leases long"
    beating.stop()
    assert not lost


def test_a_process_that_was_frozen_as_a_whole_is_not_stuck() -> None:
    stuck: list[float] = []
    beating = heartbeat(stuck)
    beating._ask_the_loop()
    beating._hear()
    time.sleep(0.2)  # as long as it would take
    beating._ask_the_loop()
    assert not stuck


def test_a_worker_that_is_stuck_ends_and_says_where() -> None:
    code = (
        "import threading, time, builder.runtime.worker as w;"
        "threading.Thread(target=time.sleep, args=(9,), name='runner', daemon=True).start(); w._end_stuck(61)"
    )
    setup = "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'builder.settings'; django.setup();"
    done = subprocess.run([sys.executable, "-c", setup + code], capture_output=True, text=True, check=False)
    assert done.returncode == 70
    assert "held up all others for 61 s" in done.stderr and "threading.py" in done.stderr
