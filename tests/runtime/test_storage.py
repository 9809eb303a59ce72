"""Files are found under their URI, by their own execution alone, whatever they are called."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from builder.errors import Forbidden, LimitExceeded, NotFound
from builder.runtime.files import storage

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


@dataclass
class Sent:
    """An upload under any name at all; Django's own refuses some."""

    name: str

    def chunks(self) -> Iterator[bytes]:
        yield b"content"


def given(name: str, input_id: str = "file") -> str:
    return storage.keeper("EXEC", "my.team", "sort-it")(input_id, Sent(name))


def test_a_file_given_to_an_input_has_the_address_that_kestra_gives_it() -> None:
    uri = given("a table.csv")
    assert uri == "kestra:///my/team/sort-it/executions/EXEC/inputs/file/a_table.csv"
    assert storage.read(uri, {"EXEC"}) == b"content"
    assert storage.name_of(uri) == "a_table.csv"
    with pytest.raises(Forbidden):
        storage.read(uri, {"MINE"})


def test_files_given_to_inputs_never_take_the_place_of_others() -> None:
    addresses = {given("a.csv"), given("a.csv"), given("a.csv", "nested.file"), storage.put("EXEC", "a.csv", b"other")}
    assert len(addresses) == 4
    assert [storage.read(uri, {"EXEC"}) for uri in sorted(addresses)].count(b"content") == 3


@pytest.mark.parametrize("name", [*HOSTILE, "x" * 300])
def test_a_file_given_under_any_name_to_any_input_can_be_read(name: str) -> None:
    input_id = "x" * 300 if name == "x" * 300 else "a-b.c_d"
    assert storage.read(given(name, input_id), {"EXEC"}) == b"content"


def test_files_given_to_inputs_go_with_their_execution() -> None:
    uri = given("a.csv")
    assert storage.purge("EXEC", "my.team", "sort-it") == [uri]
    other = given("b.csv")
    assert storage.forget("EXEC") == 1
    for gone in (uri, other):
        with pytest.raises(NotFound):
            storage.read(gone, {"EXEC"})


@pytest.mark.parametrize(
    "uri",
    ["kestra:///my/team/executions/EXEC/inputs/../a.csv", "kestra:///my/executions/EXEC/inputs/file/a.csv",
     "kestra:///my/team/f/executions/EXEC/inputs/other/a.csv", "kestra:///my/team/f/executions/EXEC/inputs/file/..",
     "kestra:///../team/f/executions/EXEC/inputs/file%2Fx/a.csv"],
)  # fmt: skip
def test_other_addresses_of_given_files_are_not_found(uri: str) -> None:
    given("a.csv")
    with pytest.raises(NotFound):
        storage.read(uri, {"EXEC"})
