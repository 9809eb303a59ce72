"""Lists of flows: by namespace, by search, by what their text holds; and the namespaces there are."""

import re
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from builder.api.filters import filtered
from builder.api.flows.record import flow_json
from builder.api.methods import methods
from builder.api.reading import flag, labels, page_asked
from builder.store import flows
from builder.store.flows import FlowItem, Revision

_SORTS = {"id": "id", "namespace": "namespace", "updated": "updated", "created": "created"}
_ALL = 10_000
_FRAGMENTS = 10
_FRAGMENT_LETTERS = 300


def search(request: HttpRequest) -> HttpResponseBase:
    """`q`, `namespace` (with its children, unless `exactNamespace`), `labels=key:value`, `sort`, `page`, `size`."""
    asked = page_asked(request, _SORTS, "namespace")
    page = flows.search(
        text=request.GET.get("q", "").strip(), namespace=request.GET.get("namespace", ""), labels=labels(request),
        exact_namespace=flag(request, "exactNamespace"), page=asked.number, size=asked.size, sort=asked.sort,
    )  # fmt: skip
    return JsonResponse({"results": _records(page.items), "total": page.total})


def of_namespace(request: HttpRequest, namespace: str) -> HttpResponseBase:
    """Every flow of exactly this namespace."""
    page = flows.search(namespace=namespace, exact_namespace=True, size=_ALL)
    return JsonResponse(_records(page.items), safe=False)


def search_sources(request: HttpRequest) -> HttpResponseBase:
    """Flows whose text holds `q`, each with the lines that do."""
    asked = page_asked(request, _SORTS, "namespace")
    text = request.GET.get("q", "")
    found = flows.search_sources(text, namespace=request.GET.get("namespace", ""), limit=_ALL)
    shown = found[asked.first : asked.first + asked.size]
    results = [{"model": flow_json(one), "fragments": _fragments(one.source, text)} for one in shown]
    return JsonResponse({"results": results, "total": len(found)})


def namespaces(request: HttpRequest) -> HttpResponseBase:
    """Every namespace that holds a flow."""
    return JsonResponse(flows.namespaces(), safe=False)


def _records(items: Sequence[FlowItem]) -> list[dict[str, Any]]:
    sources: dict[tuple[str, str], str] = {}
    for start in range(0, len(items), 100):
        sources |= flows.latest_sources([(item.namespace, item.id) for item in items[start : start + 100]])
    return [
        flow_json(
            Revision(item.namespace, item.id, item.revision, sources[(item.namespace, item.id)], "", item.updated_at)
        )
        for item in items
        if (item.namespace, item.id) in sources
    ]


def _fragments(source: str, text: str) -> list[str]:
    """The lines that hold the text, marked as Kestra does."""
    if not text:
        return []
    pattern = re.compile(re.escape(text), re.IGNORECASE)
    lines = (line.strip() for line in source.splitlines() if pattern.search(line))
    marked = (pattern.sub(lambda found: f"[mark]{found[0]}[/mark]", line[:_FRAGMENT_LETTERS]) for line in lines)
    return [line for line, _ in zip(marked, range(_FRAGMENTS), strict=False)]


search_view = methods(GET=filtered(search))
namespace_view = methods(GET=of_namespace)
sources_view = methods(GET=search_sources)
namespaces_view = methods(GET=namespaces)
