"""The world as a running task sees it (`RunContext`), with everything masked on its way out."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings

from builder import counters
from builder.clock import Clock
from builder.errors import BuilderError, TaskFailure
from builder.expressions import needs_lookups
from builder.runtime.evaluate import RuntimeLookups, render
from builder.runtime.masking import Masker, StreamMasker
from builder.runtime.network import Network
from builder.runtime.vitals import spans
from builder.runtime.world.asking import answered
from builder.runtime.world.elsewhere import StoredElsewhere
from builder.runtime.world.entries import Entries
from builder.runtime.world.files import ExecutionFiles
from builder.runtime.world.folders import Folder
from builder.runtime.world.log_file import LogFile
from builder.runtime.world.namespaces import NamespaceStore
from builder.runtime.world.place import Call, Place
from builder.runtime.world.watching import Sent, Stream
from builder.store import encryption
from builder.store.executions import LogLine, MetricPoint
from builder.tasks.world.context import LEVELS
from builder.tasks.world.effects import Effect

_SENT_BYTES = 1_000_000
RunOther = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


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
        save_now: Callable[[], Awaitable[None]], folder: Folder,
    ) -> None:  # fmt: skip
        self._place = place
        self.variables = variables
        self._journal = journal
        self._lookups = lookups
        self._call = call
        self._changed = changed
        self.clock = journal.clock
        self.http = http
        self.kv = Entries(place.namespace, journal.clock, call)
        self._folder = folder
        self._over = threading.Event()
        self.files = ExecutionFiles(place, lookups, call, folder, self._over)
        self.namespace_files = NamespaceStore(place.namespace, journal.clock, lookups, call)
        self._loop = asyncio.get_running_loop()
        self._stream = Stream(StreamMasker(journal.masker), publish)
        self._sent = Sent(place)
        self.elsewhere = StoredElsewhere(place, journal.masker, journal.clock, call, save_now, http)
        self._log_file = LogFile(place, journal.masker, journal.clock) if place.to_file else None
        self.effects: list[Effect] = []
        self.run_other: RunOther | None = None

    place = property(lambda self: self._place)
    execution_id = property(lambda self: self._place.execution_id)
    namespace = property(lambda self: self._place.namespace)
    flow_id = property(lambda self: self._place.flow_id)
    task_id = property(lambda self: self._place.task_id)
    attempt = property(lambda self: self._place.attempt)
    attempt_key = property(lambda self: self._place.run_id)
    working_dir = property(lambda self: self._folder.made())

    def now(self) -> datetime:
        return self._journal.clock.now()

    def log(self, level: str, message: str) -> None:
        if level not in LEVELS:
            raise TaskFailure(f"{level} is no log level; there are {', '.join(LEVELS)}.", retryable=False)
        if self._log_file is not None:
            self._log_file.write(level, message)
            return
        self._journal.log(self._place, level, message)
        self._changed()

    def metric(self, name: str, value: float, *, unit: str = "", tags: Mapping[str, str] | None = None) -> None:
        self._journal.metric(self._place, name, value, unit, tags or {})
        counters.count_metric(name, value, tags or {})
        spans.measured(name, value, (tags or {}).get("model", ""))

    def stream(self, text: str) -> None:
        self._stream.add(text)

    def sent(self, what: Any) -> None:
        text = json.dumps(self._journal.masker.value(what), default=str, ensure_ascii=False)[:_SENT_BYTES]
        self._sent.keep(text)

    def affect(self, effect: Effect) -> None:
        self.effects.append(effect)

    def mask(self, value: str) -> None:
        self._journal.masker.add([value])

    def encrypt(self, text: str) -> Mapping[str, str]:
        self.mask(text)
        return encryption.sealed(text)

    async def run_task(self, written: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.run_other is None:
            raise TaskFailure("A task that runs at once cannot run another one.", retryable=False)
        return await self.run_other(written)

    async def render(self, value: Any, extra: Mapping[str, Any] | None = None, *, typed: bool = False) -> Any:
        seen = {**self.variables, **(extra or {})}
        if needs_lookups(value):
            return await answered(
                self.http,
                lambda known: self._call(
                    render, value, seen, self._lookups.knowing(known), self._journal.clock, typed=typed
                ),
            )
        return render(value, seen, None, self._journal.clock, typed=typed)

    def render_now(self, value: Any, extra: Mapping[str, Any] | None = None, *, typed: bool = False) -> Any:
        if needs_lookups(value):
            waited = self.render(value, extra, typed=typed)
            return asyncio.run_coroutine_threadsafe(waited, self._loop).result()
        return render(value, {**self.variables, **(extra or {})}, None, self._journal.clock, typed=typed)

    @property
    def has_log_file(self) -> bool:
        return self._log_file is not None

    async def kept_log(self) -> str:
        """The address of the attempt's log file; "" when its lines are in the database, or the file cannot be kept."""
        try:
            return "" if self._log_file is None else await asyncio.to_thread(self._log_file.keep)
        except (OSError, BuilderError) as error:
            self._journal.log(self._place, "WARN", f"The log file cannot be kept: {error}.")
            return ""

    def end(self) -> None:
        """Sends the rest of the stream; what still works in a thread stops at its next read or write."""
        self._over.set()
        self._stream.end()
