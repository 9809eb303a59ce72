"""An execution as it moves: server-sent events in Kestra's form, and waiting for its end."""

import json
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse

from builder.api.execution_json import execution_json, origin
from builder.api.methods import methods
from builder.engine.execution import Execution
from builder.errors import NotFound
from builder.runtime import live
from builder.runtime.runner.keeping.shelf import whole
from builder.store import executions

WAIT_SECONDS = 300.0
"""How long a call may hold one of the web process's threads until an execution has ended."""
_WAITING = threading.BoundedSemaphore(16)
"""Far fewer than there are threads, so that pages are answered however many wait."""


def when_ended(execution_id: str, most_seconds: float = WAIT_SECONDS) -> Execution:
    """The execution once it has ended; as it is, where that takes too long or too many wait already."""
    if _WAITING.acquire(blocking=False):
        try:
            async_to_sync(live.ended)(execution_id, min(most_seconds, WAIT_SECONDS))
        finally:
            _WAITING.release()
    return executions.load(execution_id)[0]


def answer_when_ended(execution_id: str, base: str) -> HttpResponseBase:
    """The record, sent once the execution has ended; nothing but the connection is held until then."""
    return StreamingHttpResponse(_at_end(execution_id, base), content_type="application/json")


async def _at_end(execution_id: str, base: str) -> AsyncIterator[bytes]:
    async for _ in followed(execution_id):
        pass
    yield json.dumps(await _record(execution_id, base, with_files=True)).encode()


def follow(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """The whole execution after each change: events with the id `progress`, the last with `end`."""
    executions.item(execution_id)
    return event_stream(_changes(execution_id, origin(request)))


async def _changes(execution_id: str, base: str) -> AsyncIterator[bytes]:
    known = ""
    async for message in followed(execution_id):
        if message.kind == "ping":
            yield PING
        if message.kind not in ("state", "runs", "end"):
            continue
        record = json.dumps(await _record(execution_id, base))
        if message.kind == "end":
            yield event("end", record)
        elif record != known:
            known = record
            yield event("progress", record)


async def followed(execution_id: str) -> AsyncIterator[live.Message]:
    """What happens to it until it has ended; stops where it is deleted meanwhile."""
    with suppress(NotFound):
        async for message in live.follow(execution_id):
            yield message


@sync_to_async
def _record(execution_id: str, base: str, *, with_files: bool = False) -> dict[str, Any]:
    """`with_files`: large outputs too, which would be sent again and again with each change."""
    close_old_connections()  # this thread sees no requests, at which Django does it
    execution = whole(execution_id) if with_files else executions.load(execution_id)[0]
    return execution_json(execution, base=base)


PING = b": nothing new\n\n"


def event(name: str, data: str) -> bytes:
    """One event as Kestra sends it: its kind is its id, so that a browser's `onmessage` hears all of them."""
    return f"id: {name}\ndata: {data}\n\n".encode()


def event_stream(events: AsyncIterator[bytes]) -> StreamingHttpResponse:
    """The answer that sends events as they come."""
    response = StreamingHttpResponse(events, content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


follow_view = methods(GET=follow)
