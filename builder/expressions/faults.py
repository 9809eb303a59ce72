"""What can go wrong in an expression; the errors quote the template, never a value."""

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice
from typing import Any

from builder.errors import BuilderError, LimitExceeded

_SHOWN = 300
_MOST_NAMES = 1000


class ExpressionError(BuilderError):
    """A template cannot be read or rendered; `line` and `column` count from 1 inside `template`, 0 when not known."""

    status = 422

    def __init__(self, message: str, *, template: str = "", line: int = 0, column: int = 0, hint: str = "") -> None:
        self.reason = message
        self.template = template
        self.line = line
        self.column = column
        self.hint = hint
        super().__init__(message)

    def place(self, template: str, position: int) -> None:
        """Remembers where it happened, unless a place nearer to the cause is known already."""
        if not self.line:
            self.template = template
            self.line, self.column = line_and_column(template, position)

    def __str__(self) -> str:
        if not self.line:
            return self._with_hint(self.reason)
        return self._with_hint(f"{self.reason} (in the expression `{shown(self.template)}` at line {self.line})")

    def _with_hint(self, text: str) -> str:
        return f"{text}; {self.hint}" if self.hint else text


class UndefinedVariable(ExpressionError):
    """A variable, an attribute or a key that is not there; `??`, `default` and `is defined` catch it."""

    def __init__(self, name: str, *, hint: str = "", message: str = "", among: Iterable[Any] = ()) -> None:
        """`among`: the names there are; the nearest is looked for only when somebody reads the error."""
        self.name = name
        self._message = message
        self._among = among
        super().__init__(message or f"Unable to find `{name}`", hint=hint)

    @property
    def hint(self) -> str:
        return self._hint or did_you_mean(self.name, islice(self._among, _MOST_NAMES))

    @hint.setter
    def hint(self, hint: str) -> None:
        self._hint = hint

    def __str__(self) -> str:
        if self._message or not self.line:
            return super().__str__()
        return self._with_hint(
            f"Unable to find `{self.name}` used in the expression `{shown(self.template)}` at line {self.line}"
        )


class TemplateSyntaxError(ExpressionError):
    """A template that cannot be read."""


class ExpressionLimit(ExpressionError, LimitExceeded):
    """An expression asked for more than it may have; `limit` is the name of the field of `Limits`."""

    status = 413

    def __init__(self, limit: str, message: str) -> None:
        self.limit = limit
        super().__init__(f"{message} (limit `{limit}` of expressions)")


def shown(template: str) -> str:
    """A template as an error quotes it: whole when short."""
    return template if len(template) <= _SHOWN else template[:_SHOWN] + "..."


def line_and_column(template: str, position: int) -> tuple[int, int]:
    """Both from 1."""
    before = template[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1


def did_you_mean(name: str, known: Iterable[Any]) -> str:
    """`did you mean upper?`, or nothing."""
    by_lower = {str(each).lower(): str(each) for each in known}
    near = get_close_matches(name.lower()[:100], by_lower, n=1, cutoff=0.6)
    return f"did you mean {by_lower[near[0]]}?" if near else ""
