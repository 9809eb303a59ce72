"""Log lines: of one execution, as they come, as a file, and of all executions."""

import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from builder.api.execution_json import instant
from builder.api.executions.following import PING, event, event_stream, followed
from builder.api.filters import filtered
from builder.api.methods import methods
from builder.api.reading import flag, moment, page_asked, whole
from builder.errors import InvalidInput
from builder.store import executions
from builder.store.executions import ExecutionItem, LogRow
from builder.tasks.world.context import LEVELS

_MOST = 1_000_000
_FARTHEST = 100_000


def read(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """All lines, oldest first; `minLevel`, `taskId`, `taskRunId`, `attempt` (from 0) choose among them."""
    return JsonResponse([_line(row) for row in _rows(request, execution_id)], safe=False)


def download(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """The same as plain text."""
    lines = (
        f"{instant(row.at)} {row.level:5} {row.path or '-'} {row.message}\n" for row in _rows(request, execution_id)
    )
    response = HttpResponse("".join(lines), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{execution_id}.log"'
    return response


def delete(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """Deletes the lines of an execution."""
    executions.item(execution_id)
    executions.delete_logs(execution_id)
    return HttpResponse(status=204)


def follow(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """Lines as they come, the earlier ones first: events with the id `progress`, and `end` when it has ended."""
    item = executions.item(execution_id)
    return event_stream(_lines(item, _level(request)))


async def _lines(item: ExecutionItem, least: str) -> AsyncIterator[bytes]:
    async for message in followed(item.id):
        if message.kind == "ping":
            yield PING
        elif message.kind == "end":
            yield event("end", "{}")
        elif message.kind == "log" and LEVELS.index(message.data["level"]) >= LEVELS.index(least):
            yield event("progress", json.dumps(_live_line(item, message.data)))


def search(request: HttpRequest) -> HttpResponseBase:
    """Lines of all executions, newest first. `total` counts up to one line beyond the page, to say there are more."""
    asked = page_asked(request, {"timestamp": "timestamp"}, "-timestamp")
    if flag(request, "exactNamespace"):
        raise InvalidInput("Logs are found by a namespace with its children: filters[namespace][PREFIX].")
    if asked.first + asked.size > _FARTHEST:
        raise InvalidInput(f"Logs can be paged through up to the {_FARTHEST:,}th line; choose a time with endDate.")
    given = request.GET
    rows = executions.search_logs(
        namespace=given.get("namespace", ""), flow_id=given.get("flowId", ""), min_level=_level(request),
        text=given.get("q", ""), since=moment(request, "startDate"), until=moment(request, "endDate"),
        limit=asked.first + asked.size + 1,
    )  # fmt: skip
    shown = rows[asked.first : asked.first + asked.size]
    return JsonResponse({"results": [_line(row) for row in shown], "total": len(rows)})


def _rows(request: HttpRequest, execution_id: str) -> list[LogRow]:
    executions.item(execution_id)
    attempt = whole(request, "attempt")
    if attempt is not None and attempt < 0:
        raise InvalidInput("attempt counts from 0.")
    return executions.logs(
        execution_id, min_level=_level(request), task_id=request.GET.get("taskId", ""),
        run_id=request.GET.get("taskRunId", ""), attempt=None if attempt is None else attempt + 1, limit=_MOST,
    )  # fmt: skip


def _level(request: HttpRequest) -> str:
    level = request.GET.get("minLevel", "").upper() or LEVELS[0]
    if level not in LEVELS:
        raise InvalidInput(f"minLevel is one of {', '.join(LEVELS)}.")
    return level


def _line(row: LogRow) -> dict[str, Any]:
    line = {
        "namespace": row.namespace, "flowId": row.flow_id, "executionId": row.execution_id,
        "taskId": row.task_id or None, "taskRunId": row.run_id or None,
        "attemptNumber": row.attempt - 1 if row.attempt else None, "timestamp": instant(row.at), "level": row.level,
        "message": row.message,
    }  # fmt: skip
    return {name: value for name, value in line.items() if value is not None}


def _live_line(item: ExecutionItem, data: Mapping[str, Any]) -> dict[str, Any]:
    """A line as the live channel gives it."""
    line = {
        "namespace": item.namespace, "flowId": item.flow_id, "executionId": item.id,
        "taskId": data["task_id"] or None, "taskRunId": data["run_id"] or None,
        "attemptNumber": data["attempt"] - 1 if data["attempt"] else None,
        "timestamp": instant(datetime.fromisoformat(data["at"])), "level": data["level"],
        "message": data["message"],
    }  # fmt: skip
    return {name: value for name, value in line.items() if value is not None}


read_view = methods(GET=filtered(read), DELETE=delete)
download_view = methods(GET=download)
follow_view = methods(GET=follow)
search_view = methods(GET=filtered(search))
