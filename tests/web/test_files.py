"""The page of a namespace's files."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from builder.clock import SystemClock
from builder.store import namespace_files
from builder.store.namespace_files import Address

EVIL = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def put(path: str, content: bytes = b"text") -> None:
    namespace_files.put("lab", path, content, SystemClock().now(), by="ada")


def page(browser: Client, path: str = "", status: int = 200, **more: Any) -> str:
    answer = browser.get("/files", {"namespace": "lab", "path": path, **more})
    assert answer.status_code == status
    return answer.content.decode()


def post(browser: Client, verb: str, status: int = 302, **given: Any) -> str:
    answer = browser.post(f"/files/lab/{verb}", given)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer["Location"] if status == 302 else answer.content.decode()


def text_of(path: str) -> bytes:
    return namespace_files.read(Address("lab", path))


def test_the_tree_shows_what_is_open(browser: Client):
    put("prompts/deep/a.txt")
    put("prompts/b.txt")
    put("z.csv")
    assert "b.txt" not in page(browser)
    shown = page(browser, "prompts/b.txt")
    assert "b.txt" in shown and ">deep<" in shown and "a.txt" not in shown and 'aria-current="true"' in shown
    assert "There is no file nowhere" in page(browser, "nowhere", 404)


def test_files_are_uploaded_also_as_an_archive(browser: Client):
    where = post(browser, "upload", folder="in", files=SimpleUploadedFile("a b.txt", b"one"))
    assert where.endswith("path=in%2Fa+b.txt") and text_of("in/a b.txt") == b"one"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("x/y.txt", "two")
    post(browser, "upload", files=SimpleUploadedFile("all.zip", archive.getvalue()))
    assert text_of("x/y.txt") == b"two"
    assert "Choose a file" in post(browser, "upload", 422)


def test_a_text_is_written_changed_and_not_overwritten_unseen(browser: Client):
    post(browser, "save", path="a.md", text="one\r\ntwo", revision="0")
    assert text_of("a.md") == b"one\ntwo"
    post(browser, "save", path="a.md", text="three", revision="1")
    stale = post(browser, "save", 409, path="a.md", text=f"mine {EVIL}", revision="1")
    assert "Somebody saved this file in between" in stale and "mine &lt;script&gt;" in stale
    assert "already there" in post(browser, "save", 409, path="a.md", text="x", revision="0")
    bad = post(browser, "save", 422, path="../a", text="kept text", revision="0")
    assert "must not contain" in bad and "kept text" in bad
    assert text_of("a.md") == b"three"


def test_a_file_is_moved_deleted_and_its_revisions_come_back(browser: Client):
    put("a.txt", b"one")
    put("a.txt", b"two")
    assert "one" in page(browser, "a.txt", revision="1") and "Bring this one back" in page(
        browser, "a.txt", revision="1"
    )
    post(browser, "restore", path="a.txt", revision="1")
    assert text_of("a.txt") == b"one" and namespace_files.get("lab", "a.txt").revision == 3
    post(browser, "folder", path="dir")
    assert post(browser, "move", path="a.txt", to="dir/b.txt").endswith("path=dir%2Fb.txt")
    assert "is a folder" not in post(browser, "move", 409, path="dir/b.txt", to="dir")
    post(browser, "delete", path="dir")
    assert "There is no file" in page(browser, "dir/b.txt", 404)
    assert post(browser, "delete", 404, path="dir")
    assert browser.get("/files", {"namespace": "lab", "path": "dir", "revision": "x"}).status_code == 404


def test_what_is_no_text_is_shown_or_offered_and_never_runs(browser: Client):
    put("a.bin", b"\0\1")
    put(f"{EVIL[:8]}.html", EVIL.encode())
    assert "cannot be edited here" in page(browser, "a.bin")
    shown = page(browser, f"{EVIL[:8]}.html")
    assert EVIL not in shown and "&lt;script&gt;alert(1)" in shown
    answer = browser.get("/files/lab/download", {"path": f"{EVIL[:8]}.html"})
    assert answer["Content-Disposition"].startswith("attachment") and "sandbox" in answer["Content-Security-Policy"]
    assert b"".join(answer.streaming_content) == EVIL.encode()  # type: ignore[attr-defined]
    with zipfile.ZipFile(io.BytesIO(b"".join(browser.get("/files/lab/export").streaming_content))) as packed:  # type: ignore[attr-defined]
        assert "a.bin" in packed.namelist()


def test_a_first_visit_says_what_files_are_for(browser: Client):
    assert "No namespace yet" in browser.get("/files").content.decode()
    put("a.txt")
    assert "Choose a file" in browser.get("/files").content.decode()
    assert browser.get("/files", {"namespace": "lab", "path": "a\u202eb"}).status_code == 404
    assert Client().get("/files").status_code == 302
