"""A limit of time that what is limited cannot swallow: a task may catch everything, its attempt is over anyway."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
GRACE_SECONDS = 2.0
"""How long work has to end by itself once it was told to."""
_TOLD_AGAIN_SECONDS = 0.5
_TOLD_AT_MOST = 600

log = logging.getLogger(__name__)
_stubborn: set[asyncio.Task[None]] = set()


class OutOfTime(Exception):
    """It took longer than it may."""


async def in_time(work: Coroutine[Any, Any, T], seconds: float | None) -> T:
    """What the work gives. Raises OutOfTime after so long; being cancelled, it cancels the work.

    Work that goes on although it was told to end is left behind within GRACE_SECONDS, and told again and again.
    """
    task = asyncio.create_task(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        await _end(task)
        raise
    if not done:
        await _end(task)
        raise OutOfTime
    return task.result()


async def _end(task: asyncio.Task[Any]) -> None:
    task.cancel()
    try:
        await asyncio.wait({task}, timeout=GRACE_SECONDS)
    finally:
        if task.done():
            _forget(task)
        else:
            telling = asyncio.create_task(_tell_again(task))
            _stubborn.add(telling)
            telling.add_done_callback(_stubborn.discard)


async def _tell_again(task: asyncio.Task[Any]) -> None:
    log.warning("A task does not end although it was stopped; its attempt is over, what it still does is ignored.")
    for _ in range(_TOLD_AT_MOST):
        task.cancel()
        await asyncio.wait({task}, timeout=_TOLD_AGAIN_SECONDS)
        if task.done():
            _forget(task)
            return
    log.error("A task has not ended in %.0f s; only the end of this process ends it.", _TOLD_AT_MOST / 2)


def _forget(task: asyncio.Task[Any]) -> None:
    """What it raised concerns nobody any more."""
    if not task.cancelled():
        task.exception()
