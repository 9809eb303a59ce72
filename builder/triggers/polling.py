"""Polling triggers: each looks at its interval, one look at a time, and starts its flow with what it finds."""

import asyncio
import logging
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import Error

from builder.clock import Clock
from builder.errors import BuilderError, TaskFailure, Unavailable
from builder.flows.catalogue import Kind
from builder.runtime.network import Network
from builder.store import triggers
from builder.store.gate import write
from builder.store.triggers import Trigger
from builder.tasks.catalogue import catalogue
from builder.tasks.prepare import prepare
from builder.tasks.trigger import PollingTrigger
from builder.triggers import asking
from builder.triggers.lookout import Lookout
from builder.triggers.opening import Opening
from builder.triggers.schedule.firing import running
from builder.triggers.stopping import stopped

LOOK_SECONDS = 120.0
"""How long one look may take."""
_HELD = timedelta(seconds=2 * LOOK_SECONDS)
"""After this a look whose process went away is made again."""
_END_SECONDS = 5.0
_TRIED_AGAIN = timedelta(minutes=1)
"""When a trigger whose properties cannot be told is looked at again."""
MOST_LOOKS = 50
"""How many looks one process makes at the same time."""

log = logging.getLogger(__name__)


def polling_types() -> tuple[str, ...]:
    """All names of all polling types there are."""
    entries = (entry for entry in catalogue().all(Kind.TRIGGER) if issubclass(entry.plugin, PollingTrigger))
    return tuple(name for entry in entries for name in (entry.name, *entry.aliases))


@dataclass(frozen=True, slots=True)
class _Look:
    opening: Opening
    answer: "Future[Mapping[str, Any] | None]"


class Poller:
    """The looks of one process. They go on beside the scheduler; only its own thread touches the database."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._looks: dict[str, _Look] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._network: Network | None = None
        self._thread: threading.Thread | None = None

    def tick(self) -> int:
        """Starts flows with what was found, then looks where it is time; returns how many were started."""
        started = sum(self._end_of(key) for key in self._over())
        now = self._clock.now()
        for trigger in triggers.due(polling_types(), now) if len(self._looks) < MOST_LOOKS else ():
            if not stopped(trigger, now):
                self._consider(trigger)
        return started

    def wait(self) -> None:
        """Until no look is under way; what they found is started by the next tick."""
        for look in list(self._looks.values()):
            look.answer.exception(timeout=LOOK_SECONDS + 5)

    def close(self) -> None:
        """Cuts all looks."""
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_END_SECONDS)

    def _over(self) -> list[str]:
        return [key for key, look in self._looks.items() if look.answer.done()]

    def _end_of(self, key: str) -> bool:
        """What was found is found: it waits for the database, and for what the flow's inputs ask of others."""
        look = self._looks.pop(key)
        try:
            started = self._end(look)
        except (Unavailable, Error):
            if look.answer.exception() is None:
                self._looks[key] = look
            raise
        if started is None:
            self._looks[key] = look
            return False
        asking.settle(look.opening.trigger, "look")
        triggers.let_go(look.opening.trigger)
        return started

    def _consider(self, trigger: Trigger) -> None:
        before = running(trigger)
        now = self._clock.now()
        opening = Opening(trigger, {}, self._clock)
        try:
            interval = _interval(opening)
            if before is not None:
                told = trigger.message if trigger.failures else f"Waits until execution {before} has ended."
                triggers.plan(trigger, now + interval, message=told)
            elif triggers.claim(trigger, now, now + _HELD, next_at=now + interval):
                self._look(opening)
        except Unavailable:
            raise
        except BuilderError as error:
            if triggers.claim(trigger, now, now, next_at=now + _TRIED_AGAIN):
                triggers.note_failure(trigger, opening.told(error.message), now)

    def _look(self, opening: Opening) -> None:
        made = prepare(_plugin(opening.trigger), opening.trigger.definition, opening.rendered)
        loop = self._running_loop()
        assert self._network is not None
        looking = _within_time(made, Lookout(opening, self._network, self._clock))
        self._looks[opening.trigger.key] = _Look(opening, asyncio.run_coroutine_threadsafe(looking, loop))

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop, self._network = asyncio.new_event_loop(), Network()
            self._thread = threading.Thread(target=_run, args=(self._loop, self._network), daemon=True)
            self._thread.start()
        return self._loop

    def _end(self, look: _Look) -> bool | None:
        """Whether it has started the flow; None: it cannot be told yet."""
        trigger = look.opening.trigger
        try:
            found = look.answer.result()
            if found is None:
                triggers.say(trigger, "")
                return False
            opening = look.opening.with_variables(found)
            objection = opening.objection()
            if objection is not None:
                triggers.say(trigger, objection.reason)
                return False
            known = asking.answered(opening, "look", self._clock.now(), None)  # the look's own claim holds on
            if known is None:
                return None
            with write():
                execution = known.start()
                triggers.note_execution(trigger, execution.id, self._clock.now())
        except Unavailable:
            raise
        except BuilderError as error:
            self._tell(look.opening, error.message)
            return False
        return True

    def _tell(self, opening: Opening, error: str) -> None:
        reason = opening.told(error)
        log.warning("Trigger %s: %s", opening.trigger.key, reason)
        leaves_one = opening.trigger.definition.get("failOnTriggerError") is True
        with write():
            failed_id = opening.fail(reason).id if leaves_one else None
            triggers.note_failure(opening.trigger, reason, self._clock.now(), failed_id)


async def _within_time(made: PollingTrigger, lookout: Any) -> Mapping[str, Any] | None:
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return await made.evaluate(lookout)
    except TimeoutError:
        raise TaskFailure(f"It found no answer within {LOOK_SECONDS:g} seconds.") from None


def _run(loop: asyncio.AbstractEventLoop, network: Network) -> None:
    try:
        loop.run_forever()
    finally:
        loop.run_until_complete(_cut(network))
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


async def _cut(network: Network) -> None:
    looking = asyncio.all_tasks() - {asyncio.current_task()}
    for task in looking:
        task.cancel()
    await asyncio.gather(*looking, return_exceptions=True)
    await network.close()


def _plugin(trigger: Trigger) -> type[PollingTrigger]:
    found = catalogue().plugin_class(trigger.type, Kind.TRIGGER)
    assert issubclass(found, PollingTrigger)
    return found


def _interval(opening: Opening) -> timedelta:
    return prepare(_plugin(opening.trigger), opening.trigger.definition, opening.rendered).interval
