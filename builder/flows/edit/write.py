"""Writes new values as YAML in the style of their neighbours; text that YAML would read as something else is quoted."""

import io
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import yaml

LONG = 100
"""Text of one line with more characters than this becomes a `|` block."""

_OTHER_YAML = re.compile(r"[-+]?(\.\d+|\d[\d_]*(\.\d*)?)([eE][-+]?\d+)?|0o[0-7_]+|0x[\da-fA-F_]+|[yYnN]")
"""What YAML 1.2 or other readers take for a number or a boolean although PyYAML's resolver does not."""
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0", "\x1b": "\\e"}
_UNPRINTABLE = re.compile("[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_RESOLVER: Any = yaml.resolver.Resolver()


@dataclass(frozen=True, slots=True)
class Style:
    """How the neighbours are written: indent step, how far a list's dash stands in from its key, preferred quote."""

    step: int = 2
    dash: int = 2
    quote: str = '"'
    block: bool = False
    """The value that is replaced was a `|` or `>` block, so its successor stays one."""
    quoted: bool = False
    """The value that is replaced was quoted, so its successor stays so."""

    def plain(self) -> "Style":
        """The same for values below: what the replaced value looked like says nothing about them."""
        return replace(self, block=False, quoted=False)


def after_key(value: Any, column: int, style: Style) -> str:
    """What follows `key:` when the key stands in this column; begins with a space or a line break."""
    if isinstance(value, Mapping) and value:
        return "\n" + block_mapping(value, column + style.step, style.plain())
    if isinstance(value, list | tuple) and value:
        return "\n" + block_list(value, column + style.dash, style.plain())
    return " " + scalar(value, column, style)


def after_dash(value: Any, column: int, style: Style) -> str:
    """What follows a list's `-` when the dash stands in this column."""
    if isinstance(value, Mapping) and value:
        return " " + block_mapping(value, column + 2, style.plain()).lstrip(" ")
    if isinstance(value, list | tuple) and value:
        return " " + block_list(value, column + 2, style.plain()).lstrip(" ")
    return " " + scalar(value, column, style)


def block_mapping(value: Mapping[Any, Any], column: int, style: Style) -> str:
    """The lines of a mapping, without the last line break."""
    return "\n".join(f"{' ' * column}{key(name)}:{after_key(item, column, style)}" for name, item in value.items())


def block_list(value: list[Any] | tuple[Any, ...], column: int, style: Style) -> str:
    """The lines of a list, without the last line break."""
    return "\n".join(f"{' ' * column}-{after_dash(item, column, style)}" for item in value)


def key(name: Any) -> str:
    """A mapping key on one line."""
    return inline(name, Style()) if not isinstance(name, str) or len(name) <= LONG else double_quoted(name)


def scalar(value: Any, column: int, style: Style) -> str:
    """A scalar or an empty collection in block context; long and multi-line text as a `|` block."""
    if isinstance(value, str) and _wants_block(value, style):
        return literal(value, column + style.step, style.step)
    return inline(value, style)


def inline(value: Any, style: Style, *, flow: bool = False) -> str:
    """A value on one line; collections in flow style."""
    if isinstance(value, Mapping):
        bare = Style()
        pairs = [f"{inline(name, bare, flow=True)}: {inline(item, style, flow=True)}" for name, item in value.items()]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(inline(item, style, flow=True) for item in value) + "]"
    if isinstance(value, str):
        return text(value, style, flow=flow)
    return _bare(value)


def text(value: str, style: Style, *, flow: bool = False) -> str:
    """Text on one line: plain where it stays text, else quoted as the neighbours are."""
    if not style.quoted and reads_as_text(value, flow=flow):
        return value
    clean = "\n" not in value and "\t" not in value and not _UNPRINTABLE.search(value)
    awkward = '"' in value or "\\" in value
    if clean and (style.quote == "'" or (awkward and "'" not in value)):
        return "'" + value.replace("'", "''") + "'"
    return double_quoted(value)


def reads_as_text(value: str, *, flow: bool = False) -> bool:
    """Whether this text may stand without quotes and is still text, for every usual YAML reader."""
    if not value or "\n" in value or "\t" in value or _UNPRINTABLE.search(value) or _OTHER_YAML.fullmatch(value):
        return False
    emitter = yaml.emitter.Emitter(io.StringIO(), allow_unicode=True)
    analysis = emitter.analyze_scalar(value)
    if not (analysis.allow_flow_plain if flow else analysis.allow_block_plain):
        return False
    return bool(_RESOLVER.resolve(yaml.ScalarNode, value, (True, False)) == "tag:yaml.org,2002:str")


def double_quoted(value: str) -> str:
    """Text in double quotes with everything unprintable escaped."""
    short = "".join(_ESCAPES.get(char, char) for char in value)
    return '"' + _UNPRINTABLE.sub(_escape, short) + '"'


def literal(value: str, indent: int, step: int) -> str:
    """A `|` block whose lines stand in column `indent`, without the last line break; the text ends in one at most."""
    body = value.removesuffix("\n")
    chomp = "" if value.endswith("\n") else "-"
    lead = str(step) if body.lstrip("\n")[:1] in " \t" else ""
    return f"|{lead}{chomp}\n" + "\n".join(" " * indent + line if line else "" for line in body.split("\n"))


def _wants_block(value: str, style: Style) -> bool:
    if not value.strip() or _UNPRINTABLE.search(value) or value.endswith("\n\n"):
        return False
    return style.block or "\n" in value or len(value) > LONG


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def _bare(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _real(value)
    if isinstance(value, datetime | date):
        return text(value.isoformat(), Style())
    return str(value)


def _real(value: float) -> str:
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    shown = repr(value)
    return shown.replace("e", ".0e") if "e" in shown and "." not in shown else shown
