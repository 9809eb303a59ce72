"""A wait ends by the machine's clock, also when the clock was wrong as the wait began."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from builder.clock import FixedClock
from builder.runtime.runner.told import alarm
from builder.runtime.runner.told.alarm import Alarm

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    monkeypatch.setattr(alarm, "_LOOK_SECONDS", 0.01)
    return asyncio.Event()


async def test_a_clock_that_is_set_right_ends_a_wait_that_looked_long(rung: asyncio.Event) -> None:
    clock, waiting = FixedClock(NOON - timedelta(hours=2)), Alarm(asyncio.get_running_loop())
    waiting.set_at(NOON, clock.now, rung.set)
    await asyncio.sleep(0.03)
    assert not rung.is_set() and waiting.is_set
    clock.advance(timedelta(hours=2))
    await asyncio.wait_for(rung.wait(), 30)
    assert not waiting.is_set


async def test_a_wait_that_is_given_up_never_rings(rung: asyncio.Event) -> None:
    clock, waiting = FixedClock(NOON - timedelta(hours=2)), Alarm(asyncio.get_running_loop())
    waiting.set_at(NOON, clock.now, rung.set)
    await asyncio.sleep(0.03)
    waiting.clear()
    clock.advance(timedelta(hours=3))
    await asyncio.sleep(0.03)
    assert not rung.is_set()


async def test_a_moment_that_has_passed_rings_at_once(rung: asyncio.Event) -> None:
    Alarm(asyncio.get_running_loop()).set_at(NOON, FixedClock(NOON + timedelta(hours=1)).now, rung.set)
    await asyncio.wait_for(rung.wait(), 30)
