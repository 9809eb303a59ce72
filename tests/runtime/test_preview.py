"""The beginning of a file: what it is is judged by its content first."""

import base64
from pathlib import Path
from typing import Any

import pytest

from builder.errors import InvalidInput
from builder.runtime.files import storage
from builder.runtime.files.preview import Preview, preview

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def shown(name: str, content: bytes, *arguments: Any) -> Preview:
    return preview(storage.locate(storage.put("E", name, content), {"E"}), *arguments)


@pytest.mark.parametrize(
    ("name", "content", "kind", "value", "truncated"),
    [
        ("a.txt", b"1\n2\n3\n", "TEXT", "1\n2", True),
        ("a.txt", b"1\n2\n", "TEXT", "1\n2", False),
        ("a", "\ufeffé".encode(), "TEXT", "é", False),
        ("a.csv", b'a,b\n1,"x,\ny"\n2,z,more\n', "LIST",
         [{"a": "1", "b": "x,\ny"}, {"a": "2", "b": "z", "column 3": "more"}], False),
        ("a.csv", b"a\n1\n2\n3\n", "LIST", [{"a": "1"}, {"a": "2"}], True),
        ("a.tsv", b"a\tb\n1\t2\n", "LIST", [{"a": "1", "b": "2"}], False),
        ("a.ion", b'{a:1,b:"x"}\n{"a": 2}\n', "LIST", [{"a": 1, "b": "x"}, {"a": 2}], False),
        ("a.jsonl", b"not json {", "TEXT", "not json {", False),
        ("a.json", b'{"a":[1]}', "TEXT", '{\n  "a": [', True),
        ("a.md", b"# Hi", "MARKDOWN", "# Hi", False),
        ("a.png", b"<script>", "TEXT", "<script>", False),
        ("a.bin", b"\0\1\2", "BINARY", None, True),
        ("a.txt", b"", "TEXT", "", False),
    ],
)  # fmt: skip
def test_a_file_is_shown_as_what_it_is(name: str, content: bytes, kind: str, value: Any, truncated: bool):
    found = shown(name, content, 2)
    assert (found.type, found.content, found.truncated) == (kind, value, truncated)


def test_a_picture_is_known_by_its_content():
    found = shown("a.txt", PNG)
    assert (found.type, found.media_type, base64.b64decode(found.content)) == ("IMAGE", "image/png", PNG)


def test_other_encodings_are_read_when_told():
    assert shown("a.txt", "é".encode("latin-1"), 5, "ISO-8859-1").content == "é"
    assert shown("a.txt", "é".encode("utf-16"), 5, "utf-16").content == "é"
    with pytest.raises(InvalidInput, match="not known"):
        shown("a.txt", b"x", 5, "klingon")


def test_of_a_large_file_the_beginning_is_shown():
    found = shown("a.txt", b"line\n" * 1_000_000, 10)
    assert found.truncated and found.content == "\n".join(["line"] * 10)
    assert shown("a.csv", b"a\n" + b"1\n" * 1_000_000, 100_000).truncated
