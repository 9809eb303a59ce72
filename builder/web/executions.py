"""The history: executions filtered by state, flow, namespace, label, text and time, page by page."""

from datetime import UTC, datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from builder.actions import executions as execution_actions
from builder.actions.executions import again
from builder.clock import SystemClock
from builder.engine.states import State
from builder.errors import BuilderError, InvalidInput
from builder.store import executions, flows
from builder.store.executions import Filters
from builder.web.parts.paging import page_number, query_of

_CLOCK = SystemClock()
PAGE_SIZE = 25
PERIODS = (("", "any time"), ("1h", "last hour"), ("1d", "last day"), ("7d", "last 7 days"), ("30d", "last 30 days"))
_UNITS = {"h": "hours", "d": "days"}


@require_GET
def execution_list(request: HttpRequest) -> HttpResponse:
    """One page of the history."""
    filters = read_filters(request)
    page = executions.search(filters, page=page_number(request), size=PAGE_SIZE)
    context = {
        "page": page, "states": list(State), "periods": PERIODS, "namespaces": flows.namespaces(),
        "given": request.GET, "chosen_states": {state.value for state in filters.states}, "query": query_of(request),
        "is_filtered": bool(query_of(request)), "spent": executions.spent(filters) if filters.flow_id else None,
    }  # fmt: skip
    part = "#rows" if request.headers.get("HX-Target") == "rows" else ""
    return render(request, f"execution/list.html{part}", context)


def read_filters(request: HttpRequest) -> Filters:
    """The filters in the address; whatever cannot be read is left out."""
    given = request.GET
    known = {state.value for state in State}
    return Filters(
        namespace=given.get("namespace", ""),
        flow_id=given.get("flow", "").strip(),
        states=tuple(State(state) for state in given.getlist("state") if state in known),
        labels=_labels(given.get("label", "")),
        text=given.get("q", "").strip(),
        since=_since(given.get("period", "")) or _moment(given.get("since", "")),
        until=_moment(given.get("until", "")),
    )


def _labels(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (part.partition(":") for part in text.split(",") if ":" in part)
    return tuple((key.strip(), value.strip()) for key, _, value in pairs)


def _since(period: str) -> datetime | None:
    if period not in dict(PERIODS) or not period:
        return None
    return _CLOCK.now() - timedelta(**{_UNITS[period[-1]]: int(period[:-1])})


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@require_POST
def execution_bulk(request: HttpRequest) -> HttpResponse:
    """Restarts, kills or deletes the executions that were ticked; says how many it did and why not the others."""
    ids, verb = request.POST.getlist("id")[:500], request.POST.get("verb", "")
    done, refused = 0, ""
    for execution_id in ids:
        try:
            _act(verb, execution_id, request.user.get_username())
            done += 1
        except BuilderError as error:
            refused = error.message
    messages.success(request, f"{verb.capitalize()}: {done} of {len(ids)}.{' ' + refused if refused else ''}")
    return redirect("executions")


def _act(verb: str, execution_id: str, by: str) -> None:
    if verb == "kill":
        execution_actions.kill(execution_id, by=by)
    elif verb == "restart":
        again.restart(execution_id, by=by)
    elif verb == "delete":
        execution_actions.delete([execution_id])
    else:
        raise InvalidInput(f"There is nothing named {verb} to do with executions.")
