"""A webhook's call as its page shows it: what it brought, with what looks like a secret left out."""

from dataclasses import dataclass
from typing import Any

from builder.store.hiding import MASK
from builder.store.triggers.calls import Came, Noted
from builder.tasks.world.credentials import names_a_secret

_SHOWN_BYTES = 4096


@dataclass(frozen=True, slots=True)
class ShownCall:
    """`headers` and `parameters`: name and value. `body`: its beginning. All empty where nothing is kept."""

    call: Noted
    headers: tuple[tuple[str, str], ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    body: str = ""


def shown_call(call: Noted, came: Came | None) -> ShownCall:
    """What is kept of it."""
    if came is None:
        return ShownCall(call)
    body = came.body[:_SHOWN_BYTES].decode("utf-8", "replace")
    return ShownCall(call, _pairs(came.headers), _pairs(came.parameters), body)


def _pairs(given: Any) -> tuple[tuple[str, str], ...]:
    return tuple((name, MASK if names_a_secret(name) else value) for name, values in given.items() for value in values)
