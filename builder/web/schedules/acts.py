"""What is done to a trigger from its page: backfills, repeated calls, what was seen."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from builder.actions import triggers as trigger_actions
from builder.actions.triggers.times import zone_of
from builder.clock import SystemClock
from builder.errors import BuilderError, InvalidInput
from builder.store import triggers
from builder.store.triggers import Trigger
from builder.triggers.called import webhooks
from builder.triggers.schedule import backfilling

_CLOCK = SystemClock()
_LONGEST_PACE = 86_400


@require_POST
def act(request: HttpRequest, namespace: str, flow_id: str, trigger_id: str) -> HttpResponse:
    """Does one thing to a trigger: `verb` says which. What cannot be is told on the page."""
    trigger = triggers.get(namespace, flow_id, trigger_id)
    try:
        done = _ACTS.get(request.POST.get("verb", ""), _nothing)(request, trigger)
        if done:
            messages.success(request, done)
    except BuilderError as error:
        messages.error(request, error.message)
    back = request.POST.get("back", "")
    if back and url_has_allowed_host_and_scheme(back, None):
        return redirect(back)
    return redirect("schedule", *trigger.place)


def _backfill(request: HttpRequest, trigger: Trigger) -> str:
    start, end = (_moment(request, name, zone_of(trigger)) for name in ("start", "end"))
    backfilling.begin(
        trigger, start, min(end, _CLOCK.now()), _CLOCK,
        gaps_only=request.POST.get("gaps") == "on",
        labels=_pairs(request, "labels"),
        inputs=dict(_pairs(request, "inputs")),
        pace=_pace(request),
    )  # fmt: skip
    return "The backfill begins."


def _repeat(request: HttpRequest, trigger: Trigger) -> str:
    received = webhooks.repeat(trigger, request.POST.get("call", ""), _CLOCK, by=request.user.get_username())
    if received.execution is not None:
        return f"The call was repeated: execution {received.execution.id}."
    return "The call was repeated and started nothing; the list says why."


def _heed(request: HttpRequest, trigger: Trigger) -> str:
    triggers.heed(trigger, _CLOCK.now())
    return ""


def _hold(paused: bool) -> Callable[[HttpRequest, Trigger], str]:
    def hold(request: HttpRequest, trigger: Trigger) -> str:
        backfilling.hold(trigger, paused)
        return ""

    return hold


def _cancel(request: HttpRequest, trigger: Trigger) -> str:
    backfilling.cancel(trigger)
    return ""


def _unlock(request: HttpRequest, trigger: Trigger) -> str:
    trigger_actions.unlock(*trigger.place)
    return ""


def _nothing(request: HttpRequest, trigger: Trigger) -> str:
    raise InvalidInput("There is nothing of this name to do to a trigger.")


_ACTS: dict[str, Callable[[HttpRequest, Trigger], str]] = {
    "backfill": _backfill,
    "pause": _hold(True),
    "unpause": _hold(False),
    "cancel": _cancel,
    "unlock": _unlock,
    "repeat": _repeat,
    "heed": _heed,
}


def _moment(request: HttpRequest, name: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(request.POST.get(name, ""))
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput("A backfill needs a start and an end, each a date and time.") from None


def _pairs(request: HttpRequest, name: str) -> list[tuple[str, str]]:
    """A name, a colon and a value on each line."""
    found = []
    for line in filter(None, map(str.strip, request.POST.get(name, "").splitlines())):
        key, colon, value = line.partition(":")
        if not colon or not key.strip():
            raise InvalidInput(f"{name.title()} are a name, a colon and a value on each line; `{line[:60]}` is not.")
        found.append((key.strip(), value.strip()))
    return found


def _pace(request: HttpRequest) -> timedelta:
    text = request.POST.get("pace", "") or "0"
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) <= _LONGEST_PACE):
        raise InvalidInput("The pace of a backfill is a number of seconds, a day at the most.")
    return timedelta(seconds=int(text))
