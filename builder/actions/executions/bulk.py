"""One verb for many executions: what can be done is done, what cannot is named with its reason."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from builder.errors import BuilderError
from builder.store import executions
from builder.store.executions import Filters

MOST = 10_000
"""How many executions one bulk action takes on."""


@dataclass(frozen=True, slots=True)
class Done:
    """`refused`: execution ids with the reason, one sentence each."""

    count: int
    refused: tuple[tuple[str, str], ...]


def for_each(ids: Sequence[str], act: Callable[[str], object]) -> Done:
    """Does `act` (kill, restart, resume ... of `builder.actions.executions`) to each of these."""
    refused: list[tuple[str, str]] = []
    for execution_id in ids:
        try:
            act(execution_id)
        except BuilderError as error:
            refused.append((execution_id, error.message))
    return Done(len(ids) - len(refused), tuple(refused))


def ids_of(filters: Filters, limit: int = MOST) -> list[str]:
    """The executions that a list with these filters holds, newest first."""
    return executions.ids(filters, limit)
