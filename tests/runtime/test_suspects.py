"""Executions that may be what takes their process away are sent to processes of their own, few at a time."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from builder.clock import SystemClock
from builder.models import Execution
from builder.runtime.runner.alone import AloneProcesses
from builder.runtime.runner.runner import Runner
from tests.runtime.conftest import create, ended, publish, wait_until

LOG = "tasks:\n  - {id: say, type: io.kestra.plugin.core.log.Log, message: hello}\n"


class Noted(AloneProcesses):
    """Starts nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[str] = []

    def start(self, execution_id: str) -> None:
        self.started.append(execution_id)


@pytest.fixture
def alone() -> Noted:
    return Noted()


@pytest.fixture
def careful(transactional_db: None, valkey: str, settings: Any, tmp_path: Any, alone: Noted) -> Iterator[Runner]:
    """A runner that has processes for suspects."""
    settings.MILLSTREAM = {**settings.MILLSTREAM, "WORK_FOLDER": tmp_path / "work"}
    made = Runner("careful", SystemClock(), places=100, lease_seconds=1.0, alone=alone)
    made.start()
    yield made
    made.stop()


def test_many_suspects_are_given_back_at_once_and_come_again_a_little_later(careful: Runner, alone: Noted) -> None:
    publish(LOG)
    innocent, suspects = create(), [create() for _ in range(40)]
    now = SystemClock().now()
    lost = {"owner": "gone", "lease_until": now - timedelta(seconds=1), "alone": True, "losses": 0}
    Execution.objects.filter(id__in=suspects).update(**lost)
    careful.take([*suspects[:20], innocent, *suspects[20:]])
    assert ended(innocent).state == "SUCCESS"
    wait_until(lambda: len(alone.started) == len(suspects))
    rows = Execution.objects.filter(id__in=suspects)
    assert {(row.owner, row.lease_until, row.losses) for row in rows} == {("", None, 1)}, "no more losses are counted"
    assert all(row.due_at is not None and row.due_at > now + timedelta(seconds=4) for row in rows)
    wait_until(lambda: careful.wait_for_place(0) == 100)
