"""The world as a running task sees it (`builder.tasks.context.RunContext`), with everything masked on its way out."""

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings

from builder.clock import Clock
from builder.errors import BuilderError, Expired, NotFound, TaskFailure
from builder.expressions import needs_lookups
from builder.runtime import storage
from builder.runtime.evaluate import RuntimeLookups, render
from builder.runtime.masking import Masker, StreamMasker
from builder.runtime.network import Network
from builder.store import encryption, kv
from builder.store.executions import LogLine, MetricPoint
from builder.tasks.context import LEVELS

STREAM_SECONDS = 0.05
_STREAM_LETTERS = 1_000_000
_SENT_BYTES = 1_000_000

log = logging.getLogger(__name__)


class Call(Protocol):
    """Runs a blocking function on the database thread."""

    async def __call__(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Whose attempt it is. `level`: log lines below it are not kept."""

    execution_id: str
    namespace: str
    flow_id: str
    task_id: str
    path: str
    run_id: str
    attempt: int
    level: str = "TRACE"


@dataclass
class Journal:
    """What attempts of one execution report until it is saved; bounded by the setting MILLSTREAM_LOG_LINES."""

    masker: Masker
    clock: Clock
    lines: list[LogLine] = field(default_factory=list)
    points: list[MetricPoint] = field(default_factory=list)
    written: int = 0

    def log(self, place: Place | None, level: str, message: str) -> None:
        """One line; of the execution itself without a place."""
        if place is not None and LEVELS.index(level) < LEVELS.index(place.level):
            return
        most = settings.MILLSTREAM["LOG_LINES"]
        self.written += 1
        if self.written > most + 1:
            return
        if self.written == most + 1:
            level = "WARN"
            message = f"More than {most} log lines: the rest is left out (setting MILLSTREAM_LOG_LINES)."
        named = {} if place is None else _named(place)
        self.lines.append(LogLine(at=self.clock.now(), level=level, message=self._bounded(message), **named))

    def metric(self, place: Place, name: str, value: float, unit: str, tags: Mapping[str, str]) -> None:
        self.points.append(MetricPoint(
            at=self.clock.now(), name=name[:100], value=value, unit=unit[:30], tags=self.masker.value(dict(tags)),
            **_named(place),
        ))  # fmt: skip

    def take(self) -> tuple[list[LogLine], list[MetricPoint]]:
        """What there is, masked; the journal is empty afterwards."""
        lines, self.lines = self.lines, []
        points, self.points = self.points, []
        masked = [
            LogLine(
                line.at, line.level, self.masker.text(line.message), line.task_id, line.path, line.run_id, line.attempt
            )
            for line in lines
        ]
        return masked, points

    def _bounded(self, message: str) -> str:
        most = settings.MILLSTREAM["LOG_LINE_BYTES"]
        if len(message) <= most:
            return message
        return (
            f"{message[:most]} ... ({len(message) - most} more characters left out, setting MILLSTREAM_LOG_LINE_BYTES)"
        )


def _named(place: Place) -> dict[str, Any]:
    return {"task_id": place.task_id, "path": place.path, "run_id": place.run_id, "attempt": place.attempt}


class Context:
    """One attempt's world. Made on the event loop; log, metric, stream and mask may be called from any thread."""

    def __init__(
        self, place: Place, variables: Mapping[str, Any], journal: Journal, lookups: RuntimeLookups, http: Network,
        call: Call, publish: Callable[[str, int], None], changed: Callable[[], None],
    ) -> None:  # fmt: skip
        self._place = place
        self.variables = variables
        self._journal = journal
        self._lookups = lookups
        self._call = call
        self._changed = changed
        self.clock = journal.clock
        self.http = http
        self.kv = _Kv(place.namespace, journal.clock, call)
        self.files = _Files(place.execution_id, lookups, call)
        self._stream = _Stream(StreamMasker(journal.masker), publish)
        self._sent = _Sent(place)

    execution_id = property(lambda self: self._place.execution_id)
    namespace = property(lambda self: self._place.namespace)
    flow_id = property(lambda self: self._place.flow_id)
    task_id = property(lambda self: self._place.task_id)
    attempt = property(lambda self: self._place.attempt)
    attempt_key = property(lambda self: self._place.run_id)

    def now(self) -> datetime:
        return self._journal.clock.now()

    def log(self, level: str, message: str) -> None:
        if level not in LEVELS:
            raise TaskFailure(f"{level} is no log level; there are {', '.join(LEVELS)}.", retryable=False)
        self._journal.log(self._place, level, message)
        self._changed()

    def metric(self, name: str, value: float, *, unit: str = "", tags: Mapping[str, str] | None = None) -> None:
        self._journal.metric(self._place, name, value, unit, tags or {})

    def stream(self, text: str) -> None:
        self._stream.add(text)

    def sent(self, what: Any) -> None:
        text = json.dumps(self._journal.masker.value(what), default=str, ensure_ascii=False)[:_SENT_BYTES]
        self._sent.keep(text)

    def mask(self, value: str) -> None:
        self._journal.masker.add([value])

    def encrypt(self, text: str) -> Mapping[str, str]:
        self.mask(text)
        return encryption.sealed(text)

    async def render(self, value: Any, extra: Mapping[str, Any] | None = None, *, typed: bool = False) -> Any:
        seen = {**self.variables, **(extra or {})}
        if needs_lookups(value):
            return await self._call(render, value, seen, self._lookups, self._journal.clock, typed=typed)
        return render(value, seen, None, self._journal.clock, typed=typed)

    def end(self) -> None:
        """Sends the rest of the stream."""
        self._stream.end()


class _Stream:
    """Pieces of text, gathered for a moment so that a fast model makes no flood of messages."""

    def __init__(self, masker: StreamMasker, publish: Callable[[str, int], None]) -> None:
        self._masker = masker
        self._publish = publish
        self._waiting = ""
        self._offset = 0
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, text: str) -> None:
        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        if here:
            self._add(text)
        else:
            self._loop.call_soon_threadsafe(self._add, text)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._waiting += self._masker.rest()
        self._flush()

    def _add(self, text: str) -> None:
        self._waiting += self._masker.feed(text)
        if self._timer is None:
            self._timer = self._loop.call_later(STREAM_SECONDS, self._flush)

    def _flush(self) -> None:
        self._timer = None
        text, self._waiting = self._waiting, ""
        if text and self._offset < _STREAM_LETTERS:
            self._publish(text, self._offset)
            self._offset += len(text)


