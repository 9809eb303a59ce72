"""How much is asked of one key at once, in this process: a bound, and the pauses that the server's headers ask for."""

import asyncio
import os
import re
import time
from asyncio import sleep
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

from builder.tasks.api import TaskFailure
from tasks_openai.wire.failures import Place

DEFAULT_MOST_AT_ONCE = 64
LONGEST_PAUSE_SECONDS = 60.0
"""A pause that a header asks for is not believed beyond this; a 429 says how long it is in earnest."""

_Key = tuple[str, str]
_turns: "WeakKeyDictionary[asyncio.AbstractEventLoop, dict[_Key, asyncio.Semaphore]]" = WeakKeyDictionary()
_paused: dict[tuple[str, str, str], float] = {}
_KEPT = 1024


def most_at_once() -> int:
    """How many calls one key has under way at most. Raises TaskFailure when the setting is not a number."""
    text = os.environ.get("MILLSTREAM_MODEL_CALLS_AT_ONCE") or str(DEFAULT_MOST_AT_ONCE)
    if not text.isdecimal() or int(text) < 1:
        message = f"MILLSTREAM_MODEL_CALLS_AT_ONCE is {text!r}; allowed: a whole number from 1."
        raise TaskFailure(message, retryable=False)
    return int(text)


@asynccontextmanager
async def turn(place: Place, waits: Callable[[float], None]) -> AsyncIterator[None]:
    """Waits for this key's turn and holds it. `waits` is told of a pause that the server's headers asked for."""
    async with _semaphore(place):
        pause = _paused.get(_of_model(place), 0.0) - time.monotonic()
        if pause > 0:
            waits(pause)
            await sleep(pause)
        yield


def learn(place: Place, headers: Mapping[str, str]) -> None:
    """Takes note of `x-ratelimit-*`: nothing remains of requests or tokens until their reset."""
    pauses = [
        seconds
        for kind in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{kind}", "").strip() == "0"
        if (seconds := _seconds(headers.get(f"x-ratelimit-reset-{kind}", ""))) is not None
    ]
    if pauses:
        if len(_paused) >= _KEPT:
            _paused.clear()
        _paused[_of_model(place)] = time.monotonic() + min(max(pauses), LONGEST_PAUSE_SECONDS)


def _semaphore(place: Place) -> asyncio.Semaphore:
    of_loop = _turns.setdefault(asyncio.get_running_loop(), {})
    key = (place.server, place.api_key)
    if key not in of_loop:
        if len(of_loop) >= _KEPT:
            of_loop.clear()
        of_loop[key] = asyncio.Semaphore(most_at_once())
    return of_loop[key]


def _of_model(place: Place) -> tuple[str, str, str]:
    return (place.server, place.api_key, place.model)


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def _seconds(text: str) -> float | None:
    """A wait as the API writes it: `1s`, `6m0s`, `20ms`, `1h2m3.5s`, or plain seconds."""
    text = text.strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    if not re.fullmatch(r"(\d+(\.\d+)?(ms|s|m|h|d))+", text):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", text))
