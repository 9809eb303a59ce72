"""An execution as it moves: server-sent events in Kestra's form, and waiting for its end."""

import json
from collections.abc import AsyncIterator
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse

from builder.api.execution_json import execution_json
from builder.api.methods import methods
from builder.engine.execution import Execution
from builder.runtime import live
from builder.store import executions


def when_ended(execution_id: str) -> Execution:
    """The execution once it has ended."""
    async_to_sync(_until_ended)(execution_id)
    return executions.load(execution_id)[0]


async def _until_ended(execution_id: str) -> None:
    async for _ in live.follow(execution_id):
        pass


def follow(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """The whole execution after each change: events with the id `progress`, the last with `end`."""
    executions.item(execution_id)
    return event_stream(_changes(execution_id, request.build_absolute_uri("/")[:-1]))


async def _changes(execution_id: str, base: str) -> AsyncIterator[bytes]:
    known = ""
    async for message in live.follow(execution_id):
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


@sync_to_async
def _record(execution_id: str, base: str) -> dict[str, Any]:
    return execution_json(executions.load(execution_id)[0], base=base)


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
