"""Server-sent events of one execution: log lines, changes of steps, pieces of answers."""

import json
from collections.abc import AsyncIterator

from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_GET

from builder.runtime import live
from builder.store import executions


@require_GET
def follow(request: HttpRequest, execution_id: str) -> StreamingHttpResponse:
    """Everything after the log line of Last-Event-ID (or `?last=`), until the execution has ended."""
    executions.item(execution_id)
    last = request.headers.get("Last-Event-ID") or request.GET.get("last", "")
    response = StreamingHttpResponse(_events(execution_id, last), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


async def _events(execution_id: str, last: str) -> AsyncIterator[bytes]:
    async for message in live.follow(execution_id, last):
        head = f"id: {message.id}\n" if message.id else ""
        yield f"{head}event: {message.kind}\ndata: {json.dumps(message.data)}\n\n".encode()
