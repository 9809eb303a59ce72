"""What is done to triggers: one, a list of them, or all that a search finds. Backfills too."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from builder.actions import triggers as actions
from builder.api.filters import filtered
from builder.api.methods import methods
from builder.api.reading import body_json, body_map, flag, given_labels, name_of, recover_of
from builder.api.triggers import QUERY, found_by, state_json
from builder.clock import SystemClock
from builder.errors import BuilderError, InvalidInput, Unavailable
from builder.flows.durations import BadDuration, parse_duration
from builder.schedule import Recover
from builder.store import triggers
from builder.store.gate import unit, write
from builder.store.triggers import Trigger
from builder.store.triggers.backfills import Backfill
from builder.triggers.resuming import switch_on
from builder.triggers.schedule import backfilling

_CLOCK = SystemClock()
_READ = ("start", "end", "inputs", "labels", "paused", "gapsOnly", "pace")
_ANSWERED = ("currentDate", "previousNextExecutionDate", "paceSeconds", "total", "started", "passed", "message")
"""What may be sent along as it was answered, here or by Kestra; nothing is read of it."""
Act = Callable[[Trigger], Trigger]
ACTS: Mapping[str, Act] = {
    "unlock": lambda one: actions.unlock(*one.place),
    "restart": lambda one: actions.restart(*one.place),
    "delete": lambda one: actions.forget(*one.place),
    "backfill/pause": lambda one: backfilling.hold(one, True),
    "backfill/unpause": lambda one: backfilling.hold(one, False),
    "backfill/delete": backfilling.cancel,
}
"""What can be done to a trigger, by the part of the address that says it."""


def named(body: Any) -> Trigger:
    """The trigger that a map of namespace, flowId and triggerId names. Raises NotFound, InvalidInput."""
    if not isinstance(body, dict):
        raise InvalidInput("A trigger is named by namespace, flowId and triggerId.")
    return triggers.get(name_of(body, "namespace"), name_of(body, "flowId"), name_of(body, "triggerId"))


def change(request: HttpRequest) -> HttpResponseBase:
    """Switches a trigger (`disabled`), or asks for a backfill, or changes the one it has; one map or a list of them."""
    body = body_json(request)
    if not isinstance(body, list):
        return JsonResponse(state_json(_changed(body)))
    return JsonResponse([state_json(_changed(one)) for one in body], safe=False)


@unit
def _changed(body: Any) -> Trigger:
    """All that is asked of it, or nothing. The backfill comes first: a switch makes no other one beside it."""
    one = named(body)
    disabled, asked = body.get("disabled"), _asked(body)
    if not isinstance(disabled, bool) and asked is None:
        raise InvalidInput("A trigger is changed by disabled, true or false, or by a backfill.")
    paused = asked["paused"] if asked is not None and _is_hold(one, asked) else None
    made = _planned(one, asked) if asked is not None and paused is None else None
    with write():
        if paused is not None:
            one = backfilling.hold(one, paused)
        if made is not None:
            one = backfilling.keep(one, made)
        if isinstance(disabled, bool) and disabled == one.active:
            one = _switched(one, disabled, recover_of(body.get("recoverMissedSchedules")))
    return one


def _switched(one: Trigger, disabled: bool, recover: Recover | None) -> Trigger:
    """Switched on, the times that passed meanwhile are noted as missed, and started as far as `recover` says."""
    return actions.switch_off(*one.place) if disabled else switch_on(one, recover, _CLOCK)


def _is_hold(one: Trigger, asked: Mapping[str, Any]) -> bool:
    """Whether what is asked is `paused` of the backfill under way, which may be sent along as it was answered."""
    current = one.backfill
    if current is None or current.is_over or not isinstance(asked.get("paused"), bool):
        return False
    told = {name: value for name, value in asked.items() if value is not None}
    return current == replace(
        current,
        start=_moment(told, "start", current.start),
        end=_moment(told, "end", current.end),
        inputs=told.get("inputs", current.inputs),
        labels=tuple(given_labels(told["labels"])) if "labels" in told else current.labels,
        gaps_only=told.get("gapsOnly", current.gaps_only),
        pace_seconds=_pace(told["pace"]).total_seconds() if "pace" in told else current.pace_seconds,
    )


def _planned(one: Trigger, asked: Mapping[str, Any]) -> Backfill:
    """A new backfill, as it is asked for."""
    inputs = asked.get("inputs") or {}
    if not isinstance(inputs, dict):
        raise InvalidInput("inputs of a backfill are a map of values.")
    return backfilling.planned(
        one, _moment(asked, "start"), _moment(asked, "end", _CLOCK.now()), _CLOCK, inputs=inputs,
        labels=given_labels(asked.get("labels") or []), gaps_only=_flag(asked, "gapsOnly"),
        paused=_flag(asked, "paused"), pace=_pace(asked.get("pace")),
    )  # fmt: skip


def _asked(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The backfill as it is written. What is misspelt in it would be left out: every date would run where the gaps
    alone were meant."""
    asked = body.get("backfill")
    if asked is not None and not isinstance(asked, dict):
        raise InvalidInput(f"A backfill is a map: {', '.join(_READ)}.")
    for name in asked or ():
        if name not in _READ and name not in _ANSWERED:
            raise InvalidInput(f"A backfill has no `{name[:50]}`; it has {', '.join(_READ)}.")
    return asked


