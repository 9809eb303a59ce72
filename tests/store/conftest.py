"""Executions to store."""

from datetime import UTC, datetime
from typing import Any

import pytest

from builder.engine.execution import Attempt, Execution, TaskRun
from builder.engine.states import State
from builder.store import executions

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


def an_execution(**changes: Any) -> Execution:
    execution_id = changes.pop("id", None) or executions.new_id()
    fields: dict[str, Any] = {
        "id": execution_id,
        "namespace": "team",
        "flow_id": "hello",
        "revision": 1,
        "state": State.CREATED,
        "history": ((State.CREATED, NOW),),
        "created_at": NOW,
        "original_id": execution_id,
    }
    return Execution(**(fields | changes))


def a_run(path: str, state: State = State.RUNNING, **changes: Any) -> TaskRun:
    fields: dict[str, Any] = {
        "id": executions.new_id(),
        "path": path,
        "task_id": path.rpartition("/")[2],
        "state": state,
        "history": tuple((each, NOW) for each in dict.fromkeys((State.CREATED, State.RUNNING, state))),
        "attempts": (Attempt(1, state, NOW, NOW, "tried"),),
    }
    return TaskRun(**(fields | changes))
