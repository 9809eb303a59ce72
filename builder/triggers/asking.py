"""What the inputs of a trigger's flow ask of other servers and flows: beside the scheduler, and by one of them only."""

import threading
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from builder.store import triggers
from builder.store.triggers import Trigger, changes
from builder.store.triggers.changes import Change
from builder.triggers.opening import ASKING_SECONDS_IN_ALL, Opening

MOST = 8
"""For how many triggers one process asks at the same time; the others wait for their turn."""
_HELD = timedelta(seconds=4 * ASKING_SECONDS_IN_ALL)
"""After this another scheduler asks, where the one that did went away."""


@dataclass(frozen=True, slots=True)
class _Asked:
    answer: "Future[Opening]"
    at: datetime


_under_way: dict[tuple[str, Hashable], _Asked] = {}
"""By trigger and by what it is to start for. Only the scheduler's thread touches it."""


def answered(
    opening: Opening,
    about: Hashable,
    now: datetime,
    is_open: Callable[[], bool] | None,
    *,
    inputs: Mapping[str, Any] | None = None,
    require_inputs: bool = True,
) -> Opening | None:
    """The opening with what it asked; None until it is known, or while another scheduler asks. `settle` follows.

    `is_open`: that nobody else has started it meanwhile; None: the trigger is this process's already, or a change is
    asked about, which is claimed instead of the trigger, so that several are asked about at once.
    """
    if not opening.asks:
        return opening
    key = (opening.trigger.key, about)
    if key not in _under_way:
        _forget_left(now)
        has_room = sum(not one.answer.done() for one in _under_way.values()) < MOST
        if has_room and _claimed(opening.trigger, about, now, is_open):
            _under_way[key] = _Asked(_begun(lambda: opening.asking(inputs=inputs, require_inputs=require_inputs)), now)
        return None
    asked = _under_way[key].answer
    if not asked.done():
        return None
    if asked.exception() is not None:
        settle(opening.trigger, about)
    return asked.result()


def settle(trigger: Trigger, about: Hashable) -> None:
    """It has started what it is to start, or never will; nothing is done where nothing was asked."""
    if not _under_way.pop((trigger.key, about), None):
        return
    if isinstance(about, Change):
        changes.let_go(about)
    else:
        triggers.let_go(trigger)


def _claimed(trigger: Trigger, about: Hashable, now: datetime, is_open: Callable[[], bool] | None) -> bool:
    """Whether this process may ask."""
    if isinstance(about, Change):
        return any(about == what for _, what in _under_way) or changes.claim(about, now, now + _HELD)
    if is_open is None:
        return True
    if not triggers.claim(trigger, now, now + _HELD):
        return False
    if is_open():
        return True
    triggers.let_go(trigger)
    return False


def changes_asked() -> list[Change]:
    """The changes of state that this process asks about."""
    return [what for _, what in _under_way if isinstance(what, Change)]


def slot_of(trigger: Trigger) -> datetime | None:
    """The slot of a schedule that is asked for: its turn comes first, whatever has become due meanwhile."""
    return next((what for key, what in _under_way if key == trigger.key and isinstance(what, datetime)), None)


def _begun(ask: Callable[[], Opening]) -> "Future[Opening]":
    """In a thread of its own, which does not hold up the end of the process."""
    answer: Future[Opening] = Future()

    def work() -> None:
        try:
            answer.set_result(ask())
        except BaseException as error:
            answer.set_exception(error)
        finally:
            connection.close()

    threading.Thread(target=work, name="asking for a trigger", daemon=True).start()
    return answer


def _forget_left(now: datetime) -> None:
    """What was asked for triggers that were changed or switched off meanwhile."""
    left = [key for key, one in _under_way.items() if one.at + _HELD < now and one.answer.done()]
    for key in left:
        del _under_way[key]
