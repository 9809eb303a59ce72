"""The outputs of task runs by themselves, as clients of Kestra 2 ask for them."""

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from builder.actions.executions.trying import without_sealed
from builder.api.methods import methods
from builder.errors import NotFound
from builder.runtime.runner.keeping.shelf import whole


def listed(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """The task runs that have outputs."""
    found = [
        {"taskId": run.task_id, "taskRunId": run.id, "value": run.value, "iteration": run.iteration, "inline": True}
        for run in whole(execution_id).runs.values()
        if run.outputs
    ]
    return JsonResponse(without_sealed(found), safe=False)


def read(request: HttpRequest, execution_id: str, run: str) -> HttpResponseBase:
    """The outputs of one task run (id or path)."""
    for path, found in whole(execution_id).runs.items():
        if run in (path, found.id):
            return JsonResponse(without_sealed(dict(found.outputs or {})))
    raise NotFound(f"Execution `{execution_id}` has no task run `{run[:200]}`.")


list_view = methods(GET=listed)
read_view = methods(GET=read)
