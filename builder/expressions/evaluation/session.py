"""One rendering: its variables and scopes, its budget, and what filters and functions may ask for."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from builder.expressions.faults import ExpressionError
from builder.expressions.limits import Budget
from builder.expressions.lookups import Lookups


@dataclass(slots=True)
class Scope:
    values: dict[str, Any] = field(default_factory=dict)
    is_closed: bool = False
    """A macro's own scope: what is outside cannot be seen."""


class Session:
    """Given to every filter and function as its first argument."""

    def __init__(
        self,
        variables: Mapping[str, Any],
        lookups: Lookups | None,
        budget: Budget,
        *,
        now: datetime | None,
        zone: str | None,
        render: Callable[["Session", str], str],
    ) -> None:
        self.variables = variables
        self.budget = budget
        self.zone = zone_named(zone) if zone else UTC
        self._lookups = lookups
        self._now = now
        self._render = render
        self._scopes = [Scope()]

    @property
    def now(self) -> datetime:
        if self._now is None:
            self._now = datetime.now(UTC)
        return self._now

    @property
    def lookups(self) -> Lookups:
        if self._lookups is None:
            raise ExpressionError("Keys, secrets and files cannot be read here")
        return self._lookups

    def render(self, template: str) -> str:
        """Renders a text found in a value, with the same variables, one level."""
        return self._render(self, template)

    @contextmanager
    def scope(self, values: dict[str, Any] | None = None, *, is_closed: bool = False) -> Iterator[None]:
        self.budget.enter()
        self._scopes.append(Scope(values or {}, is_closed))
        try:
            yield
        finally:
            self._scopes.pop()
            self.budget.leave()

    @contextmanager
    def outermost(self) -> Iterator[None]:
        """For the default values of a macro's arguments and nested templates: the variables alone."""
        kept, self._scopes = self._scopes, [Scope()]
        self.budget.enter()
        try:
            yield
        finally:
            self._scopes = kept
            self.budget.leave()

    def has(self, name: str) -> bool:
        return any(True for _ in self._found(name))

    def get(self, name: str) -> Any:
        """The value of a variable; KeyError without one."""
        for values in self._found(name):
            return values[name]
        raise KeyError(name)

    def _found(self, name: str) -> Iterator[Mapping[str, Any]]:
        for scope in reversed(self._scopes):
            if name in scope.values:
                yield scope.values
            if scope.is_closed:
                return
        if name in self.variables:
            yield self.variables

    def set(self, name: str, value: Any) -> None:
        """Changes the variable where it was set, else adds it to the innermost scope."""
        for scope in reversed(self._scopes):
            if name in scope.values:
                scope.values[name] = value
                return
            if scope.is_closed:
                break
        self._scopes[-1].values[name] = value

    @property
    def names(self) -> list[str]:
        return [*self.variables, *(name for scope in self._scopes for name in scope.values)]


def zone_named(name: str) -> tzinfo:
    """`Europe/Paris`, `UTC` or `+02:00`."""
    if not isinstance(name, str):
        raise ExpressionError("A time zone is a text, for example Europe/Paris")
    if name in ("Z", "UTC", "GMT"):
        return UTC
    try:
        if name[:1] in "+-" and name[1:]:
            return datetime.strptime(name, "%z").tzinfo or UTC
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ExpressionError("There is no such time zone", hint="a zone is written Europe/Paris or +02:00") from None
