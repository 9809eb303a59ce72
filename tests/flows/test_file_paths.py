"""Paths of files cannot climb, hide or fool; globs choose as Java's do."""

import pytest

from builder.errors import InvalidInput
from builder.flows.file_paths import fits, is_chosen, safe_path


@pytest.mark.parametrize(
    ("text", "path"),
    [("a.txt", "a.txt"), ("/a//b/./c.txt", "a/b/c.txt"), ("a/", "a"), ("e\u0301te\u0301.txt", "été.txt"),
     ("été/文件 1.txt", "été/文件 1.txt"), ("..a/b..c", "..a/b..c")],
)  # fmt: skip
def test_a_path_is_told_in_one_way(text: str, path: str):
    assert safe_path(text) == path


@pytest.mark.parametrize(
    "text",
    ["", "/", ".", "..", "../x", "a/../../b", "a/..", "a\\..\\b", "nul\0x", "line\nbreak", "rtl\u202etxt.exe",
     "zero\u200bwidth", "half\ud800", "x" * 501, "é" * 130, "a/" + "b" * 256],
)  # fmt: skip
def test_what_cannot_be_a_path_is_refused(text: str):
    with pytest.raises(InvalidInput, match="cannot be used"):
        safe_path(text)


@pytest.mark.parametrize(
    ("path", "pattern"),
    [("a.txt", "*.txt"), ("a.txt", "/a.txt"), ("out/stay.txt", "out/*"), ("a/b/c.py", "**/*.py"), ("c.py", "**/*.py"),
     ("a/b/c", "a/**"), ("a/b", "a/"), ("a1.txt", "a?.txt"), ("b.csv", "{a,b}.csv"), ("c.txt", "[a-c].txt"),
     ("d.txt", "[!a-c].txt"), ("a/b.sql", "glob:**.sql"), ("a(1).txt", "a(1).*"), ("x", "./x")],
)  # fmt: skip
def test_a_glob_fits(path: str, pattern: str):
    assert fits(path, pattern)


@pytest.mark.parametrize(
    ("path", "pattern"),
    [("a/b.txt", "*.txt"), ("ab", "a"), ("a/b/c", "a/*"), ("axtxt", "a.txt"), ("d.txt", "[a-c].txt"), ("a", "[")],
)
def test_a_glob_does_not_fit(path: str, pattern: str):
    assert not fits(path, pattern)


def test_what_is_excluded_is_not_chosen():
    assert is_chosen("a/b.txt", [], [])
    assert is_chosen("a/b.txt", ["a/**"], ["*.txt"])
    assert not is_chosen("ignore/4.txt", [], ["/ignore/**"])
    assert not is_chosen("b.txt", ["a/**"])
