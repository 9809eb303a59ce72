"""A full disk: the task fails and says why, results wait for space, pages answer."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import FileSystemStorage
from django.test import Client

from builder.engine.states import State
from builder.runtime.runner.doing.resources import resource_failure
from builder.runtime.runner.keeping import kept
from builder.runtime.runner.runner import Runner
from tests.runtime.conftest import create, ended, publish

WRITE = 'tasks:\n  - {id: keep, type: io.kestra.plugin.core.storage.Write, content: "hello", extension: .txt}\n'
BIG = f"tasks:\n  - {{id: big, type: io.kestra.plugin.core.debug.Return, format: {'x' * 200}}}\n"


class Full:
    """The storage's disk, full for so many writes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int = 10**6) -> None:
        self.left = times
        save = FileSystemStorage._save

        def full_at_first(storage: FileSystemStorage, name: str, content: Any) -> str:
            if self.left > 0:
                self.left -= 1
                path = Path(storage.path(name))
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"half")
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return save(storage, name, content)

        monkeypatch.setattr(FileSystemStorage, "_save", full_at_first)


def test_a_task_that_keeps_a_file_says_that_no_space_is_left(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    Full(monkeypatch)
    publish(WRITE)
    execution_id = create()
    runner.take([execution_id])
    over = ended(execution_id)
    assert over.state is State.FAILED
    assert "no space left" in (over.runs["keep"].message or "")
    assert not [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_large_outputs_wait_in_memory_until_there_is_space(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(kept, "_FIRST_WAIT_SECONDS", 0.01)
    settings.MILLSTREAM = {**settings.MILLSTREAM, "INLINE_OUTPUT_BYTES": 100}
    full = Full(monkeypatch, times=3)
    publish(BIG)
    execution_id = create()
    runner.take([execution_id])
    over = ended(execution_id)
    assert (over.state, full.left) == (State.SUCCESS, 0)
    assert [attempt.number for attempt in over.runs["big"].attempts] == [1]


def test_a_page_that_keeps_a_file_says_so(transactional_db: None, valkey: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("builder.web.home.executions.counts", full)
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_user("ada"))
    answer = client.get("/")
    assert answer.status_code == 503 and "The disk is full" in answer.content.decode()
    assert client.get("/flows").status_code == 200


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "x"), "no space left on device"),
        (PermissionError(errno.EACCES, "x"), "permission denied"),
        (MemoryError(), "out of memory"),
        (OSError(errno.ENOENT, "x"), None),
        (ValueError("x"), None),
    ],
)
def test_what_a_machine_lacks_is_said_in_words(error: Exception, said: str | None) -> None:
    found = resource_failure(error)
    assert found is None if said is None else said in (found or "")


def test_a_lack_behind_another_error_is_found() -> None:
    try:
        try:
            raise OSError(errno.ENOSPC, "x")
        except OSError as cause:
            raise RuntimeError("could not write") from cause
    except RuntimeError as error:
        assert "no space left" in (resource_failure(error) or "")