class _Sent:
    """Writes requests beside the event loop, in whatever thread is free; the last one stays."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._asked = self._written = 0

    def keep(self, text: str) -> None:
        self._asked += 1
        self._loop.run_in_executor(None, self._write, self._asked, text)

    def _write(self, number: int, text: str) -> None:
        with self._lock:
            if number < self._written:
                return
            self._written = number
            try:
                storage.keep_sent(self._place.execution_id, self._place.run_id, self._place.attempt, text)
            except OSError as error:
                log.warning("A request of %s could not be kept: %s", self._place.path, error)


class _Kv:
    def __init__(self, namespace: str, clock: Clock, call: Call) -> None:
        self._namespace = namespace
        self._clock = clock
        self._call = call

    async def get(self, key: str, namespace: str | None = None) -> Any:
        try:
            entry = await self._call(kv.get, namespace or self._namespace, key, self._clock.now())
        except (NotFound, Expired):
            return None
        return entry.value

    async def has(self, key: str, namespace: str | None = None) -> bool:
        try:
            await self._call(kv.get, namespace or self._namespace, key, self._clock.now())
        except (NotFound, Expired):
            return False
        return True

    async def set(
        self, key: str, value: Any, *, namespace: str | None = None, ttl_seconds: float | None = None,
        overwrite: bool = True, kind: str | None = None,
    ) -> None:  # fmt: skip
        try:
            await self._call(
                kv.set_value, namespace or self._namespace, key, value, self._clock.now(), ttl_seconds=ttl_seconds,
                kind=kind, overwrite=overwrite,
            )  # fmt: skip
        except (BuilderError, ValueError) as error:
            raise TaskFailure(str(error), retryable=False) from error

    async def delete(self, key: str, namespace: str | None = None) -> bool:
        return bool(await self._call(kv.delete, namespace or self._namespace, key))

    async def keys(self, prefix: str = "", namespace: str | None = None) -> list[str]:
        entries = await self._call(kv.listed, self._clock.now(), namespace=namespace or self._namespace, prefix=prefix)
        return [entry.key for entry in entries]


class _Files:
    def __init__(self, execution_id: str, lookups: RuntimeLookups, call: Call) -> None:
        self._execution_id = execution_id
        self._lookups = lookups
        self._call = call

    async def put(self, name: str, content: bytes | Path) -> str:
        return await asyncio.to_thread(storage.put, self._execution_id, name, content)

    async def read(self, uri: str, *, limit_bytes: int | None = None) -> bytes:
        try:
            return await asyncio.to_thread(storage.read, uri, self._lookups.files_of, limit_bytes)
        except BuilderError as error:
            raise TaskFailure(error.message, retryable=False) from error
