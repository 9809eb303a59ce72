"""What a value looks like to a person: text, Markdown, a table, a picture, a sound, a file, or a tree of JSON."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from builder.runtime.runner.keeping.shelf import is_stored

MOST_ITEMS = 200
MOST_TEXT = 200_000
MOST_DEPTH = 8
_FILE = re.compile(r"kestra://\S+")
_LOOKS_MARKED = re.compile(r"^(#{1,4} |[-*] |\d+\. |```|> |\|.*\|)|\*\*\S|\[[^\]]+\]\(https?:", re.MULTILINE)
_TAGS = {
    "p", "br", "h1", "h2", "h3", "h4", "ul", "ol", "li", "strong", "em", "code", "pre", "blockquote", "table", "thead",
    "tbody", "tr", "th", "td", "a", "hr", "s",
}  # fmt: skip
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").enable("strikethrough")
_MARKDOWN.render("*x*")  # it makes its rules ready at first use, which two threads may not do at once
_IMAGES = (".png", ".jpg", ".jpeg", ".webp", ".gif")
_SOUNDS = (".mp3", ".wav", ".opus", ".aac", ".flac", ".m4a", ".ogg")


@dataclass(frozen=True, slots=True)
class Shape:
    """A value to show. `kind`: text, markdown, image, sound, file, stored, table, map, list, plain or more (cut off).

    `bytes`: the size of a stored one, which is too large to be shown.
    """

    kind: str
    value: Any = None
    html: SafeString | None = None
    items: tuple[tuple[str, "Shape"], ...] = ()
    columns: tuple[str, ...] = ()
    left_out: int = 0
    bytes: int = 0

    @property
    def name(self) -> str:
        """Of a file, without where it is kept."""
        return str(self.value).partition("?")[0].rpartition("/")[2] or str(self.value)


def shape(value: Any, depth: int = 0) -> Shape:
    """How to show a JSON value."""
    if isinstance(value, str):
        return _text(value)
    if depth >= MOST_DEPTH and isinstance(value, Mapping | list):
        return Shape("text", json.dumps(value, ensure_ascii=False)[:MOST_TEXT])
    if is_stored(value):
        return Shape("stored", value["uri"], bytes=value["bytes"] if isinstance(value.get("bytes"), int) else 0)
    if isinstance(value, Mapping):
        items = tuple((str(key), shape(item, depth + 1)) for key, item in list(value.items())[:MOST_ITEMS])
        return Shape("map", items=items, left_out=max(0, len(value) - MOST_ITEMS))
    if isinstance(value, list):
        return _list(value, depth)
    return Shape("plain", "null" if value is None else json.dumps(value))


def _text(text: str) -> Shape:
    if _FILE.fullmatch(text):
        name = text.lower()
        kind = "image" if name.endswith(_IMAGES) else "sound" if name.endswith(_SOUNDS) else "file"
        return Shape(kind, text)
    if len(text) <= MOST_TEXT and _LOOKS_MARKED.search(text):
        return Shape("markdown", text, html=markdown(text))
    return Shape("text", text[:MOST_TEXT], left_out=max(0, len(text) - MOST_TEXT))


def _list(values: list[Any], depth: int) -> Shape:
    shown, left_out = values[:MOST_ITEMS], max(0, len(values) - MOST_ITEMS)
    columns = _columns(shown)
    if columns:
        lines = tuple(
            (str(number), Shape("row", items=tuple((name, shape(line.get(name), depth + 2)) for name in columns)))
            for number, line in enumerate(shown)
        )
        return Shape("table", items=lines, columns=columns, left_out=left_out)
    return Shape("list", items=tuple((str(n), shape(v, depth + 1)) for n, v in enumerate(shown)), left_out=left_out)


def table(lines: list[Any]) -> Shape:
    """The rows of a file, whatever they hold: a table when they are maps, else a list."""
    if not lines or not all(isinstance(line, Mapping) for line in lines):
        return _list(lines, 0)
    columns = tuple(dict.fromkeys(str(key) for line in lines for key in line))[:MOST_ITEMS]
    rows = tuple(
        (str(number), Shape("row", items=tuple((name, shape(line.get(name, ""), 2)) for name in columns)))
        for number, line in enumerate(lines)
    )
    return Shape("table", items=rows, columns=columns)


def _columns(values: list[Any]) -> tuple[str, ...]:
    """The columns of a list of flat maps with the same few keys; nothing when it is no table."""
    if len(values) < 2 or not all(isinstance(value, Mapping) for value in values):
        return ()
    columns = tuple(dict.fromkeys(str(key) for value in values for key in value))
    flat = all(not isinstance(item, Mapping | list) for value in values for item in value.values())
    return columns if flat and 0 < len(columns) <= 8 else ()


def markdown(text: str) -> SafeString:
    """Markdown as HTML, with everything taken out that could run, load or mislead."""
    return _clean(_MARKDOWN.render(text))


def markdown_line(text: str) -> SafeString:
    """The same within a line: no headings, no lists."""
    return _clean(_MARKDOWN.renderInline(text))


def _clean(html: str) -> SafeString:
    clean = nh3.clean(
        html, tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )  # fmt: skip
    return mark_safe(clean)  # cleaned by nh3 just above


def answer(outputs: Mapping[str, Any] | None) -> str:
    """What a model said, from the outputs of any of the model tasks; "" when there is nothing of the kind."""
    if not outputs:
        return ""
    choices = outputs.get("choices")
    if isinstance(choices, list):
        said = [_content(choice) for choice in choices if isinstance(choice, Mapping)]
        return "\n\n".join(text for text in said if text)
    for name in ("outputText", "textOutput", "texts"):
        found = outputs.get(name)
        if isinstance(found, str):
            return found
    return ""


def _content(choice: Mapping[str, Any]) -> str:
    message = choice.get("message")
    if not isinstance(message, Mapping):
        return ""
    content = message.get("content")
    if isinstance(content, str) and content:
        return content
    call = message.get("function_call")
    return json.dumps(call, ensure_ascii=False, indent=2) if call else ""
