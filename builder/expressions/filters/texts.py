"""Filters that turn a text into another."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from builder.expressions.evaluation.arguments import made, only_text, text, whole
from builder.expressions.evaluation.session import Session
from builder.expressions.faults import ExpressionError
from builder.expressions.registry import filter_
from builder.expressions.values import is_list

_QUOTES = {"single": ("'", "\\'"), "double": ('"', '\\"'), "shell": ("'", "'\\''")}


@filter_("upper", "The text in capital letters.", "{{ 'ada' | upper }}", "ADA")
def upper(session: Session, value: Any) -> str:
    return made(session, text(session, value).upper())


@filter_("lower", "The text in small letters.", "{{ 'ADA' | lower }}", "ada")
def lower(session: Session, value: Any) -> str:
    return made(session, text(session, value).lower())


@filter_("capitalize", "The first letter as a capital.", "{{ 'ada lovelace' | capitalize }}", "Ada lovelace")
def capitalize(session: Session, value: Any) -> str:
    source = text(session, value)
    start = len(source) - len(source.lstrip())
    return made(session, source[:start] + _title_letter(source[start : start + 1]) + source[start + 1 :])


def _title_letter(letter: str) -> str:
    """One character stays one, as in Java: ß has no capital of that kind."""
    capital = letter.title()
    return capital if len(capital) == 1 else letter


@filter_("title", "Each word with a capital letter.", "{{ 'ada lovelace' | title }}", "Ada Lovelace")
def title(session: Session, value: Any) -> str:
    return made(session, re.sub(r"(^|\s)(\S)", lambda found: found[1] + _title_letter(found[2]), text(session, value)))


@filter_("trim", "Without white space at both ends.", "{{ '  ada ' | trim }}", "ada")
def trim(session: Session, value: Any) -> str:
    return made(session, text(session, value).strip())


@filter_("abbreviate", "At most `length` characters, with ... at the end of what was cut.",
         "{{ 'Ada Lovelace' | abbreviate(6) }}", "Ada...")  # fmt: skip
def abbreviate(session: Session, value: Any, length: Any) -> str:
    source, most = text(session, value), whole(length, "The length")
    if most < 0:
        raise ExpressionError("The length of abbreviate cannot be negative")
    if len(source) < most or len(source) <= 3:
        return source
    return source[:most] if most < 4 else source[: most - 3] + "..."


@filter_("string", "Any value as its text.", "{{ 42 | string ~ '!' }}", "42!", takes_null=True)
def string(session: Session, value: Any) -> str:
    return text(session, value)


@filter_("slugify", "Small letters, digits and hyphens, for addresses and names.",
         "{{ 'Crème brûlée, 2 pièces' | slugify }}", "creme-brulee-2-pieces")  # fmt: skip
def slugify(session: Session, value: Any) -> str:
    plain = unicodedata.normalize("NFKD", made(session, text(session, value))).encode("ascii", "ignore").decode()
    return re.sub(r"-{2,}", "-", re.sub(r"[^\w-]", "", re.sub(r"\s+", "-", plain))).strip("-").lower()


def _cut(session: Session, value: Any, separator: Any) -> tuple[str, str]:
    return text(session, value), only_text(separator, "The separator")


@filter_("substringBefore", "What stands before the first separator.",
         "{{ 'a.b.c' | substringBefore('.') }}", "a")  # fmt: skip
def substring_before(session: Session, value: Any, separator: Any) -> str:
    source, mark = _cut(session, value, separator)
    return source[: source.find(mark)] if mark in source else source


@filter_("substringBeforeLast", "What stands before the last separator.",
         "{{ 'a.b.c' | substringBeforeLast('.') }}", "a.b")  # fmt: skip
def substring_before_last(session: Session, value: Any, separator: Any) -> str:
    source, mark = _cut(session, value, separator)
    return source[: source.rfind(mark)] if mark and mark in source else source


@filter_("substringAfter", "What stands after the first separator.",
         "{{ 'a.b.c' | substringAfter('.') }}", "b.c")  # fmt: skip
def substring_after(session: Session, value: Any, separator: Any) -> str:
    source, mark = _cut(session, value, separator)
    return source[source.find(mark) + len(mark) :] if mark in source else ""


@filter_("substringAfterLast", "What stands after the last separator.",
         "{{ 'a.b.c' | substringAfterLast('.') }}", "c")  # fmt: skip
def substring_after_last(session: Session, value: Any, separator: Any) -> str:
    source, mark = _cut(session, value, separator)
    return source[source.rfind(mark) + len(mark) :] if mark and mark in source else ""


@filter_("startsWith", "Whether the text begins with another.", "{{ 'Hello' | startsWith('He') }}", "true")
def starts_with(session: Session, value: Any, value_: Any) -> bool:
    return text(session, value).startswith(text(session, value_))


@filter_("endsWith", "Whether the text ends with another.", "{{ 'Hello' | endsWith('lo') }}", "true")
def ends_with(session: Session, value: Any, value_: Any) -> bool:
    return text(session, value).endswith(text(session, value_))


def _line_separator(source: str) -> str:
    return next((mark for mark in ("\r\n", "\n\r", "\n", "\r") if mark in source), "\n")


def _indented(session: Session, source: str, amount: Any, prefix: Any) -> str:
    count, mark = whole(amount, "The amount"), _line_separator(source)
    if count < 0:
        raise ExpressionError("The amount of an indent cannot be negative")
    width = count * len(only_text(prefix, "The prefix"))
    session.budget.text(len(source) + width * source.count(mark), wide=not source.isascii())
    return source.replace(mark, mark + prefix * count) if mark in source else source


@filter_("indent", "Spaces before every line but the first.", "{{ 'a' ~ '\n' ~ 'b' | indent(2) }}", "a\n  b")
def indent(session: Session, value: Any, amount: Any, prefix: Any = " ") -> str:
    return _indented(session, text(session, value), amount, prefix)


@filter_("nindent", "A new line, and spaces before every line.", "a:{{ 'b' | nindent(2) }}", "a:\n  b")
def nindent(session: Session, value: Any, amount: Any, prefix: Any = " ") -> str:
    source = text(session, value)
    return _indented(session, _line_separator(source) + source, amount, prefix) if source else ""


@filter_("escapeChar", "Quotes escaped for a text in 'single' or 'double' quotes or for the 'shell'.",
         "{{ \"it's\" | escapeChar('single') }}", "it\\'s")  # fmt: skip
def escape_char(session: Session, value: Any, type: Any) -> Any:
    if not isinstance(type, str) or type.lower() not in _QUOTES:
        raise ExpressionError("The type of escapeChar is 'single', 'double' or 'shell'")
    old, new = _QUOTES[type.lower()]

    return each_text(session, value, lambda source: replaced(session, source, old, new))


def replaced(session: Session, source: str, old: str, new: str) -> str:
    """Each occurrence of `old` replaced; an empty one stands between all characters."""
    session.budget.text(len(source) + source.count(old) * len(new), wide=not (source.isascii() and new.isascii()))
    return source.replace(old, new)


def each_text(session: Session, value: Any, change: Any) -> Any:
    """`change` on a text, on every text inside lists and maps, and on the text of everything else."""
    session.budget.step()
    if isinstance(value, Mapping):
        return {key: each_text(session, entry, change) for key, entry in value.items()}
    if is_list(value):
        return [each_text(session, entry, change) for entry in value]
    return change(text(session, value))


@filter_("condenseString", "White space runs as one space.", "{{ ' a   b ' | condenseString }}", "a b")
def condense_string(session: Session, value: Any) -> str:
    return " ".join(made(session, text(session, value)).split())


@filter_("format", "The text with %s, %d, %.2f ... filled in.", "{{ '%s has %d' | format('Ada', 2) }}", "Ada has 2")
def format_(session: Session, value: Any, *arguments: Any) -> str:
    return _Formatted(session, arguments).of(text(session, value))


class _Formatted:
    _FIELD = re.compile(r"%(?:(\d+)\$)?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])")

    def __init__(self, session: Session, arguments: tuple[Any, ...]) -> None:
        self._session = session
        self._arguments = arguments
        self._next = 0

    def of(self, source: str) -> str:
        return made(self._session, self._FIELD.sub(self._field, source))

    def _field(self, found: re.Match[str]) -> str:
        index, flags, width, precision, letter = found.groups()
        if letter in "%n":
            return "%" if letter == "%" else "\n"
        if len(width or "") > 6 or len(precision or "") > 3:
            self._session.budget.text(int((width or "0")[:18]) + 10**9)
        self._session.budget.text(int(width or 0))
        shown = self._shown(letter, flags, precision, self._argument(index))
        shown = shown.upper() if letter.isupper() else shown
        if "0" in flags and width and letter in "dfeg":
            sign = shown[:1] if shown[:1] in "+-" else ""
            return sign + shown[len(sign) :].rjust(int(width) - len(sign), "0")
        return shown.ljust(int(width or 0)) if "-" in flags else shown.rjust(int(width or 0))

    def _argument(self, index: str | None) -> Any:
        place = int(index[:6]) - 1 if index else self._next
        self._next += 0 if index else 1
        if not 0 <= place < len(self._arguments):
            raise ExpressionError("The filter format has fewer arguments than the text has fields")
        return self._arguments[place]

    def _shown(self, letter: str, flags: str, precision: str | None, value: Any) -> str:
        kind = letter.lower()
        if kind in "sb":
            shown = text(self._session, value)
            return shown[: int(precision)] if precision else shown
        mark = ("+" if "+" in flags else "") + ("," if "," in flags else "")
        try:
            if kind in "dxo":
                number = whole(value, "The value of %" + letter)
                self._session.budget.integer(number.bit_length())
                return format(number, mark + kind)
            if kind in "feg":
                return format(float(value), f"{mark}.{precision or 6}{kind}")
        except (TypeError, ValueError, OverflowError):
            raise ExpressionError(f"The value of %{letter} must be a number") from None
        raise ExpressionError(f"The filter format has no field %{letter}")