def _flag(asked: Mapping[str, Any], name: str) -> bool:
    written = asked.get(name)
    if written is not None and not isinstance(written, bool):
        raise InvalidInput(f"{name} of a backfill is true or false.")
    return bool(written)


def _pace(written: Any) -> timedelta:
    try:
        return timedelta(0) if written is None else max(parse_duration(str(written)), timedelta(0))
    except BadDuration:
        raise InvalidInput("pace of a backfill is an ISO-8601 duration such as PT1M.") from None


def _moment(asked: Mapping[str, Any], name: str, otherwise: datetime | None = None) -> datetime:
    text = asked.get(name)
    if text is None and otherwise is not None:
        return otherwise
    try:
        moment = datetime.fromisoformat(str(text))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(f"{name} of a backfill is a moment such as 2027-01-15T00:00:00Z.") from None


def create_backfill(request: HttpRequest) -> HttpResponseBase:
    body = body_map(request)
    one = named(body)
    return JsonResponse(state_json(backfilling.keep(one, _planned(one, _asked(body) or {}))))


def of_body(act: Act) -> Callable[[HttpRequest], HttpResponseBase]:
    """To the trigger that the body names."""
    return lambda request: JsonResponse(state_json(act(named(body_json(request)))))


def of_address(act: Act) -> Callable[..., HttpResponseBase]:
    """To the trigger that the address names."""

    def view(request: HttpRequest, namespace: str, flow_id: str, trigger_id: str) -> HttpResponseBase:
        return JsonResponse(state_json(act(triggers.get(namespace, flow_id, trigger_id))))

    return view


def forget(request: HttpRequest, namespace: str, flow_id: str, trigger_id: str) -> HttpResponseBase:
    actions.forget(namespace, flow_id, trigger_id)
    return HttpResponse(status=204)


def by_triggers(act: Act) -> Callable[[HttpRequest], HttpResponseBase]:
    """To the triggers of a list."""

    def view(request: HttpRequest) -> HttpResponseBase:
        body = body_json(request)
        if not isinstance(body, list):
            raise InvalidInput("Give a list of triggers, each by namespace, flowId and triggerId.")
        return _done([named(one) for one in body], act)

    return view


def by_query(act: Act) -> Callable[..., HttpResponseBase]:
    """To the triggers that a search with the same query finds."""

    def view(request: HttpRequest) -> HttpResponseBase:
        _refuse_all(request, ())
        return _done(found_by(request), act)

    return filtered(view)


def _refuse_all(request: HttpRequest, more: tuple[str, ...]) -> None:
    """A filter that is missing or misspelt would mean every trigger there is."""
    unknown = set(request.GET) - {*QUERY, *more}
    if unknown or not set(request.GET) & {*QUERY}:
        raise InvalidInput(f"Say which triggers are meant, by {', '.join(QUERY)}.")


def switch_listed(request: HttpRequest) -> HttpResponseBase:
    """`{"triggers": [...], "disabled": true}`."""
    body = body_map(request)
    if not isinstance(body.get("triggers"), list) or not isinstance(body.get("disabled"), bool):
        raise InvalidInput("Give triggers, a list, and disabled, true or false.")
    recover = recover_of(body.get("recoverMissedSchedules"))
    return _done([named(one) for one in body["triggers"]], _switch(body["disabled"], recover))


def switch_found(request: HttpRequest) -> HttpResponseBase:
    _refuse_all(request, ("disabled", "recoverMissedSchedules"))
    recover = recover_of(request.GET.get("recoverMissedSchedules"))
    return _done(found_by(request), _switch(flag(request, "disabled", True), recover))


def _switch(disabled: bool, recover: Recover | None) -> Act:
    return lambda one: _switched(one, disabled, recover)


def _done(chosen: list[Trigger], act: Act) -> HttpResponseBase:
    """Done to all that it can be done to; the others are named in `invalids`."""
    refused: list[dict[str, str]] = []
    for one in chosen:
        try:
            act(one)
        except Unavailable:
            raise
        except BuilderError as error:
            refused.append({"message": error.message, "invalidValue": "/".join(one.place)})
    answer: dict[str, Any] = {"count": len(chosen) - len(refused), "totalItems": len(chosen)}
    if refused:
        answer |= {"message": "It could not be done to all triggers.", "invalids": refused, "errors": refused}
    return JsonResponse(answer, status=400 if refused else 200)


def addresses_of(name: str) -> dict[str, Any]:
    """The views of one act for many triggers, by the end of the address."""
    act = ACTS[name]
    return {
        f"{name}/by-triggers": methods(POST=by_triggers(act), PUT=by_triggers(act)),
        f"{name}/by-query": methods(POST=by_query(act), PUT=by_query(act), DELETE=by_query(act)),
    }


change_view = methods(PUT=change, POST=change)
create_view = methods(PUT=create_backfill, POST=create_backfill)
switch_listed_view = methods(PUT=switch_listed, POST=switch_listed)
switch_found_view = methods(PUT=filtered(switch_found), POST=filtered(switch_found))
forget_view = methods(DELETE=forget)
