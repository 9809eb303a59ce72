"""The KV store: typed values by namespace and key, with a time to live."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from builder.actions import kv as kv_actions
from builder.api.execution_json import instant
from builder.api.filters import filtered
from builder.api.methods import methods
from builder.api.reading import body_map, body_text, flag, json_value, page_asked, texts
from builder.errors import InvalidInput
from builder.flows.durations import BadDuration, parse_duration
from builder.store.kv import Entry

_NAMESPACE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,149}")
_LONGEST_DESCRIPTION = 10_000


def everywhere(request: HttpRequest) -> HttpResponseBase:
    """Entries of all namespaces, or of one and its children; `q` looks into keys and descriptions."""
    asked = page_asked(request, {"key": "key", "namespace": "namespace"}, "namespace")
    found = kv_actions.listed(
        request.GET.get("namespace", ""), request.GET.get("q", ""), children=not flag(request, "exactNamespace")
    )
    shown = found[asked.first : asked.first + asked.size]
    return JsonResponse({"results": [_item(entry) for entry in shown], "total": len(found)})


def of_namespace(request: HttpRequest, namespace: str) -> HttpResponseBase:
    """The entries of a namespace, without their values."""
    return JsonResponse([_item(entry) for entry in kv_actions.listed(namespace)], safe=False)


def read(request: HttpRequest, namespace: str, key: str) -> HttpResponseBase:
    """Type and value; 404 when there is none, 410 at the first read after its end."""
    entry = kv_actions.get(namespace, key)
    return JsonResponse({
        "type": entry.kind.value, "value": entry.value, "revision": entry.version, "updated": instant(entry.updated_at),
    })  # fmt: skip


def write(request: HttpRequest, namespace: str, key: str) -> HttpResponseBase:
    """Sets the value: the body as JSON, or as text when it is none; the header `ttl` is an ISO duration."""
    if not _NAMESPACE.fullmatch(namespace):
        raise InvalidInput(f"`{namespace[:80]}` cannot be a namespace: letters, digits, dots, dashes and underscores.")
    description = request.headers.get("description")
    entry = kv_actions.set_value(
        namespace, key, _value(request), ttl_seconds=_ttl(request),
        description=None if description is None else description[:_LONGEST_DESCRIPTION],
    )  # fmt: skip
    return JsonResponse(_item(entry) | {"type": entry.kind.value})


def delete(request: HttpRequest, namespace: str, key: str) -> HttpResponseBase:
    """Deletes one entry."""
    kv_actions.delete(namespace, key)
    return JsonResponse(True, safe=False)


def delete_many(request: HttpRequest, namespace: str) -> HttpResponseBase:
    """Deletes the entries of `{"keys": [...]}`; those that are not there are passed over."""
    keys = texts(body_map(request).get("keys"), "keys")
    return JsonResponse({"keys": keys, "count": kv_actions.delete_many(namespace, keys)})


def _value(request: HttpRequest) -> Any:
    text = body_text(request)
    if request.content_type == "application/json":
        return json_value(text, "The value")
    try:
        return json_value(text, "The value")
    except InvalidInput:
        return text


def _ttl(request: HttpRequest) -> float | None:
    text = request.headers.get("ttl", "")
    try:
        return parse_duration(text).total_seconds() if text else None
    except BadDuration as error:
        raise InvalidInput(f"ttl: {error}.") from error


def _item(entry: Entry) -> dict[str, Any]:
    return {
        "namespace": entry.namespace, "key": entry.key, "description": entry.description or None,
        "revision": entry.version, "creationDate": instant(entry.created_at), "updateDate": instant(entry.updated_at),
        "expirationDate": instant(entry.expires_at) if entry.expires_at else None,
    }  # fmt: skip


everywhere_view = methods(GET=filtered(everywhere))
namespace_view = methods(GET=of_namespace, DELETE=delete_many)
entry_view = methods(GET=read, PUT=write, DELETE=delete)
