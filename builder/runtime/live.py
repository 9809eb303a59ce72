"""Small messages about an execution as it moves: published by its runner, followed by the page that watches.

Redis only carries them: log lines and states are read from the database, so nothing is lost without it but the text of
an answer that is still arriving.
"""

import asyncio
import json
import logging
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from builder.engine.states import TERMINAL
from builder.errors import NotFound
from builder.runtime import queue
from builder.store import executions

POLL_SECONDS = 1.0
QUIET_SECONDS = 15.0
_TEXT_SECONDS = 3600
_AWAY_SECONDS = 2.0
_LINES = 500

readers = ThreadPoolExecutor(8, thread_name_prefix="live")
"""They read the database for all pages and keep their connections; a loop's own threads would end with it, and leak."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to tell a page. `id` is set where a page can go on from (the last log line's number).

    Kinds: "state" {state}, "runs" {paths} (empty: any of them), "log" (one line), "text" {path, attempt, text, offset}
    (a piece of an answer that is arriving), "ping" (nothing happened), "end" {state}.
    """

    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    id: str = ""


class Publisher:
    """Sends from a thread of its own, so that a slow Redis holds nobody up; what waits goes out in one pipeline."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="publisher")
        self._waiting: list[tuple[str, dict[str, Any]]] = []
        self._away_until = 0.0

    def saved(self, execution_id: str, state: str, paths: Iterable[str]) -> None:
        """Something was committed."""
        self._send(execution_id, {"kind": "saved", "state": state, "paths": sorted(paths)[:200]})

    def text(self, execution_id: str, path: str, attempt: int, text: str, offset: int) -> None:
        """A piece of an answer; `offset`: how many characters came before."""
        self._send(execution_id, {"kind": "text", "path": path, "attempt": attempt, "text": text, "offset": offset})

    def ring(self, execution_ids: tuple[str, ...]) -> None:
        """Asks for runners."""
        self._thread.submit(queue.ring, execution_ids)

    def notify(self, execution_id: str) -> None:
        """Tells whoever drives it to read its signals."""
        self._thread.submit(queue.notify, execution_id)

    def close(self) -> None:
        self._thread.shutdown(wait=True)

    def _send(self, execution_id: str, message: dict[str, Any]) -> None:
        self._waiting.append((execution_id, message))
        if len(self._waiting) == 1:
            self._thread.submit(self._flush)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        if time.monotonic() < self._away_until:
            return
        pipeline = queue.redis().pipeline(transaction=False)
        for execution_id, message in waiting:
            if message["kind"] == "text":
                key = _text_key(execution_id, message["path"], message["attempt"])
                pipeline.append(key, message["text"])
                pipeline.expire(key, _TEXT_SECONDS)
                pipeline.sadd(_texts_key(execution_id), json.dumps([message["path"], message["attempt"]]))
                pipeline.expire(_texts_key(execution_id), _TEXT_SECONDS)
            pipeline.publish(_channel(execution_id), json.dumps(message))
        try:
            pipeline.execute()
        except RedisError as error:
            log.info("Live messages are left out for a moment: %s", error)
            self._away_until = time.monotonic() + _AWAY_SECONDS


async def follow(execution_id: str, last_event_id: str = "") -> AsyncGenerator[Message, None]:
    """Everything after the log line `last_event_id`, as it happens, until the execution has ended."""
    watcher = _Watcher(execution_id, int(last_event_id) if last_event_id.isdigit() else 0)
    async with _Channel(execution_id) as channel:
        for message in await channel.texts():
            yield watcher.piece(message)
        while not watcher.ended:
            for shown in await watcher.look():
                yield shown
            if watcher.ended:
                return
            async for news in channel.until_saved():
                yield watcher.piece(news) if news else Message("ping")


async def ended(execution_id: str, seconds: float) -> None:
    """Returns once the execution has ended, is deleted, or takes longer than that."""
    with suppress(TimeoutError, NotFound):
        async with asyncio.timeout(seconds):
            async for _ in follow(execution_id):
                pass


class _Watcher:
    """What one page knows already, and what the database has beyond it."""

    def __init__(self, execution_id: str, last_line: int) -> None:
        self._id = execution_id
        self._last_line = last_line
        self._known: tuple[Any, ...] = ()
        self._seen: dict[tuple[str, int], int] = defaultdict(int)
        self.ended = False

    async def look(self) -> list[Message]:
        """What is new in the database."""
        item, lines = await asyncio.get_running_loop().run_in_executor(readers, self._read)
        messages = [Message("log", _line(line), str(line.id)) for line in lines]
        self._last_line = lines[-1].id if lines else self._last_line
        known = (item.state, item.runs_total, item.runs_ended, item.tokens)
        if known[:1] != self._known[:1]:
            messages.append(Message("state", {"state": item.state.value}))
        if known != self._known:
            messages.append(Message("runs", {"paths": []}))
        self._known = known
        if item.state in TERMINAL and len(lines) < _LINES:
            self.ended = True
            messages.append(Message("end", {"state": item.state.value}))
        return messages

    def piece(self, message: dict[str, Any]) -> Message:
        """A piece of text without what the page has already."""
        if message["kind"] != "text":
            return Message("runs", {"paths": message["paths"]})
        key = (message["path"], message["attempt"])
        known = self._seen[key] - message["offset"]
        text = message["text"][known:] if known > 0 else message["text"]
        offset = max(self._seen[key], message["offset"])
        self._seen[key] = max(self._seen[key], message["offset"] + len(message["text"]))
        return Message("text", {"path": key[0], "attempt": key[1], "text": text, "offset": offset})

    def _read(self) -> tuple[executions.ExecutionItem, list[executions.LogRow]]:
        from django.db import close_old_connections

        close_old_connections()
        try:
            return executions.item(self._id), executions.logs(self._id, after_id=self._last_line, limit=_LINES)
        finally:
            close_old_connections()


class _Channel:
    """The Redis channel of one execution; without Redis it only waits."""

    def __init__(self, execution_id: str) -> None:
        self._id = execution_id
        self._redis: AsyncRedis | None = None
        self._pubsub: Any = None

    async def __aenter__(self) -> "_Channel":
        await self._connect()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._leave()

    async def texts(self) -> list[dict[str, Any]]:
        """The answers that arrived so far."""
        if self._redis is None:
            return []
        try:
            names = [json.loads(name) for name in await self._redis.smembers(_texts_key(self._id))]
            found = [(name, await self._redis.get(_text_key(self._id, *name))) for name in sorted(names)]
        except RedisError:
            return []
        return [
            {"kind": "text", "path": path, "attempt": attempt, "text": queue.as_text(text), "offset": 0}
            for (path, attempt), text in found
            if text
        ]

    async def until_saved(self) -> AsyncIterator[dict[str, Any] | None]:
        """Messages until something was saved, or None after a quiet while; ends when the database is worth a look."""
        if self._pubsub is None:
            await asyncio.sleep(POLL_SECONDS)
            await self._connect()
            return
        while True:
            try:
                got = await self._pubsub.get_message(ignore_subscribe_messages=True, timeout=QUIET_SECONDS)
            except RedisError:
                await self._leave()
                return
            if got is None:
                yield None
                return
            message = json.loads(got["data"])
            yield message
            if message["kind"] == "saved":
                return

    async def _connect(self) -> None:
        try:
            self._redis = AsyncRedis.from_url(
                settings.REDIS_URL, socket_connect_timeout=queue.ANSWER_SECONDS, socket_timeout=queue.ANSWER_SECONDS,
                retry=Retry(NoBackoff(), 0),
            )  # fmt: skip
            self._pubsub = self._redis.pubsub()
            await self._pubsub.subscribe(_channel(self._id))
        except RedisError:
            await self._leave()

    async def _leave(self) -> None:
        for open_one in (self._pubsub, self._redis):
            if open_one is not None:
                try:
                    await open_one.aclose()
                except RedisError as error:
                    log.debug("Leaving a channel: %s", error)
        self._redis = self._pubsub = None


def _line(line: executions.LogRow) -> dict[str, Any]:
    return {
        "id": line.id, "at": line.at.isoformat(), "level": line.level, "message": line.message, "task_id": line.task_id,
        "path": line.path, "run_id": line.run_id, "attempt": line.attempt,
    }  # fmt: skip


def _channel(execution_id: str) -> str:
    return f"millstream:live:{execution_id}"


def _texts_key(execution_id: str) -> str:
    return f"millstream:texts:{execution_id}"


def _text_key(execution_id: str, path: str, attempt: int) -> str:
    return f"millstream:text:{execution_id}:{attempt}:{path}"
