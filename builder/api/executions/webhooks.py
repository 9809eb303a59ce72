"""Webhooks: addresses that whoever knows their key may call, without an account. Each 200 is an execution."""

import json
import threading
import time
from contextlib import suppress
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt

from builder.access.answers import problem
from builder.access.tries import Tries
from builder.api.execution_json import execution_json, origin
from builder.api.executions.following import WAIT_SECONDS, when_ended
from builder.api.methods import methods
from builder.api.reading import body_bytes
from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.engine.states import TERMINAL, State
from builder.errors import BuilderError, NotFound, TooMany, Unavailable
from builder.expressions import ExpressionError, render_value
from builder.flows.durations import BadDuration, parse_duration
from builder.store.lookups import StoredLookups
from builder.store.triggers import Trigger, calls
from builder.triggers.called.webhooks import UNKNOWN, Received, receive

_CLOCK = SystemClock()
_SHOWN = ("id", "namespace", "flowId", "flowRevision", "trigger", "labels", "state", "url")
"""What a stranger may see of the execution; its inputs may hold more than the call brought."""
_HIDDEN_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})
"""What neither expressions nor the page of the webhook see of a call."""
_PLACES = threading.BoundedSemaphore(32)
"""How many calls are taken on at once: half of the threads, so that pages are answered however many come."""
_REFUSALS = Tries(20, 60)
_REFUSAL_SECONDS = 0.1
_SLOWED = threading.BoundedSemaphore(16)
"""How many wrong calls are slowed down at once, beside the places; more are answered at once."""
_ANY = "/api/v1/executions/webhook"
"""What a refusal says of the address: the same for all, and no key is said back."""
_BODILESS = (204, 205, 304)
_FAILED = frozenset({State.FAILED, State.KILLED, State.CANCELLED})


def call(request: HttpRequest, namespace: str, flow_id: str, key: str) -> HttpResponseBase:
    """Starts the flow; 204 when the trigger's condition does not hold, 404 for anything that is no webhook.

    With `wait`, 202 and the record where the end takes longer than a connection is held. What cannot be taken on now is
    answered with 429, and starts nothing.
    """
    arrived, address = time.monotonic(), request.META.get("REMOTE_ADDR", "")
    may_be_wrong = _REFUSALS.may(address)
    if not _PLACES.acquire(blocking=False):
        raise TooMany("Too many calls are being taken on at once; call again in a moment.")
    try:
        received = receive(namespace, flow_id, key, _came(request), _CLOCK, notes_strays=may_be_wrong)
    except NotFound:
        received = None
    finally:
        _PLACES.release()
    if received is None:
        _REFUSALS.count(address)
        return problem(request, _refusal(may_be_wrong, arrived), instance=_ANY)
    answer = _answer(request, received)
    if received.execution is not None and answer.status_code != 200:
        with suppress(Unavailable):  # it runs, whatever the list of calls says
            calls.answered(received.call_id, answer.status_code)
    return answer


def _refusal(may_be_wrong: bool, arrived: float) -> BuilderError:
    """All refusals alike, also in how long they take: nobody learns whether there is such a flow, or a right key."""
    if _SLOWED.acquire(blocking=False):
        try:
            time.sleep(max(0.0, arrived + _REFUSAL_SECONDS - time.monotonic()))
        finally:
            _SLOWED.release()
    if may_be_wrong:
        return NotFound(UNKNOWN)
    return TooMany("Too many calls to addresses that are no webhooks.", retry_after_seconds=_REFUSALS.seconds_left())


def _answer(request: HttpRequest, received: Received) -> HttpResponseBase:
    if received.gathered is not None:
        return JsonResponse({"status": "buffered", "eventsBuffered": received.gathered}, status=202)
    if received.execution is None:
        return HttpResponse(status=204)
    definition, execution = received.trigger.definition, received.execution
    if definition.get("wait") is True:
        execution = when_ended(execution.id, _most_seconds(definition.get("waitTimeout")))
        if execution.state not in TERMINAL:
            return JsonResponse(_record(request, execution), status=202)
    status = _status(received.trigger, execution)
    if status in _BODILESS:
        return HttpResponse(status=status)
    if definition.get("wait") is True and definition.get("returnOutputs") is True:
        return _outputs(definition.get("responseContentType"), execution, status)
    return JsonResponse(_record(request, execution), status=status)


def _most_seconds(written: Any) -> float:
    """`waitTimeout`, as it was checked when the flow was saved."""
    try:
        return WAIT_SECONDS if written is None else parse_duration(str(written)).total_seconds()
    except BadDuration:
        return WAIT_SECONDS


def _came(request: HttpRequest) -> calls.Came:
    headers = {name: [value] for name, value in request.headers.items() if name.lower() not in _HIDDEN_HEADERS}
    return calls.Came(str(request.method), headers, _listed(request.GET), body_bytes(request))


def _listed(values: QueryDict) -> dict[str, list[str]]:
    return {name: [str(value) for value in of_name] for name, of_name in values.lists()}


def _record(request: HttpRequest, execution: Execution) -> dict[str, Any]:
    record = execution_json(execution, runs=False, base=origin(request))
    return {name: record[name] for name in _SHOWN if name in record}


def _outputs(content_type: str | None, execution: Execution, status: int) -> HttpResponseBase:
    outputs = execution_json(execution, runs=False).get("outputs", {})
    if content_type != "text/plain":
        return JsonResponse(outputs, status=status)
    only = next(iter(outputs.values())) if len(outputs) == 1 else outputs
    text = only if isinstance(only, str) else json.dumps(only, ensure_ascii=False)
    return HttpResponse(text, content_type="text/plain; charset=utf-8", status=status)


def _status(trigger: Trigger, execution: Execution) -> int:
    """The trigger's `responseCode`; else 500 after a failure that was waited for, 200 otherwise."""
    usual = 500 if trigger.definition.get("wait") is True and execution.state in _FAILED else 200
    written = trigger.definition.get("responseCode")
    if written is None:
        return usual
    seen = {
        "trigger": (execution.trigger or {}).get("variables"), "outputs": execution.outputs or {},
        "execution": {"id": execution.id, "state": execution.state.value},
    }  # fmt: skip
    try:
        code = int(str(render_value(str(written), seen, StoredLookups(trigger.namespace, _CLOCK.now))))
    except (ExpressionError, ValueError):
        return usual
    return code if 200 <= code <= 599 else usual


webhook_view = csrf_exempt(login_not_required(methods(GET=call, POST=call, PUT=call)))
