"""Many flows at once: saved, deleted, switched and exported; named by a list, or found by the query of a search."""

import io
import zipfile
from collections.abc import Callable, Sequence

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from builder.actions import flows as flow_actions
from builder.api.filters import filtered
from builder.api.flows import asked_recover, by, published, sources
from builder.api.methods import View, methods
from builder.api.reading import body_json, flag, labels, name_of
from builder.clock import SystemClock
from builder.errors import InvalidInput
from builder.store import flows
from builder.triggers.resuming import save_with, switch_flow_on

_CLOCK = SystemClock()
Names = Sequence[tuple[str, str]]
"""Namespaces and ids."""
_MOST = 10_000
_FILTERS = frozenset({"q", "namespace", "labels", "exactNamespace", "scope"})
_OPTIONS = frozenset({"recoverMissedSchedules"})


def save_all(request: HttpRequest) -> HttpResponseBase:
    """Creates or updates every flow of the body, or of a form's files (YAML, or a ZIP of them): all or none."""
    recover = asked_recover(request)
    made = flow_actions.save_flows(sources(request), lambda part: save_with(part, recover, _CLOCK, by=by(request)))
    return JsonResponse([published(one) for one in made], safe=False)


def _delete(request: HttpRequest, named: Names) -> HttpResponseBase:
    flow_actions.delete_flows(named, by=by(request))
    return JsonResponse({"count": len(named)})


def _switch(request: HttpRequest, named: Names, disabled: bool) -> HttpResponseBase:
    recover = asked_recover(request)
    for namespace, flow_id in named:
        if disabled:
            flow_actions.set_disabled(namespace, flow_id, True, by=by(request))
        else:
            switch_flow_on(namespace, flow_id, recover, _CLOCK, by=by(request))
    return JsonResponse({"count": len(named)})


def _export(request: HttpRequest, named: Names) -> HttpResponseBase:
    """A ZIP with the text of each."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for start in range(0, len(named), 100):
            for (namespace, flow_id), source in flows.latest_sources(named[start : start + 100]).items():
                archive.writestr(f"{namespace}.{flow_id}.yml", source)
    response = HttpResponse(content.getvalue(), content_type="application/octet-stream")
    response["Content-Disposition"] = 'attachment; filename="flows.zip"'
    return response


def _named(request: HttpRequest) -> Names:
    value = body_json(request)
    if not isinstance(value, list):
        raise InvalidInput('The body must be a list such as [{"namespace": "team", "id": "hello"}].')
    pairs = []
    for one in value:
        if not isinstance(one, dict):
            raise InvalidInput('Each flow is named by {"namespace": ..., "id": ...}.')
        pairs.append((name_of(one, "namespace"), name_of(one, "id")))
    return pairs


def _found(request: HttpRequest) -> Names:
    """Refuses a query that would mean every flow by being misspelt or empty."""
    unknown = set(request.GET) - _FILTERS - _OPTIONS
    if unknown:
        raise InvalidInput(f"`{min(unknown)[:50]}` is no filter; there are {', '.join(sorted(_FILTERS))}.")
    if not any(value for name, value in request.GET.items() if name not in _OPTIONS):
        raise InvalidInput("Name at least one filter, such as namespace; without one, every flow is meant.")
    page = flows.search(
        text=request.GET.get("q", "").strip(), namespace=request.GET.get("namespace", ""), labels=labels(request),
        exact_namespace=flag(request, "exactNamespace"), size=_MOST,
    )  # fmt: skip
    return [(item.namespace, item.id) for item in page.items]


_VERBS: dict[str, tuple[str, str, Callable[[HttpRequest, Names], HttpResponseBase]]] = {
    "delete": ("DELETE", "DELETE", _delete),
    "disable": ("POST", "POST", lambda request, named: _switch(request, named, True)),
    "enable": ("POST", "POST", lambda request, named: _switch(request, named, False)),
    "export": ("POST", "GET", _export),
}
"""By the word in the address: the methods of `by-ids` and `by-query`, and what is done."""


def _by_ids(act: Callable[[HttpRequest, Names], HttpResponseBase]) -> View:
    return lambda request: act(request, _named(request))


def _by_query(act: Callable[[HttpRequest, Names], HttpResponseBase]) -> View:
    return filtered(lambda request: act(request, _found(request)))


def views() -> list[tuple[str, View]]:
    """Every bulk address below `flows/`, with its view."""
    addresses: list[tuple[str, View]] = []
    for word, (named, queried, act) in _VERBS.items():
        addresses.append((f"{word}/by-ids", methods(**{named: _by_ids(act)})))
        addresses.append((f"{word}/by-query", methods(**{queried: _by_query(act)})))
    return addresses


save_all_view = methods(POST=save_all)
