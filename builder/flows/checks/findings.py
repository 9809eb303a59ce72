"""Collects what is wrong, each with its place in the text."""

from collections.abc import Mapping, Sequence
from typing import Any

from builder.errors import Path, Problem, Severity
from builder.flows.checks.nearest import suggestion
from builder.flows.document import Document
from builder.flows.nodes import Style


class Findings:
    """All problems of one text, up to a number of errors and of warnings; the same thing at one place is said once."""

    def __init__(self, document: Document, most: int = 200) -> None:
        self.document = document
        self._left = {Severity.ERROR: most, Severity.WARNING: most}
        self._most = most
        self._problems: dict[tuple[int, int, str], Problem] = {}
        for problem in document.problems:
            self._keep(problem)

    def error(self, path: Path, message: str, hint: str = "", *, at_key: bool = False) -> None:
        self.add(path, message, hint, Severity.ERROR, at_key=at_key)

    def warning(self, path: Path, message: str, hint: str = "", *, at_key: bool = False) -> None:
        self.add(path, message, hint, Severity.WARNING, at_key=at_key)

    def add(self, path: Path, message: str, hint: str, severity: Severity, *, at_key: bool = False) -> None:
        if not self.takes(severity):
            return
        line, column = self._place(path, at_key)
        self._keep(Problem(path, line, column, message, hint, severity))

    def add_at(self, path: Path, offset: int, message: str, hint: str, severity: Severity) -> None:
        """A problem inside a text, at a character of the document."""
        if self.takes(severity):
            self._keep(Problem(path, *self.document.place(offset), message, hint, severity))

    @property
    def is_full(self) -> bool:
        """Whether no more errors are taken: looking on is a waste."""
        return not self.takes(Severity.ERROR)

    @property
    def has_errors(self) -> bool:
        return self._left[Severity.ERROR] < self._most

    def takes(self, severity: Severity) -> bool:
        """Whether more of this severity are taken."""
        return self._left[severity] > 0

    def says(self, words: str, path: Path) -> bool:
        """Whether a problem of this path holds these words already."""
        return any(problem.path == path and words in problem.message for problem in self._problems.values())

    def problems(self) -> list[Problem]:
        """By line and column, those of the whole flow first; errors push warnings out when they are too many."""
        by_weight = sorted(self._problems.values(), key=lambda problem: problem.severity is Severity.WARNING)
        return sorted(by_weight[: self._most], key=lambda problem: (problem.line, problem.column))

    def _keep(self, problem: Problem) -> None:
        place = (problem.line, problem.column, problem.message)
        if place not in self._problems:
            self._problems[place] = problem
            self._left[problem.severity] -= 1

    def _place(self, path: Path, at_key: bool) -> tuple[int, int]:
        """A block (list, map or `|` text) is pointed at by its key, all else by the value."""
        span = self.document.span(path)
        block = span is not None and span.style in (Style.BLOCK, Style.LITERAL, Style.FOLDED)
        if at_key or block:
            span = self.document.key_span(path) or span
        span = span or self.document.nearest_span(path)
        return (span.line, span.column) if span else (0, 0)


def check_keys(findings: Findings, path: Path, written: Mapping[str, Any], known: Sequence[str], owner: str) -> None:
    """Unknown keys are errors that name the nearest known one."""
    for key in written:
        if key not in known and not findings.is_full:
            findings.error((*path, key), f'{owner} has no property "{key}"', suggestion(key, known), at_key=True)


def kind_of(value: Any) -> str:
    """What a value is, in words."""
    words = {
        dict: "a map",
        list: "a list",
        str: "a text",
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        type(None): "empty",
    }
    return words[type(value)]
