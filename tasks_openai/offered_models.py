"""The models that a server has now, each with its price and announced end, offered where a step names one.

Any other name may be written all the same.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from builder.tasks.api import Offer, Offering, Outside, Question, Render, TaskFailure
from tasks_openai import client, model_names
from tasks_openai.model_names import Kind
from tasks_openai.prices import price_per_million
from tasks_openai.wire.connection import OPENAI_URL, Connection
from tasks_openai.wire.exchange import AnswerTooLarge, Call, CallFailed, ConnectionBroke
from tasks_openai.wire.failures import Misunderstood, broken, misunderstood, too_large

LEGEND = "Prices in US dollars for a million tokens, in and out; no price: unknown here."
_MOST = 500
_LIMIT_BYTES = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Shelf:
    """Which models are wanted. `prices`: the vendor's address, "" for a server of one's own; `kind` None: all."""

    kind: Kind | None
    prices: str
    now: datetime
    first: Sequence[str] = ()
    """Names that are known without asking, in their order."""

    @property
    def is_openai(self) -> bool:
        return self.prices.startswith(OPENAI_URL)

    def offers(self, names: Sequence[str]) -> list[Offer]:
        """The names as they are offered: those that are known first, those that are gone last."""
        wanted = [name for name in names if not self.is_openai or self.kind in (None, model_names.kind_of(name))]
        places = {name: place for place, name in enumerate(self.first)}
        found = sorted(set(wanted), key=lambda name: (self._gone(name), places.get(name, len(places)), name))
        return [self._offer(name) for name in found[:_MOST]]

    def _gone(self, name: str) -> bool:
        return self.is_openai and model_names.gone(name) is not None

    def _offer(self, name: str) -> Offer:
        ending = model_names.ENDINGS.get(name) if self.is_openai else None
        price = price_per_million(name, self.prices, self.now) if self.prices else None
        return Offer(name, _priced(price), ending.in_short if ending else "")


def offering(shelf: Shelf, question: Callable[[Render], Question | None]) -> Offering:
    """What is known of a vendor's models, and whom to ask; nothing is known of a server of one's own."""

    def ready(render: Render) -> Question | None:
        client.warm()  # what is imported now need not be waited for while the server is asked
        return question(render)

    return Offering(shelf.offers(shelf.first) if shelf.prices else (), ready, LEGEND)


def digest(*parts: object) -> str:
    """Names a question without telling what is in it."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


async def listed(outside: Outside, connection: Connection, path: str = "/models") -> list[str]:
    """The names of the models that a server lists. Raises TaskFailure."""
    place = connection.place("")
    opened = client.open_client(outside, connection, _LIMIT_BYTES)
    try:
        came = await client.reply(opened, Call("GET", path), place, outside)
        return _names(came.json())
    except CallFailed as failed:
        raise TaskFailure(failed.failure.message) from failed
    except Misunderstood as error:
        raise misunderstood(error, place) from error
    except AnswerTooLarge:
        raise too_large(place, _LIMIT_BYTES) from None
    except ConnectionBroke as error:
        raise broken(place, 0, str(error)) from error


def _names(body: Mapping[str, Any]) -> list[str]:
    rows = body.get("data", body.get("models"))
    if not isinstance(rows, list):
        raise Misunderstood(dict(body))
    said = [row.get("id") or row.get("name") for row in rows if isinstance(row, Mapping)]
    return [name.removeprefix("models/") for name in said if isinstance(name, str) and name.isprintable()]


def _priced(price: tuple[Decimal, Decimal | None] | None) -> str:
    if price is None:
        return ""
    sent, made = price
    return f"{_dollars(sent)} in" + (f" · {_dollars(made)} out" if made is not None else "")


def _dollars(amount: Decimal) -> str:
    """$15, $0.75, $0.075: cents, or as many digits as it has."""
    whole = amount == amount.to_integral_value()
    return f"${amount:.0f}" if whole else f"${max(amount.normalize(), amount.quantize(Decimal('0.01')), key=_digits):f}"


def _digits(amount: Decimal) -> int:
    return -int(amount.as_tuple().exponent)
