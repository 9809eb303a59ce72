"""The KV store's page: typed values by namespace, with a time to live."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from builder.actions import kv as kv_actions
from builder.errors import BuilderError, InvalidInput
from builder.flows.durations import parse_duration
from builder.store import flows, kv
from builder.store.kv import Kind


@require_http_methods(["GET", "POST"])
def kv_list(request: HttpRequest) -> HttpResponse:
    """The entries; a post sets one and keeps what was typed when it does not fit."""
    given = {name: request.POST.get(name, "") for name in ("namespace", "key", "kind", "value", "ttl", "description")}
    error = ""
    if request.method == "POST":
        try:
            _set(given)
        except BuilderError as problem:
            error = problem.message
        else:
            messages.success(request, f"Saved {given['key']} in {given['namespace']}.")
            return redirect("kv")
    namespace, text = request.GET.get("namespace", ""), request.GET.get("q", "").strip()
    context = {
        "entries": [_shown(entry) for entry in kv_actions.listed(namespace, text, children=True)],
        "kinds": list(Kind), "namespaces": flows.namespaces(), "namespace": namespace, "q": text,
        "given": given, "error": error,
    }  # fmt: skip
    return render(request, "kv/list.html", context, status=422 if error else 200)


@require_POST
def kv_delete(request: HttpRequest, namespace: str, key: str) -> HttpResponse:
    """Deletes one entry."""
    kv_actions.delete(namespace, key)
    messages.success(request, f"Deleted {key} from {namespace}.")
    return redirect("kv")


def _set(given: dict[str, str]) -> None:
    if not given["namespace"].strip():
        raise InvalidInput("Choose a namespace for the entry.")
    ttl = parse_duration(given["ttl"].strip()).total_seconds() if given["ttl"].strip() else None
    kind = given["kind"] or None
    kv_actions.set_value(
        given["namespace"].strip(), given["key"].strip(), _value(kind, given["value"]),
        ttl_seconds=ttl, kind=kind, description=given["description"],
    )  # fmt: skip


def _value(kind: str | None, text: str) -> Any:
    """The typed text as the kind's value. Raises InvalidInput."""
    if kind == Kind.BOOLEAN:
        if text.strip().lower() not in ("true", "false"):
            raise InvalidInput("A BOOLEAN is true or false.")
        return text.strip().lower() == "true"
    if kind not in (Kind.NUMBER, Kind.JSON):
        return text if kind == Kind.STRING else text.strip()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"This is not a {kind}: {error}.") from error
    if kind == Kind.NUMBER and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise InvalidInput("A NUMBER is written like 42 or 1.5.")
    return value


def _shown(entry: kv.Entry) -> dict[str, Any]:
    plain = isinstance(entry.value, str)
    return {"entry": entry, "text": entry.value if plain else json.dumps(entry.value, ensure_ascii=False, indent=2)}
