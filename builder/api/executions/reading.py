"""Executions as they are kept: one, a page of many, and the flow that one ran."""

import re
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from builder.actions import executions as execution_actions
from builder.api.execution_json import execution_json, instant, origin
from builder.api.filters import filtered, terms_of
from builder.api.flows.record import flow_json
from builder.api.methods import methods
from builder.api.reading import body_json, flag, labels, moment, name_of, page_asked, states
from builder.clock import SystemClock
from builder.errors import InvalidInput
from builder.flows.durations import BadDuration, parse_duration
from builder.runtime.runner.keeping.shelf import whole
from builder.store import executions
from builder.store.executions import Filters
from builder.store.flows import Revision

_CLOCK = SystemClock()
_CALENDAR = re.compile(r"P[^T]*[YM]", re.IGNORECASE)
"""Periods whose length depends on when they are."""
_SORTS = {
    "id": "id", "namespace": "namespace", "flowId": "flow", "state.current": "state", "state": "state",
    "state.startDate": "created", "startDate": "created", "state.endDate": "ended", "endDate": "ended",
}  # fmt: skip


def read(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """The execution with its task runs."""
    item = executions.item(execution_id)
    return JsonResponse(execution_json(whole(execution_id), base=origin(request), item=item))


def delete(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """Deletes an ended execution with its logs, metrics and files."""
    executions.item(execution_id)
    execution_actions.delete([execution_id])
    return HttpResponse(status=204)


def search(request: HttpRequest) -> HttpResponseBase:
    """One page, newest first, without the task runs."""
    asked = page_asked(request, _SORTS, "-created")
    page = executions.search(filters(request), page=asked.number, size=asked.size, sort=asked.sort)
    found = executions.load_many([item.id for item in page.items], with_runs=False)
    base = origin(request)
    results = [
        execution_json(found[item.id][0], runs=False, base=base, item=item) for item in page.items if item.id in found
    ]
    return JsonResponse({"results": results, "total": page.total})


def distinct(request: HttpRequest) -> HttpResponseBase:
    """The values that a `field` has among the executions of the filters, at most `size` of them (100)."""
    names = {name.lower(): name for name in executions.DISTINCT}
    field = names.get(request.GET.get("field", "").replace("_", "").lower())
    if field is None:
        raise InvalidInput(f"field is one of {', '.join(names.values())}.")
    size = page_asked(request, {}, "", size=100).size
    return JsonResponse(executions.distinct(filters(request), field, size), safe=False)


def of_flow(request: HttpRequest) -> HttpResponseBase:
    """The executions of one flow (`namespace` and `flowId`)."""
    if not request.GET.get("namespace") or not request.GET.get("flowId"):
        raise InvalidInput("namespace and flowId are needed here; /executions/search wants neither.")
    return search(request)


def latest(request: HttpRequest) -> HttpResponseBase:
    """The latest execution of each flow of a list, `[{"namespace", "flowId"}]`; flows that never ran are left out."""
    asked = body_json(request)
    if not isinstance(asked, list) or not all(isinstance(one, dict) for one in asked):
        raise InvalidInput('The body must be a list such as [{"namespace": "team", "flowId": "hello"}].')
    named = [(name_of(one, "namespace"), name_of(one, "id" if "id" in one else "flowId")) for one in asked]
    found = [items[-1] for items in executions.recent_states(list(dict.fromkeys(named)), last=1).values() if items]
    return JsonResponse(
        [
            {"id": item.id, "namespace": item.namespace, "flowId": item.flow_id, "status": item.state.value,
             "startDate": instant(item.created_at)}
            for item in found
        ],
        safe=False,
    )  # fmt: skip


def flow_of(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """The flow as this execution runs it, also when it was a draft."""
    execution, _ = executions.load(execution_id)
    source = executions.sources([execution_id])[execution_id]
    return JsonResponse(
        flow_json(
            Revision(execution.namespace, execution.flow_id, execution.revision, source, "", execution.created_at),
            source=True,
        )
    )


FILTERS = frozenset({
    "namespace", "flowId", "state", "labels", "q", "startDate", "endDate", "timeRange", "triggerExecutionId",
    "childFilter", "exactNamespace", "scope",
})  # fmt: skip


def filters(request: HttpRequest) -> Filters:
    """The filters of the query, Kestra's names."""
    given = request.GET
    return Filters(
        namespace=given.get("namespace", ""), flow_id=given.get("flowId", ""), states=states(request),
        labels=labels(request), text=given.get("q", "").strip(), since=_since(request),
        until=moment(request, "endDate"), parent_id=given.get("triggerExecutionId", ""), children=_children(request),
        exact_namespace=flag(request, "exactNamespace"), terms=terms_of(request),
    )  # fmt: skip


def _since(request: HttpRequest) -> datetime | None:
    start, period = moment(request, "startDate"), request.GET.get("timeRange", "")
    if not period:
        return start
    if start is not None:
        raise InvalidInput("startDate and timeRange are mutually exclusive; give one of them.")
    if _CALENDAR.match(period):
        raise InvalidInput(
            "timeRange counts days, hours, minutes and seconds, such as P7D or PT12H; no years or months."
        )
    try:
        return _CLOCK.now() - parse_duration(period)
    except BadDuration as error:
        raise InvalidInput(f"timeRange: {error}.") from error


def _children(request: HttpRequest) -> bool | None:
    chosen = request.GET.get("childFilter", "").upper()
    allowed = {"": None, "CHILD": True, "MAIN": False}
    if chosen not in allowed:
        raise InvalidInput("childFilter is CHILD or MAIN.")
    return allowed[chosen]


execution_view = methods(GET=read, DELETE=delete)
search_view = methods(GET=filtered(search, terms=True))
distinct_view = methods(GET=filtered(distinct, terms=True))
of_flow_view = methods(GET=filtered(of_flow, terms=True))
latest_view = methods(POST=latest)
flow_of_view = methods(GET=flow_of)
