"""How many calls one key has under way, and the pauses that a server's headers ask for."""

import asyncio
import threading

import pytest

from builder.tasks.api import TaskFailure
from tasks_openai.wire import limits
from tasks_openai.wire.failures import Place


def place(name: str, model: str = "m") -> Place:
    return Place(name, model, "sk-key", 10)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds: list[float] = []

    async def sleep(pause: float) -> None:
        seconds.append(pause)

    monkeypatch.setattr(limits, "sleep", sleep)
    return seconds


async def test_one_key_has_no_more_calls_under_way_than_the_setting_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLSTREAM_MODEL_CALLS_AT_ONCE", "2")
    under_way, most = 0, 0
    turned = asyncio.Event()

    async def call() -> None:
        nonlocal under_way, most
        async with limits.turn(place("bounded"), lambda _: None):
            under_way += 1
            most = max(most, under_way)
            if under_way == 2:
                turned.set()
            await turned.wait()
            under_way -= 1

    await asyncio.gather(*(call() for _ in range(6)))
    assert most == 2


@pytest.mark.parametrize(
    ("reset", "seconds"), [("1s", 1), ("120ms", 0.12), ("6m0s", 60), ("1h2m3.5s", 60), ("7", 7), ("1m", 60)]
)
async def test_a_key_that_has_nothing_left_waits_for_the_reset_that_the_server_named(
    slept: list[float], reset: str, seconds: float
) -> None:
    asked = place(f"reset {reset}")
    limits.learn(asked, {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": reset})
    told: list[float] = []
    async with limits.turn(asked, told.append):
        pass
    assert slept == told == [pytest.approx(seconds, abs=0.1)]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": "60s"},
        {"x-ratelimit-remaining-requests": "0"},
        {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "soon"},
    ],
)
async def test_nobody_waits_while_something_is_left_or_no_reset_is_named(
    slept: list[float], headers: dict[str, str]
) -> None:
    asked = place(f"left {headers}")
    limits.learn(asked, headers)
    async with limits.turn(asked, lambda _: pytest.fail("waited")):
        assert slept == []


async def test_another_model_of_the_same_key_does_not_wait(slept: list[float]) -> None:
    limits.learn(place("models"), {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "60s"})
    async with limits.turn(place("models", "other"), lambda _: pytest.fail("waited")):
        assert slept == []


def test_what_one_thread_learns_holds_for_calls_of_another(slept: list[float]) -> None:
    """Each thread with a loop of its own, as in a process with several runners."""
    told: list[float] = []

    async def call(learns: bool) -> None:
        async with limits.turn(place("threads"), told.append):
            if learns:
                limits.learn(
                    place("threads"), {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "30s"}
                )

    for learns in (True, False):
        thread = threading.Thread(target=lambda learns=learns: asyncio.run(call(learns)))
        thread.start()
        thread.join()
    assert slept == told == [pytest.approx(30, abs=1)]


async def test_calls_that_come_in_together_all_wait_for_the_reset(slept: list[float]) -> None:
    asked = place("together")
    limits.learn(asked, {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "5s"})

    async def call() -> None:
        async with limits.turn(asked, lambda _: None):
            pass

    await asyncio.gather(*(call() for _ in range(4)))
    assert slept == [pytest.approx(5, abs=0.5)] * 4


def test_a_setting_that_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLSTREAM_MODEL_CALLS_AT_ONCE", "many")
    with pytest.raises(TaskFailure, match="MILLSTREAM_MODEL_CALLS_AT_ONCE is 'many'"):
        limits.most_at_once()
