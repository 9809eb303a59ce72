"""Paths of files as flows and people write them, made safe; and the globs that choose among them."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from builder.errors import InvalidInput

PATH_LETTERS = 500
_NAME_BYTES = 255
_ODD = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Kinds of characters that hide what a name is: control, direction and joining marks, halves of pairs, unassigned."""


def safe_path(text: str) -> str:
    """`/a//b.txt` as `a/b.txt`: below one root, without dots that climb. Raises InvalidInput that says why not."""
    path = unicodedata.normalize("NFC", text)
    parts = [part for part in path.split("/") if part not in ("", ".")]
    found = "/".join(parts)
    reason = _wrong(found, parts)
    if reason:
        shown = "".join(letter if letter.isprintable() else "?" for letter in text[:100])
        raise InvalidInput(f"The path '{shown}' cannot be used: {reason}.")
    return found


def _wrong(path: str, parts: Sequence[str]) -> str:
    if not parts:
        return "it names no file"
    if ".." in parts:
        return "it must not contain '../'"
    if "\\" in path:
        return "folders are parted by /, not by a backslash"
    if any(unicodedata.category(letter) in _ODD or letter == "\ufffd" for letter in path):
        return "it holds a control or invisible character"
    if len(path) > PATH_LETTERS:
        return f"it has more than {PATH_LETTERS} characters"
    if any(len(part.encode()) > _NAME_BYTES for part in parts):
        return f"one of its names has more than {_NAME_BYTES} bytes"
    return ""


def is_chosen(path: str, include: Sequence[str], exclude: Sequence[str] = ()) -> bool:
    """Whether a path fits one of `include` (all do when there is none) and none of `exclude`."""
    wanted = not include or any(fits(path, pattern) for pattern in include)
    return wanted and not any(fits(path, pattern) for pattern in exclude)


def fits(path: str, pattern: str) -> bool:
    """Whether a path fits a glob: `*` within a folder, `**` across folders, `?`, `[abc]` and `{a,b}`, as Java's.

    A leading slash means nothing, in either; a pattern that names a folder fits all that is in it.
    """
    return _compiled(pattern).fullmatch(path.lstrip("/")) is not None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    text = pattern.removeprefix("glob:").removeprefix("./").lstrip("/")
    if pattern.endswith("/"):
        text += "**"
    try:
        return re.compile(_expression(text), re.DOTALL)
    except re.error:
        return re.compile(re.escape(text))


_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^]/]+\]|\{[^{}]*\}|\\.|.", re.DOTALL)
_SIMPLE = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _expression(glob: str) -> str:
    found = []
    for token in _TOKEN.findall(glob):
        if token in _SIMPLE:
            found.append(_SIMPLE[token])
        elif len(token) > 1 and token[0] == "[":
            found.append("[^" + _set(token[2:-1]) + "]" if token[1] == "!" else "[" + _set(token[1:-1]) + "]")
        elif len(token) > 1 and token[0] == "{":
            found.append("(?:" + "|".join(_expression(part) for part in token[1:-1].split(",")) + ")")
        else:
            found.append(re.escape(token[-1]))
    return "".join(found)


def _set(letters: str) -> str:
    return letters.replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^").replace("&&", "&\\&")
