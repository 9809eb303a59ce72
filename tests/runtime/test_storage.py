"""Files are found under their URI, by their own execution alone, whatever they are called."""

from pathlib import Path
from typing import Any

import pytest

from builder.errors import Forbidden, LimitExceeded, NotFound
from builder.runtime import storage

HOSTILE = [
    "../x", "/etc/x", "..\\x", "%2e%2e%2f", "a/../../b", "nul\x00x", "x" * 300 + ".txt", ".htaccess", "..", "",
    "été.txt", "a b\r\nc", "{{ 7*7 }}",
]  # fmt: skip


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path / "files")
    return tmp_path


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_stays_inside_the_execution(name: str, media: Path) -> None:
    uri = storage.put("EXEC", name, b"content")
    assert storage.read(uri, {"EXEC"}) == b"content"
    assert uri.startswith("kestra:///executions/EXEC/")
    (kept,) = (path for path in media.rglob("*") if path.is_file())
    assert kept.parent.parent == media / "files" / "executions" / "EXEC"


def test_another_executions_file_is_refused() -> None:
    uri = storage.put("OTHER", "a.txt", b"secret")
    with pytest.raises(Forbidden):
        storage.read(uri, {"MINE"})


@pytest.mark.parametrize(
    "uri",
    ["kestra:///executions/EXEC/../OTHER/a", "kestra:///executions/EXEC/k/..", "file:///etc/passwd", "/etc/passwd",
     "kestra:///executions/EXEC/k/%2e%2e%2fx", "kestra:///etc/passwd", "kestra:///executions/EXEC/k/missing.txt"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(uri: str) -> None:
    with pytest.raises(NotFound):
        storage.read(uri, {"EXEC"})


def test_a_large_file_is_refused_by_its_limit() -> None:
    with pytest.raises(LimitExceeded, match="at most 2"):
        storage.read(storage.put("EXEC", "a", b"abc"), {"EXEC"}, limit_bytes=2)


def test_all_files_of_an_execution_can_be_forgotten(media: Path) -> None:
    uri = storage.put("EXEC", "a", b"abc")
    storage.forget("EXEC")
    with pytest.raises(NotFound):
        storage.read(uri, {"EXEC"})
    storage.forget("EXEC")
