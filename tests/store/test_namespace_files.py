"""Files of namespaces: kept in revisions, found by path, moved and deleted with what is below them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from builder.errors import Conflict, InvalidInput, LimitExceeded, NotFound
from builder.expressions import render_value
from builder.expressions.faults import ExpressionError
from builder.store import namespace_files
from builder.store.lookups import StoredLookups
from builder.store.namespace_files import Address, address
from tests.store.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


def put(path: str, content: bytes = b"text", namespace: str = "team", **options: Any) -> None:
    namespace_files.put(namespace, path, content, NOW, **options)


def paths(under: str = "", **options: Any) -> list[str]:
    return [item.path for item in namespace_files.listed("team", under, **options)]


def contents_kept(media: Path) -> int:
    return sum(path.is_file() for path in media.rglob("*"))


def test_a_file_is_read_back_by_any_spelling_of_its_path():
    put("/prompts//a.txt", b"hello")
    assert namespace_files.read(Address("team", "prompts/a.txt")) == b"hello"
    assert namespace_files.get("team", "prompts/./a.txt").size == 5


def test_each_save_is_a_revision_and_all_can_be_read():
    put("a.txt", b"one", by="ann")
    put("a.txt", b"two", by="bob")
    numbers = [(one.number, one.created_by) for one in namespace_files.revisions("team", "a.txt")]
    assert numbers == [(2, "bob"), (1, "ann")]
    assert namespace_files.read(Address("team", "a.txt")) == b"two"
    assert namespace_files.read(Address("team", "a.txt", 1)) == b"one"
    with pytest.raises(NotFound, match="no revision 3"):
        namespace_files.read(Address("team", "a.txt", 3))


def test_a_deleted_file_is_gone_but_its_revisions_stay():
    put("a.txt", b"one")
    assert namespace_files.delete("team", "a.txt", NOW) == ["a.txt"]
    with pytest.raises(NotFound):
        namespace_files.read(Address("team", "a.txt"))
    assert namespace_files.read(Address("team", "a.txt", 1)) == b"one"
    put("a.txt", b"again")
    assert namespace_files.get("team", "a.txt").revision == 2


def test_folders_are_there_through_what_is_in_them():
    put("a/b/c.txt")
    put("a/d.txt")
    namespace_files.make_folder("team", "empty", NOW)
    assert paths(deep=False) == ["a", "empty"]
    assert paths("a", deep=False) == ["a/b", "a/d.txt"]
    assert paths("/a/") == ["a/b", "a/b/c.txt", "a/d.txt"]
    assert namespace_files.get("team", "a/b").is_folder
    assert paths(text="C.TXT") == ["a/b/c.txt"]


def test_names_are_told_apart_by_their_case():
    put("A/x.txt")
    put("a/y.txt")
    assert paths("a") == ["a/y.txt"]
    namespace_files.delete("team", "a", NOW)
    assert paths() == ["A", "A/x.txt"]


def test_a_folder_moves_with_all_that_is_in_it():
    put("a/b.txt", b"b")
    put("a/c/d.txt", b"d")
    put("z/b.txt")
    namespace_files.delete("team", "z", NOW)
    namespace_files.move("team", "a", "z", NOW)
    assert paths() == ["z", "z/b.txt", "z/c", "z/c/d.txt"]
    assert namespace_files.read(Address("team", "z/b.txt")) == b"b"
    with pytest.raises(InvalidInput, match="into itself"):
        namespace_files.move("team", "z", "z/deeper", NOW)
    put("taken.txt")
    with pytest.raises(Conflict, match="already there"):
        namespace_files.move("team", "z/b.txt", "taken.txt", NOW)
    with pytest.raises(NotFound):
        namespace_files.move("team", "nowhere", "else", NOW)


def test_a_path_is_a_file_or_a_folder():
    put("a")
    with pytest.raises(Conflict, match="nothing can be in it"):
        put("a/b.txt")
    put("f/b.txt")
    with pytest.raises(Conflict, match="is a folder"):
        put("f")
    with pytest.raises(Conflict, match="is a file"):
        namespace_files.make_folder("team", "a", NOW)
    with pytest.raises(InvalidInput, match="is a folder"):
        namespace_files.read(Address("team", "f"))


def test_what_is_refused_leaves_no_content_behind(media: Path, settings: Any):
    settings.MILLSTREAM = {**settings.MILLSTREAM, "NAMESPACE_FILE_BYTES": 3, "NAMESPACE_FILES": 1}
    put("a", b"abc")
    with pytest.raises(LimitExceeded, match="MILLSTREAM_NAMESPACE_FILE_BYTES"):
        put("a", b"abcd")
    with pytest.raises(LimitExceeded, match="MILLSTREAM_NAMESPACE_FILES"):
        put("b", b"abc")
    with pytest.raises(Conflict, match="already there"):
        put("a", b"abc", overwrite=False)
    with pytest.raises(InvalidInput):
        put("../../etc/passwd", b"abc")
    assert contents_kept(media) == 1


@pytest.mark.django_db(transaction=True)
def test_a_purge_keeps_the_newest_and_forgets_the_rest(media: Path):
    for text in (b"1", b"2", b"3"):
        put("a", text)
        put("b", text)
    namespace_files.delete("team", "b", NOW)
    assert namespace_files.purge(["team"], "a".__eq__, keep=2) == 1
    assert [one.number for one in namespace_files.revisions("team", "a")] == [3, 2]
    assert namespace_files.purge(["team"], "a".__eq__, keep=0, before=NOW) == 0
    assert namespace_files.purge(["team"], bool, keep=0, before=NOW + timedelta(days=1)) == 4
    assert namespace_files.read(Address("team", "a")) == b"3"
    assert contents_kept(media) == 1
    with pytest.raises(NotFound):
        namespace_files.revisions("team", "b")


@pytest.mark.parametrize(
    ("text", "where"),
    [("a.txt", Address("team.a", "a.txt")), ("nsfile:///x/a.txt", Address("team.a", "x/a.txt")),
     ("nsfile://other.one/x/a.txt", Address("other.one", "x/a.txt")),
     ("kestra:///other/one/_files/x/a%20b.txt", Address("other.one", "x/a b.txt")),
     ("kestra:///team/_files/a.txt?revision=3", Address("team", "a.txt", 3)),
     ("kestra:///executions/E/k/a.txt", None), ("https://example.com/a.txt", None)],
)  # fmt: skip
def test_a_file_of_a_namespace_is_named_in_several_ways(text: str, where: Address | None):
    assert address(text, "team.a") == where


def test_an_address_leads_back_to_its_file():
    where = Address("team.a", "x/a b?#%.txt", 2)
    assert address(namespace_files.uri_of(where), "elsewhere") == where


@pytest.mark.parametrize(
    ("template", "value"),
    [("{{ read('a.txt') }}", "two"), ("{{ read('a.txt', revision=1) }}", "one"),
     ("{{ read('a.txt', version=1) }}", "one"), ("{{ read('a.txt', 'other') }}", "theirs"),
     ("{{ read('nsfile://other/a.txt') }}", "theirs"), ("{{ read(fileURI('a.txt', revision=1)) }}", "one"),
     ("{{ fileURI('/a.txt') }}", "kestra:///team/_files/a.txt"), ("{{ fileSize('a.txt') }}", "3"),
     ("{{ fileSize('a.txt', 'other') }}", "6"), ("{{ fileExists('b.txt') }}", "false"),
     ("{{ fileExists('a.txt', namespace='other') }}", "true"), ("{{ fileExists('a.txt', revision=9) }}", "false"),
     ("{{ isFileEmpty('empty') }}", "true"), ("{{ isFileEmpty('a.txt') }}", "false")],
)  # fmt: skip
def test_expressions_read_files_of_namespaces(template: str, value: str):
    put("a.txt", b"one")
    put("a.txt", b"two")
    put("empty", b"")
    put("a.txt", b"theirs", namespace="other")
    assert render_value(template, {}, StoredLookups("team", lambda: NOW), now=NOW) == value


@pytest.mark.parametrize(
    ("template", "said"),
    [("{{ read('missing.txt') }}", "has no file 'missing.txt'"), ("{{ read('../a') }}", "must not contain '../'"),
     ("{{ fileURI('../a') }}", "must not contain '../'"), ("{{ read('a', revision='x') }}", "whole number"),
     ("{{ read('kestra:///executions/E/k/a') }}", "only a running task"), ("{{ read('file:///etc/passwd') }}", "only")],
)  # fmt: skip
def test_what_cannot_be_read_is_said(template: str, said: str):
    with pytest.raises(ExpressionError, match=said):
        render_value(template, {}, StoredLookups("team", lambda: NOW), now=NOW)
