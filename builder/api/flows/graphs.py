"""A flow as Kestra's graph: nodes, edges between them, and a cluster around the children of each block."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from builder.actions.graphs import became, tree_of
from builder.api.methods import methods
from builder.api.reading import body_text, flag, whole
from builder.flows.graph.topology import Cluster, Edge, Node, Part, topology
from builder.flows.graph.tree import Relation, Step
from builder.store import executions, flows

_KINDS = "io.kestra.core.models.hierarchies"
_POINTS = {
    Part.ROOT: "GraphClusterRoot",
    Part.END: "GraphClusterEnd",
    Part.LATER: "GraphClusterFinally",
}


def _graph(source: str) -> dict[str, Any]:
    """Inputs and listeners are no part of Kestra's graph."""
    tree = tree_of(source)
    ways = tuple(way for way in tree.ways if way.relation is not Relation.LISTENER)
    found = topology(replace(tree, inputs=(), ways=ways))
    return {
        "nodes": [_node(node) for node in found.nodes],
        "edges": [_edge(edge) for edge in found.edges],
        "clusters": [_cluster(cluster) for cluster in found.clusters],
        "flowables": [node.step.id for node in found.nodes if node.step and node.step.ways],
    }


def _node(node: Node) -> dict[str, Any]:
    if node.step is None:
        point = "GraphClusterAfterExecution" if node.relation is Relation.AFTER_EXECUTION else _POINTS[node.part]
        return {"uid": node.uid, "type": f"{_KINDS}.{point}"}
    if node.part is Part.TRIGGER:
        trigger = dict(node.step.written)
        return {"uid": node.uid, "type": f"{_KINDS}.GraphTrigger", "triggerDeclaration": trigger}
    relation = node.relation.value if node.relation else None
    task = _definition(node.step)
    return {"uid": node.uid, "type": f"{_KINDS}.GraphTask", "task": task, "relationType": relation}


def _definition(step: Step) -> dict[str, Any]:
    """The task as written, without what is in it."""
    inside = {str(way.path[len(step.path)]) for way in step.ways}
    kept = {key: value for key, value in step.written.items() if key not in inside}
    return {**kept, "id": step.id, "type": step.type_name}


def _edge(edge: Edge) -> dict[str, Any]:
    relation: dict[str, Any] = {"relationType": edge.relation.value} if edge.relation else {}
    if edge.value is not None:
        relation["value"] = edge.value
    return {"source": edge.source, "target": edge.target, "relation": relation}


def _cluster(cluster: Cluster) -> dict[str, Any]:
    described = {"uid": f"cluster_{cluster.uid}", "type": f"{_KINDS}.GraphCluster", "taskNode": {"uid": cluster.uid}}
    parents = [f"cluster_{uid}" for uid in cluster.parents]
    return {
        "cluster": described, "nodes": list(cluster.nodes), "parents": parents,
        "start": cluster.start, "end": cluster.end,
    }  # fmt: skip


def of_flow(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponseBase:
    """`?revision=` of an older text."""
    found = flows.revision(namespace, flow_id, whole(request, "revision"), allow_deleted=flag(request, "allowDeleted"))
    return JsonResponse(_graph(found.source))


def of_text(request: HttpRequest) -> HttpResponseBase:
    """The graph of the flow of the body; stores nothing."""
    return JsonResponse(_graph(body_text(request)))


def of_execution(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """The flow as the execution runs it; each task with its task run, one that runs or went wrong of several."""
    execution, _ = executions.load(execution_id)
    graph = _graph(executions.sources([execution_id])[execution_id])
    found = became(execution)
    for node in graph["nodes"]:
        task: Mapping[str, Any] = node.get("task", {})
        one = found.get(str(task.get("id")))
        if one is not None:
            run = one.run
            node["taskRun"] = {"id": run.id, "taskId": run.task_id, "value": run.value, "state": run.state.value}
    return JsonResponse(graph)


flow_view = methods(GET=of_flow)
text_view = methods(POST=of_text)
execution_view = methods(GET=of_execution)
