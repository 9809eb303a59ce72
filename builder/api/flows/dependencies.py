"""Which flows depend on which: who calls whom, and whose end starts whom, as nodes and edges."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from builder.api.methods import methods
from builder.store import births, flows, triggers
from builder.tasks.core.trigger import FLOWS

Flow = tuple[str, str]
_MOST = 10_000


def of_flow(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponseBase:
    """What this flow calls and waits for, and what calls it and waits for it."""
    flows.get(namespace, flow_id)
    edges = {edge for edge in _edges() if (namespace, flow_id) in edge[:2]}
    nodes = {(namespace, flow_id), *(flow for edge in edges for flow in edge[:2])}
    return JsonResponse({
        "nodes": [{"uid": _uid(flow), "namespace": flow[0], "id": flow[1]} for flow in sorted(nodes)],
        "edges": [
            {"source": _uid(source), "target": _uid(target), "relation": relation}
            for source, target, relation in sorted(edges)
        ],
    })  # fmt: skip


def around(flow: Flow, *, after: bool, all_of_them: bool) -> frozenset[Flow]:
    """A flow with those beside it; `after`: only those that follow it. `all_of_them`: also those beside these."""
    edges = list(_edges())
    found, new = {flow}, {flow}
    while new:
        beside = {target for source, target, _ in edges if source in new}
        beside |= set() if after else {source for source, target, _ in edges if target in new}
        new = beside - found if all_of_them else set()
        found |= beside
    return frozenset(found)


def _edges() -> Iterator[tuple[Flow, Flow, str]]:
    """From the flow that comes first to the one that follows."""
    page = flows.search(size=_MOST)
    keys = [(item.namespace, item.id) for item in page.items]
    for start in range(0, len(keys), 100):
        for flow, source in flows.latest_sources(keys[start : start + 100]).items():
            if "flowId" in source:
                yield from ((flow, called, "FLOW_TASK") for called in _called(births.checked(source).document.data))
    for trigger in triggers.of_types(FLOWS, active=False):
        listening = (trigger.namespace, trigger.flow_id)
        yield from ((heard, listening, "FLOW_TRIGGER") for heard in _pairs(trigger.definition))


def _called(data: Any) -> Iterator[Flow]:
    """The flows that the tasks of a text call by name."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            if key != "triggers":
                yield from _pairs(value)


def _pairs(value: Any) -> Iterator[Flow]:
    """Every namespace beside a flowId, at any depth; what is only known when it runs is left out."""
    if isinstance(value, Mapping):
        pair = (value.get("namespace"), value.get("flowId"))
        if all(isinstance(name, str) and "{" not in name for name in pair):
            yield (str(pair[0]), str(pair[1]))
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _pairs(item)


def _uid(flow: Flow) -> str:
    return f"{flow[0]}_{flow[1]}"


flow_view = methods(GET=of_flow)
