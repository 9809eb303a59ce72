"""Expressions tried out: with what an execution has, or with what a flow begins with."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from builder.actions.executions.trying import Tried, try_on_execution, try_with_flow
from builder.api.methods import methods
from builder.api.reading import body_map
from builder.errors import InvalidInput
from builder.store import flows

_MOST = 100


def rendered(request: HttpRequest) -> HttpResponseBase:
    """`expressions` (a list or a map) with `executionId` (and `taskRunId`), `namespace` and `flowId`, or `flow`.

    What cannot be rendered is null in `rendered`, and says why in `errors`. `inputs` go with a flow.
    """
    body = body_map(request)
    written = body.get("expressions")
    pairs = written.items() if isinstance(written, dict) else enumerate(_listed(written))
    named = {str(key): one for key, one in pairs}
    if not all(isinstance(one, str) for one in named.values()) or len(named) > _MOST:
        raise InvalidInput(f"expressions: a list or a map of at most {_MOST} texts.")
    tried = dict(zip(named, _tried(body, list(named.values())), strict=True))
    results: Any = {name: one.result for name, one in tried.items()}
    errors = {name: one.error for name, one in tried.items() if one.result is None}
    shown = results if isinstance(written, dict) else list(results.values())
    return JsonResponse({"rendered": shown, "errors": errors})


def _listed(written: Any) -> Sequence[Any]:
    if not isinstance(written, list):
        raise InvalidInput("expressions: a list or a map of texts is needed.")
    return written


def _tried(body: Mapping[str, Any], expressions: Sequence[str]) -> list[Tried]:
    execution_id, run = (str(body.get(name) or "") for name in ("executionId", "taskRunId"))
    if execution_id:
        return try_on_execution(execution_id, expressions, run or None)
    inputs = body.get("inputs") or {}
    if not isinstance(inputs, dict):
        raise InvalidInput("inputs: must be a map.")
    if isinstance(body.get("flow"), str):
        return try_with_flow(body["flow"], 0, inputs, expressions)
    if not body.get("namespace") or not body.get("flowId"):
        raise InvalidInput("Name executionId, namespace and flowId, or give flow, the text of one.")
    found = flows.revision(str(body["namespace"]), str(body["flowId"]))
    return try_with_flow(found.source, found.number, inputs, expressions)


render_view = methods(POST=rendered)
