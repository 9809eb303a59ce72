"""One verb for many executions, named by ids or found by a query."""

from collections.abc import Callable, Sequence

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from builder.access.answers import answer
from builder.actions import executions as execution_actions
from builder.actions.executions import bulk
from builder.api.executions.reading import FILTERS, filters
from builder.api.executions.verbs import named_state
from builder.api.filters import filtered, is_term
from builder.api.methods import methods
from builder.api.reading import body_json, body_map, body_texts, given_labels, texts
from builder.engine.states import State
from builder.errors import InvalidInput

_ARGUMENTS = frozenset({"newState", "newStatus"})
"""What a verb is told besides, in a query that names filters."""
Act = Callable[[str], object]
Verb = Callable[[HttpRequest], Act]
"""What a request asks to be done to each execution."""


def by_ids(verb: Verb) -> Callable[..., HttpResponseBase]:
    """For the executions of a JSON list of ids."""
    return lambda request: _do(request, body_texts(request), verb(request))


def by_query(verb: Verb) -> Callable[..., HttpResponseBase]:
    """For the executions that a search with the same query finds."""

    def view(request: HttpRequest) -> HttpResponseBase:
        _refuse_all(request)
        return _do(request, bulk.ids_of(filters(request)), verb(request))

    return filtered(view, terms=True)


def _refuse_all(request: HttpRequest) -> None:
    """A filter that is missing or misspelt would mean every execution there is."""
    unknown = {name for name in set(request.GET) - FILTERS - _ARGUMENTS if not is_term(name)}
    if unknown:
        raise InvalidInput(f"`{min(unknown)[:50]}` is no filter; there are {', '.join(sorted(FILTERS))}.")
    if not any(value for name, value in request.GET.items() if name not in _ARGUMENTS):
        raise InvalidInput("Name at least one filter, such as namespace; without one, every execution is meant.")


def set_labels(request: HttpRequest) -> HttpResponseBase:
    """`{"executionsId": [ids], "executionLabels": [{"key", "value"}]}`."""
    body = body_map(request)
    ids = texts(body.get("executionsId"), "executionsId")
    labels = given_labels(body.get("executionLabels"))
    return _do(request, ids, lambda execution_id: execution_actions.set_labels(execution_id, labels))


def _do(request: HttpRequest, ids: Sequence[str], act: Act) -> HttpResponseBase:
    """`{"count"}`; 400 with the ids that it cannot be done to, after it was done to the others."""
    if len(ids) > bulk.MOST:
        raise InvalidInput(f"{len(ids)} executions are too many at once; send at most {bulk.MOST}.")
    done = bulk.for_each(list(dict.fromkeys(ids)), act)
    if not done.refused:
        return JsonResponse({"count": done.count})
    invalids = [{"message": reason, "invalidValue": execution_id} for execution_id, reason in done.refused]
    return answer(
        request,
        400,
        f"It was done to {done.count} executions, and cannot be done to {len(invalids)}: {invalids[0]['message']}",
        {"invalids": invalids, "errors": invalids, "count": done.count},
    )


def _by(request: HttpRequest) -> str:
    return request.user.get_username()


def _kill(request: HttpRequest) -> Act:
    return lambda execution_id: execution_actions.kill(execution_id, by=_by(request))


def _restart(request: HttpRequest) -> Act:
    return lambda execution_id: execution_actions.restart(execution_id, by=_by(request))


def _replay(request: HttpRequest) -> Act:
    return lambda execution_id: execution_actions.replay(execution_id, by=_by(request))


def _resume(request: HttpRequest) -> Act:
    return lambda execution_id: execution_actions.resume(execution_id, by=_by(request))


def _pause(request: HttpRequest) -> Act:
    return lambda execution_id: execution_actions.pause(execution_id, by=_by(request))


def _force_run(request: HttpRequest) -> Act:
    return execution_actions.force_run


def _unqueue(request: HttpRequest) -> Act:
    name = "state" if request.path.endswith("by-ids") and "state" in request.GET else "newState"
    state = named_state(request, name, State.RUNNING)
    return lambda execution_id: execution_actions.unqueue(execution_id, state)


def _change_status(request: HttpRequest) -> Act:
    state = named_state(request, "newStatus")
    return lambda execution_id: execution_actions.change_status(execution_id, state)


def _delete(request: HttpRequest) -> Act:
    return lambda execution_id: execution_actions.delete([execution_id])


VERBS: dict[str, tuple[str, Verb]] = {
    "kill": ("DELETE", _kill), "restart": ("POST", _restart), "replay": ("POST", _replay),
    "resume": ("POST", _resume), "pause": ("POST", _pause), "unqueue": ("POST", _unqueue),
    "force-run": ("POST", _force_run), "change-status": ("POST", _change_status), "": ("DELETE", _delete),
}  # fmt: skip
"""By the word in the address: the method, and what is done. The empty word deletes."""

labels_view = methods(POST=set_labels)


def _set_labels(request: HttpRequest) -> Act:
    labels = given_labels(body_json(request))
    return lambda execution_id: execution_actions.set_labels(execution_id, labels)


def views() -> list[tuple[str, Callable[..., HttpResponseBase]]]:
    """Every bulk address below `executions/`, with its view."""
    found = [("labels/by-ids", labels_view), ("labels/by-query", methods(POST=by_query(_set_labels)))]
    for word, (method, verb) in VERBS.items():
        start = f"{word}/" if word else ""
        found.append((f"{start}by-ids", methods(**{method: by_ids(verb)})))
        found.append((f"{start}by-query", methods(**{method: by_query(verb)})))
    return found
