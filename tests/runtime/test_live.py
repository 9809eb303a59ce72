"""A page follows an execution: lines and states from the database, text as it arrives, with Redis and without."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from builder.clock import SystemClock
from builder.engine.states import State
from builder.runtime import live
from builder.runtime.runner.runner import Runner
from builder.store import executions
from tests.doubles.patience import PATIENCE_SECONDS, wait_until
from tests.runtime.conftest import create, publish

pytestmark = pytest.mark.usefixtures("closing_threads")
LOG = "tasks:\n  - {id: one, type: io.kestra.plugin.core.log.Log, message: [a, b]}\n"
PAUSED = LOG + "  - {id: wait, type: io.kestra.plugin.core.flow.Pause}\n"


async def heard(execution_id: str, last_event_id: str = "") -> list[live.Message]:
    found = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for message in live.follow(execution_id, last_event_id):
            found.append(message)
    return found


async def test_it_tells_lines_and_states_until_the_end(runner: Runner) -> None:
    await asyncio.to_thread(publish, LOG)
    execution_id = await asyncio.to_thread(create)
    following = asyncio.create_task(heard(execution_id))
    runner.take([execution_id])
    found = await following
    lines = [message for message in found if message.kind == "log"]
    assert [line.data["message"] for line in lines] == ["a", "b"]
    assert found[-1] == live.Message("end", {"state": "SUCCESS"})
    again = await heard(execution_id, last_event_id=lines[0].id)
    assert [message.data["message"] for message in again if message.kind == "log"] == ["b"]


async def test_without_redis_it_looks_at_the_database(
    runner: Runner, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "POLL_SECONDS", 0.05)
    await asyncio.to_thread(publish, PAUSED)
    execution_id = await asyncio.to_thread(create)
    runner.take([execution_id])
    settings.REDIS_URL = "unix:///nowhere/at/all"
    following = asyncio.create_task(heard(execution_id))
    while (await asyncio.to_thread(executions.item, execution_id)).state is not State.PAUSED:
        await asyncio.sleep(0.02)
    await asyncio.to_thread(executions.send, execution_id, executions.RESUME, SystemClock().now(), {})
    runner.take([execution_id])
    found = await following
    assert [message.data["message"] for message in found if message.kind == "log"] == ["a", "b"]
    assert found[-1].data == {"state": "SUCCESS"}


async def test_who_comes_late_gets_the_text_that_arrived_before(valkey: str, transactional_db: None) -> None:
    await asyncio.to_thread(publish, LOG)
    execution_id = await asyncio.to_thread(create)
    publisher = live.Publisher()
    publisher.text(execution_id, "ask", 1, "Hello ", 0)
    publisher.text(execution_id, "ask", 1, "wor", 6)
    keys = live.queue.redis()
    await asyncio.to_thread(wait_until, lambda: keys.get(live._text_key(execution_id, "ask", 1)) == b"Hello wor")
    pieces: list[str] = []

    async def follow() -> None:
        async with aclosing(live.follow(execution_id)) as following:
            async for message in following:
                if message.kind == "text":
                    pieces.append(message.data["text"])
                if "".join(pieces) == "Hello world":
                    return

    following = asyncio.create_task(follow())
    await asyncio.to_thread(wait_until, lambda: pieces == ["Hello wor"])
    publisher.text(execution_id, "ask", 1, "ld", 9)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await following
    publisher.close()


async def test_what_is_told_twice_is_shown_once() -> None:
    """A piece that was kept while the page came is published too."""
    watcher = live._Watcher("one", 0)

    def shown(text: str, offset: int, attempt: int = 1) -> tuple[str, int]:
        piece = watcher.piece({"kind": "text", "path": "ask", "attempt": attempt, "text": text, "offset": offset})
        return piece.data["text"], piece.data["offset"]

    assert shown("Hello wor", 0) == ("Hello wor", 0)
    assert shown("wor", 6) == ("", 9)
    assert shown("world", 6) == ("ld", 9)
    assert shown("Again", 0, attempt=2) == ("Again", 0)
