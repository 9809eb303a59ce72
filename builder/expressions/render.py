"""The door of the package: a template, or a whole structure of them, with variables, into a text or a value."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from builder.expressions.evaluation.nested import render_recursively
from builder.expressions.evaluation.session import Session
from builder.expressions.evaluation.template import Runner
from builder.expressions.evaluation.writers import TextWriter, TypedWriter
from builder.expressions.faults import ExpressionLimit
from builder.expressions.limits import DEFAULT_LIMITS, Budget, Limits
from builder.expressions.lookups import Lookups
from builder.expressions.syntax.template import parse_template
from builder.expressions.values import is_list, json_text


def render(
    template: str,
    variables: Mapping[str, Any],
    lookups: Lookups | None = None,
    *,
    limits: Limits = DEFAULT_LIMITS,
    now: datetime | None = None,
    zone: str | None = None,
    recursive: bool = False,
) -> str:
    """The text of a template. Values that hold `{{ }}` stay as they are, unless `recursive`."""
    if "{" not in template:
        return template
    rendering = _Rendering(Budget(limits), variables, lookups, now, zone)
    return rendering.guarded(rendering.recursively if recursive else rendering.once, template)  # type: ignore[no-any-return]


def render_value(
    value: Any,
    variables: Mapping[str, Any],
    lookups: Lookups | None = None,
    *,
    typed: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    now: datetime | None = None,
    zone: str | None = None,
) -> Any:
    """Renders all texts of a structure, keys too; what is no text stays. `typed`: a lone expression keeps its type."""
    if isinstance(value, str) and "{" not in value:
        return value
    rendering = _Rendering(Budget(limits), variables, lookups, now, zone)
    return rendering.guarded(rendering.structure, value, rendering.typed if typed else rendering.once)


def render_nested(session: Session, template: str) -> str:
    """A text found in a value, inside a rendering."""
    if "{" not in template:
        return template
    with session.outermost():
        writer = TextWriter(session.budget)
        Runner(parse_template(template, session.budget.limits), session).run(writer)
        return writer.result()


@dataclass(frozen=True, slots=True)
class _Rendering:
    """One call: its texts share one budget, but no variables that they set."""

    budget: Budget
    variables: Mapping[str, Any]
    lookups: Lookups | None
    now: datetime | None
    zone: str | None

    def guarded(self, run: Any, *arguments: Any) -> Any:
        """A last net: too deep for Python itself is a limit like the others."""
        try:
            return run(*arguments)
        except RecursionError:
            raise ExpressionLimit("depth", "The expression is nested too deep") from None

    def _session(self) -> Session:
        return Session(self.variables, self.lookups, self.budget, now=self.now, zone=self.zone,
                       render=render_nested)  # fmt: skip

    def once(self, template: str) -> str:
        writer = TextWriter(self.budget)
        Runner(parse_template(template, self.budget.limits), self._session()).run(writer)
        return writer.result()

    def recursively(self, template: str) -> str:
        return render_recursively(self._session(), template)

    def typed(self, template: str) -> Any:
        writer = TypedWriter(self.budget)
        Runner(parse_template(template, self.budget.limits), self._session()).run(writer)
        result = writer.result()
        if is_list(result) or isinstance(result, Mapping):
            json_text(result, self.budget)
        return result

    def structure(self, value: Any, one: Any) -> Any:
        if isinstance(value, str):
            return one(value) if "{" in value else value
        if isinstance(value, Mapping):
            return {self.once(key) if isinstance(key, str) and "{" in key else key: self.structure(entry, one)
                    for key, entry in value.items()}  # fmt: skip
        if is_list(value):
            return [self.structure(entry, one) for entry in value]
        return value
