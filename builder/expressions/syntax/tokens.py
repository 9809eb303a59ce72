"""Cuts a template into tokens: text, and the symbols between {{ }} and {% %}; white space control is done here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from builder.expressions.faults import ExpressionLimit, TemplateSyntaxError

_OPENING = re.compile(r"\{\{-?|\{%-?|\{#")
_RAW = re.compile(r"\{%-?\s*(raw|verbatim)\s*(-?)%\}")
_SYMBOL = re.compile(
    r"""\s*(?:
      (?P<close>-?\}\}|-?%\})
    | (?P<number>\d+(?:\.\d+)?L?)
    | (?P<name>[^\W\d]\w*)
    | (?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    | (?P<operator>\?\?\?|\?\?|==|!=|>=|<=|\.\.|[-+*/%~|<>=.,:?()\[\]{}])
    )""",
    re.VERBOSE | re.DOTALL,
)
_MOST_TOKENS = 100_000


class Kind(Enum):
    TEXT = "text"
    OPEN_OUTPUT = "{{"
    CLOSE_OUTPUT = "}}"
    OPEN_TAG = "{%"
    CLOSE_TAG = "%}"
    NAME = "name"
    NUMBER = "number"
    STRING = "string"
    OPERATOR = "operator"
    END = "the end"


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    value: str
    position: int


def tokenize(source: str) -> list[Token]:
    """All tokens, ending with an END."""
    tokens = []
    for token in _Tokenizer(source).tokens():
        tokens.append(token)
        if len(tokens) > _MOST_TOKENS:
            raise ExpressionLimit("template_bytes", f"The template has more than {_MOST_TOKENS:,} symbols")
    return tokens


class _Tokenizer:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._trim_next = False

    def tokens(self) -> Iterator[Token]:
        while self._at < len(self._source):
            opening = _OPENING.search(self._source, self._at)
            if opening is None:
                yield from self._text(len(self._source), trim_end=False)
                break
            yield from self._text(opening.start(), trim_end=self._trims(opening))
            yield from self._opened(opening)
        yield Token(Kind.END, "", len(self._source))

    def _trims(self, opening: re.Match[str]) -> bool:
        """Kestra takes {% raw %} out before Pebble sees it, so its hyphens trim nothing."""
        raw = _RAW.match(self._source, opening.start())
        return opening.group().endswith("-") and not (raw and raw.group(1) == "raw")

    def _text(self, end: int, *, trim_end: bool) -> Iterator[Token]:
        start, text = self._at, self._source[self._at : end]
        if self._trim_next:
            text = text.lstrip()
        if trim_end:
            text = text.rstrip()
        self._at, self._trim_next = end, False
        if text:
            yield Token(Kind.TEXT, text, start)

    def _opened(self, opening: re.Match[str]) -> Iterator[Token]:
        if opening.group() == "{#":
            self._skip_comment(opening.start())
        elif raw := _RAW.match(self._source, opening.start()):
            yield from self._raw(raw)
        else:
            kind = Kind.OPEN_OUTPUT if opening.group().startswith("{{") else Kind.OPEN_TAG
            yield Token(kind, opening.group(), opening.start())
            self._at = opening.end()
            yield from self._symbols(opening)

    def _skip_comment(self, start: int) -> None:
        end = self._source.find("#}", start)
        if end < 0:
            raise self._fault("The comment that starts here is never closed", start, "close it with #}")
        self._trim_next = self._source[end - 1] == "-"
        self._at = end + 2

    def _raw(self, raw: re.Match[str]) -> Iterator[Token]:
        end = re.compile(r"\{%(-?)\s*end" + raw.group(1) + r"\s*(-?)%\}").search(self._source, raw.end())
        if end is None:
            tag = raw.group(1)
            raise self._fault(f"The tag `{tag}` is never closed", raw.start(), f"close it with {{% end{tag} %}}")
        text = self._source[raw.end() : end.start()]
        if raw.group(1) == "verbatim":
            text = text.lstrip()
            text = text.rstrip() if end.group(1) else text
            self._trim_next = bool(end.group(2))
        self._at = end.end()
        if text:
            yield Token(Kind.TEXT, text, raw.end())

    def _symbols(self, opening: re.Match[str]) -> Iterator[Token]:
        is_output = opening.group().startswith("{{")
        open_braces = 0
        while True:
            symbol = _SYMBOL.match(self._source, self._at)
            if symbol is None:
                raise self._unreadable(opening)
            token = self._token(symbol)
            if token.kind is Kind.CLOSE_OUTPUT and open_braces:
                token = Token(Kind.OPERATOR, "}", token.position)
                if symbol.group(symbol.lastgroup or 0).startswith("-"):
                    token = Token(Kind.OPERATOR, "-", token.position)
            self._at = token.position + len(token.value)
            open_braces += {"{": 1, "}": -1}.get(token.value, 0) if token.kind is Kind.OPERATOR else 0
            yield token
            if token.kind is (Kind.CLOSE_OUTPUT if is_output else Kind.CLOSE_TAG):
                self._trim_next = token.value.startswith("-")
                return

    def _token(self, symbol: re.Match[str]) -> Token:
        group = symbol.lastgroup or ""
        value, position = symbol.group(group), symbol.start(group)
        if group == "close":
            return Token(Kind.CLOSE_OUTPUT if value.endswith("}}") else Kind.CLOSE_TAG, value, position)
        kinds = {"number": Kind.NUMBER, "name": Kind.NAME, "text": Kind.STRING, "operator": Kind.OPERATOR}
        return Token(kinds[group], value, position)

    def _unreadable(self, opening: re.Match[str]) -> TemplateSyntaxError:
        rest = self._source[self._at :].lstrip()
        position = len(self._source) - len(rest)
        closing = "}}" if opening.group().startswith("{{") else "%}"
        if not rest:
            return self._fault(f"`{opening.group()}` is never closed", opening.start(), f"close it with {closing}")
        if rest[0] in "\"'":
            return self._fault("The text that starts here is never closed", position, f"close it with {rest[0]}")
        return self._fault(f"`{rest[0]}` has no meaning here", position, "")

    def _fault(self, message: str, position: int, hint: str) -> TemplateSyntaxError:
        error = TemplateSyntaxError(message, hint=hint)
        error.place(self._source, position)
        return error
