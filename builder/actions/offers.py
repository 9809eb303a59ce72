"""What a property of a step could be set to, asked of whoever knows, such as the models of a server.

A person's own key goes to an address that the flow's text names only after that person said so: a flow may come from
somebody else. What was answered is kept for a while, in this process.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from builder.actions import drafts
from builder.clock import SystemClock
from builder.errors import BuilderError, Path
from builder.flows.check import with_plugin_defaults
from builder.flows.document import parse_kept
from builder.flows.edit.intent import found_at
from builder.runtime.evaluate import given_here, render
from builder.runtime.network import Network
from builder.store.lookups import StoredLookups
from builder.tasks.catalogue import catalogue
from builder.tasks.world.offers import Offer, Offering, Question

SECONDS = 3.0
"""How long one question may take."""
KEPT_SECONDS = 600.0
KEPT_FAILURE_SECONDS = 20.0
_MOST_KEPT = 256
_CLOCK = SystemClock()


@dataclass(frozen=True, slots=True)
class Offered:
    """`whom`: who could be asked, if somebody says so; `asked`: who was; `problem`: why nothing came of it."""

    offers: Sequence[Offer] = ()
    legend: str = ""
    whom: str = ""
    asked: str = ""
    problem: str = ""


_kept: dict[str, tuple[float, Sequence[Offer], str]] = {}


def offered(namespace: str, flow_id: str, path: Path, *, told: bool = False) -> Offered:
    """What the property at a path of the draft could be set to; `told`: a person said to ask whom the flow names."""
    data = parse_kept(drafts.open_draft(namespace, flow_id).text).data
    offering = _offering(data, path) if isinstance(data, Mapping) else None
    if offering is None:
        return Offered()
    try:
        question = offering.question(_Rendering(namespace, flow_id, data).render)
    except BuilderError as error:
        return Offered(offering.known, offering.legend, problem=error.message)
    if question is None:
        return Offered(offering.known, offering.legend)
    kept = _kept.get(question.key)
    if kept is None or kept[0] < time.monotonic() or (told and kept[2]):
        if question.only_when_told and not told:
            return Offered(offering.known, offering.legend, whom=question.who)
        kept = _ask(question)
    _, offers, problem = kept
    return Offered(offers or offering.known, offering.legend, question.who if problem else "", question.who, problem)


def _offering(data: Mapping[str, Any], path: Path) -> Offering | None:
    """Of the innermost step around a property, with the flow's own plugin defaults."""
    merged = with_plugin_defaults(data, catalogue())
    for length in range(len(path) - 1, 0, -1):
        written = found_at(merged, path[:length])
        entry = catalogue().find(str(written.get("type"))) if isinstance(written, Mapping) else None
        if entry is not None:
            return entry.plugin.offering(path[length:], written, _CLOCK.now())
    return None


class _Rendering:
    """Expressions of a step that does not run: they see the flow, its variables, secrets and keys, no inputs."""

    def __init__(self, namespace: str, flow_id: str, data: Mapping[str, Any]) -> None:
        self._lookups = StoredLookups(namespace, _CLOCK.now)
        self._seen = {
            "flow": {"id": flow_id, "namespace": namespace},
            "vars": data.get("variables") or {},
            **given_here(),
        }

    def render(self, value: Any, *, typed: bool = False) -> Any:
        return render(value, self._seen, self._lookups, _CLOCK, typed=typed)


class _Outside:
    """The world outside for one question; nothing of it is written down, so that nothing need be masked."""

    def __init__(self, network: Network) -> None:
        self.http = network

    def now(self) -> datetime:
        return _CLOCK.now()

    def mask(self, value: str) -> None:
        """No log and no page shows it."""


def _ask(question: Question) -> tuple[float, Sequence[Offer], str]:
    try:
        offers, problem = question.describe(asyncio.run(_answered(question))), ""
    except TimeoutError:
        offers, problem = (), f"{question.who[:1].upper()}{question.who[1:]} did not answer within {SECONDS:g} seconds."
    except BuilderError as error:
        offers, problem = (), error.message
    if len(_kept) >= _MOST_KEPT:
        _kept.clear()
    kept = (time.monotonic() + (KEPT_FAILURE_SECONDS if problem else KEPT_SECONDS), offers, problem)
    _kept[question.key] = kept
    return kept


async def _answered(question: Question) -> Sequence[str]:
    network = Network()
    try:
        async with asyncio.timeout(SECONDS):
            return await question.ask(_Outside(network))
    finally:
        await network.close()
