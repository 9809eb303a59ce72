"""Numbers that the tasks of an execution reported: tokens, cost, durations."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from builder.api.execution_json import instant
from builder.api.methods import methods
from builder.api.reading import page_asked
from builder.store import executions
from builder.store.executions import MetricRow


def read(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """The numbers in the order they came; `taskId` and `taskRunId` choose among them."""
    asked = page_asked(request, {"timestamp": "timestamp"}, "timestamp", size=1000)
    executions.item(execution_id)
    task, run = request.GET.get("taskId", ""), request.GET.get("taskRunId", "")
    found = [
        row
        for row in executions.metrics(execution_id)
        if (not task or row.task_id == task) and (not run or row.run_id == run)
    ]
    shown = found[asked.first : asked.first + asked.size]
    return JsonResponse({"results": [_metric(execution_id, row) for row in shown], "total": len(found)})


def _metric(execution_id: str, row: MetricRow) -> dict[str, Any]:
    return {
        "executionId": execution_id, "taskId": row.task_id, "taskRunId": row.run_id,
        "type": "timer" if row.unit in ("s", "seconds") else "counter", "name": row.name, "value": float(row.value),
        "unit": row.unit, "tags": dict(row.tags), "timestamp": instant(row.at),
    }  # fmt: skip


read_view = methods(GET=read)
