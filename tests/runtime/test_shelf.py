"""Large outputs come back to whoever asks for one execution, as far as they may and as there is room."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from builder.engine.execution import Execution, TaskRun
from builder.engine.states import State
from builder.runtime.runner.keeping import shelf

START = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def small(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "files")
    settings.MILLSTREAM = {**settings.MILLSTREAM, "INLINE_OUTPUT_BYTES": 10}


def kept(outputs: dict[str, Any], execution_id: str = "mine") -> Execution:
    run = TaskRun("r", "a", "a", State.SUCCESS, ((State.CREATED, START),), outputs=outputs)
    return Execution(id=execution_id, namespace="lab", flow_id="one", revision=1, state=State.SUCCESS,
                     history=((State.CREATED, START),), created_at=START, runs={"a": run})  # fmt: skip


def read(execution: Execution, most_bytes: int = 1000) -> Any:
    return shelf.unshelved(execution, most_bytes).runs["a"].outputs


def test_a_value_in_a_file_is_given_back() -> None:
    outputs = {"text": "long enough to be kept", "n": 1}
    assert read(kept(shelf.shelved("mine", outputs))) == outputs


def test_what_has_no_room_stays_a_note() -> None:
    notes = shelf.shelved("mine", {"one": "x" * 50, "two": "y" * 60})
    found = read(kept(notes), 100)
    assert [shelf.is_stored(found[name]) for name in ("one", "two")] == [False, True]


def test_the_file_of_another_execution_stays_where_it_is() -> None:
    notes = shelf.shelved("other", {"text": "long enough to be kept"})
    assert read(kept(notes)) == notes
    replayed = replace(kept(notes), original_id="other")
    assert read(replayed) == {"text": "long enough to be kept"}


def test_a_file_that_is_gone_or_holds_something_else_stays_a_note() -> None:
    notes = {"text": {"type": shelf.STORED, "uri": "kestra:///executions/mine/x/y.json", "bytes": 3}}
    assert read(kept(notes)) == notes
    notes["text"]["uri"] = shelf.storage.put("mine", "picture.png", b"\x89PNG")
    assert read(kept(notes)) == notes
