"""A flow's checks, asked before an execution is made: what does not hold, and what follows from it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from builder.errors import BuilderError
from builder.expressions import ExpressionError
from builder.expressions.lookups import Ask
from builder.expressions.render import render_value
from builder.expressions.values import truthy
from builder.flows.model import CHECK_BEHAVIORS, Check, Flow
from builder.store.encryption import opened
from builder.store.hiding import masked
from builder.store.lookups import StoredLookups, nobody_is_asked

BLOCK, FAIL, CREATE = CHECK_BEHAVIORS


@dataclass(frozen=True, slots=True)
class Failing:
    """A check that does not hold; `style` is how its message is shown."""

    message: str
    style: str
    behavior: str


def failing(
    flow: Flow, revision: int, inputs: Mapping[str, Any], now: datetime, ask: Ask = nobody_is_asked
) -> tuple[Failing, ...]:
    """The checks that do not hold with these inputs, which are resolved already. One that cannot be told blocks."""
    if not flow.checks:
        return ()
    values, hidden = opened(inputs)
    secrets = list(hidden)
    seen = {
        "flow": {"id": flow.id, "namespace": flow.namespace, "revision": revision},
        "inputs": values, "vars": flow.variables, "labels": dict(flow.labels),
    }  # fmt: skip
    lookups = StoredLookups(flow.namespace, lambda: now, on_secret=secrets.append, ask=ask)
    found = (_judged(one, lambda template: render_value(template, seen, lookups, now=now)) for one in flow.checks)
    return tuple(Failing(masked(one.message, secrets), one.style, one.behavior) for one in found if one is not None)


def _judged(check: Check, render: Callable[[str], Any]) -> Failing | None:
    try:
        if truthy(render(check.when)):
            return None
    except BuilderError as error:
        return Failing(f"Failed to evaluate the check `{check.when}`: {error.message}", "ERROR", BLOCK)
    try:
        return Failing(str(render(check.message)), check.style, check.behavior)
    except ExpressionError:
        return Failing(check.message, check.style, check.behavior)


def strongest(found: Sequence[Failing]) -> str | None:
    """What follows from all of them; None when every check holds."""
    return min((one.behavior for one in found), key=CHECK_BEHAVIORS.index, default=None)


def said(found: Sequence[Failing]) -> str:
    """Their messages in a row."""
    return "; ".join(one.message for one in found)
