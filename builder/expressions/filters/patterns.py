"""Filters that search and replace; regular expressions run under a time limit."""

from collections.abc import Callable, Iterator
from typing import Any

import regex

from builder.expressions.evaluation.arguments import made, mapping, only_text, text, whole
from builder.expressions.evaluation.session import Session
from builder.expressions.faults import ExpressionError, ExpressionLimit
from builder.expressions.filters.texts import each_text
from builder.expressions.filters.texts import replaced as one_replaced
from builder.expressions.limits import Budget
from builder.expressions.registry import filter_

_LONGEST = 2_000
_GROUP = regex.compile(r"\\(.)|\$(?:(\d)|\{(\w+)\})")


class _Pattern:
    """One regular expression, in one rendering."""

    def __init__(self, source: Any, budget: Budget) -> None:
        if len(only_text(source, "The regular expression")) > _LONGEST:
            raise ExpressionLimit("template_bytes", f"A regular expression is longer than {_LONGEST:,} characters")
        try:
            self._regex = regex.compile(regex.sub(r"\(\?<(?=[A-Za-z])", "(?P<", source))
        except (regex.error, RecursionError, OverflowError, ValueError):
            raise ExpressionError("The regular expression is not valid") from None
        self._budget = budget

    def search(self, source: str) -> Any:
        return next(self.found(source), None)

    def fits(self, source: str) -> bool:
        """The whole of the text."""
        try:
            return self._regex.fullmatch(source, timeout=self._budget.seconds_left) is not None
        except TimeoutError:
            raise ExpressionLimit("seconds", "The regular expression takes too long") from None

    def found(self, source: str) -> Iterator[Any]:
        matches = self._regex.finditer(source, timeout=self._budget.seconds_left)
        while True:
            try:
                match = next(matches, None)
            except TimeoutError:
                raise ExpressionLimit("seconds", "The regular expression takes too long") from None
            if match is None:
                return
            self._budget.step()
            yield match

    def replace(self, source: str, replacement: str) -> str:
        pieces, end = [], 0
        for match in self.found(source):
            pieces += [source[end : match.start()], self._expanded(replacement, match)]
            self._budget.spend(len(pieces[-1]) + len(pieces[-2]))
            end = match.end()
        return made_of([*pieces, source[end:]], self._budget)

    def _expanded(self, replacement: str, match: Any) -> str:
        size = len(replacement) + replacement.count("$") * (match.end() - match.start())
        self._budget.text(size)
        return str(_GROUP.sub(lambda found: found[1] or self._group(match, found[2] or found[3]), replacement))

    def _group(self, match: Any, name: str) -> str:
        try:
            return str(match[int(name) if name.isdecimal() else name] or "")
        except IndexError:
            raise ExpressionError("The replacement names a group that the regular expression does not have") from None


def made_of(pieces: list[str], budget: Budget) -> str:
    budget.text(sum(map(len, pieces)), wide=not all(map(str.isascii, pieces)))
    return "".join(pieces)


def _plain_replacer(session: Session, pairs: list[tuple[str, str]]) -> Callable[[str], str]:
    def replaced(source: str) -> str:
        for old, new in pairs:
            source = one_replaced(session, source, old, new)
        return source

    return replaced


@filter_("replace", "Each key of a map replaced by its value; with regexp=true the keys are regular expressions.",
         '{{ "I like this" | replace({"this": "that"}) }}', "I like that")  # fmt: skip
def replace(session: Session, value: Any, replace_pairs: Any, regexp: Any = False) -> Any:
    pairs = [(text(session, old), text(session, new)) for old, new in mapping(replace_pairs, "replace_pairs").items()]
    if regexp is not True:
        return each_text(session, value, _plain_replacer(session, pairs))
    patterns = [(_Pattern(old, session.budget), new) for old, new in pairs]

    def replaced(source: str) -> str:
        for pattern, new in patterns:
            source = pattern.replace(source, new)
        return source

    return each_text(session, value, replaced)


def fits(session: Session, source: str, regex: Any) -> bool:
    """Whether the whole text fits."""
    return _Pattern(regex, session.budget).fits(made(session, source))


@filter_("split", "A text cut wherever a regular expression fits, into at most `limit` pieces.",
         "{{ 'a, b,c' | split(', *') }}", '["a","b","c"]')  # fmt: skip
def split(session: Session, value: Any, delimiter: Any, limit: Any = 0) -> list[str]:
    """As Java's split: empty pieces at the end are left out, unless a limit is given."""
    source, most = text(session, value), whole(limit, "The limit")
    pieces: list[str] = []
    end = 0
    for match in _Pattern(delimiter, session.budget).found(source):
        if 0 < most <= len(pieces) + 1:
            break
        if match.end() == 0 or match.start() == len(source) == match.end():
            continue
        pieces.append(source[end : match.start()])
        session.budget.spend(len(pieces[-1]) + 50)
        end = match.end()
    pieces.append(source[end:])
    session.budget.items(len(pieces))
    while most == 0 and len(pieces) > 1 and not pieces[-1]:
        pieces.pop()
    return [] if pieces == [""] and source else pieces


@filter_("regexMatch", "Whether a regular expression fits somewhere in the text.",
         "{{ 'order 42' | regexMatch('[0-9]+') }}", "true", takes_null=True)  # fmt: skip
def regex_match(session: Session, value: Any, regex: Any) -> bool:
    if value is None:
        return False
    return _Pattern(regex, session.budget).search(made(session, text(session, value))) is not None


@filter_("regexReplace", "All that fits a regular expression replaced; $1 is its first group.",
         "{{ 'a1b2' | regexReplace('[0-9]', '-') }}", "a-b-")  # fmt: skip
def regex_replace(session: Session, value: Any, regex: Any, replacement: Any) -> str:
    return _Pattern(regex, session.budget).replace(text(session, value), only_text(replacement, "The replacement"))


@filter_("regexExtract", "The first that fits a regular expression, or one of its groups; else null.",
         "{{ 'order 42' | regexExtract('[0-9]+') }}", "42")  # fmt: skip
def regex_extract(session: Session, value: Any, regex: Any, group: Any = 0) -> str | None:
    match = _Pattern(regex, session.budget).search(text(session, value))
    if match is None:
        return None
    try:
        return str(match[whole(group, "The group")])
    except IndexError:
        raise ExpressionError("The regular expression has no such group") from None
