"""A flow as Kestra's graph: nodes, edges between them, and a cluster around the children of each block."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from builder.actions.running import plan_of
from builder.api.methods import methods
from builder.api.reading import flag, whole
from builder.engine.plan import Node, Plan
from builder.store import executions, flows

_KINDS = "io.kestra.core.models.hierarchies"
_DYNAMIC = frozenset({"ForEach", "EachSequential", "EachParallel", "Loop", "ForEachItem"})
_APART = frozenset({"errors", "finally"})
_PLAIN = frozenset({"tasks", "turns"})


class Graph:
    """Collects the parts while it walks through a plan."""

    def __init__(self, plan: Plan) -> None:
        self.nodes: list[dict[str, Any]] = []
        self.edges: list[dict[str, Any]] = []
        self.clusters: list[dict[str, Any]] = []
        self.flowables: list[str] = []
        start, end = self._bounds("root")
        self._chain(plan.tasks, start, end, "SEQUENTIAL", None, ("root",))
        for kind, group in (("ERROR", plan.errors), ("FINALLY", plan.finally_), ("AFTER_EXECUTION", plan.after)):
            if group:
                self._chain(group, start, end, kind, None, ("root",))
        for trigger in plan.flow.triggers:
            uid = f"root.Triggers.{trigger['id']}"
            self.nodes.append({"uid": uid, "type": f"{_KINDS}.GraphTrigger", "triggerDeclaration": dict(trigger)})
            self._edge(uid, start, None, None)

    def json(self) -> dict[str, Any]:
        return {"nodes": self.nodes, "edges": self.edges, "clusters": self.clusters, "flowables": self.flowables}

    def _bounds(self, uid: str) -> tuple[str, str]:
        start, end = f"{uid}.root", f"{uid}.end"
        self.nodes.append({"uid": start, "type": f"{_KINDS}.GraphClusterRoot"})
        self.nodes.append({"uid": end, "type": f"{_KINDS}.GraphClusterEnd"})
        return start, end

    def _chain(
        self, group: Sequence[Node], start: str, end: str, kind: str, value: str | None, above: tuple[str, ...]
    ) -> None:
        """One after the other, from start to end."""
        before = start
        for node in group:
            first, last = self._node(node, kind if before == start else "SEQUENTIAL", above)
            self._edge(before, first, kind if before == start else "SEQUENTIAL", value if before == start else None)
            before = last
        self._edge(before, end, None, None)

    def _node(self, node: Node, kind: str, above: tuple[str, ...]) -> tuple[str, str]:
        """Adds a task, and all that is in it; where edges come to it and leave it."""
        uid = ".".join((*above, node.id))
        self.nodes.append({
            "uid": uid, "type": f"{_KINDS}.GraphTask", "task": _definition(node), "relationType": kind,
        })  # fmt: skip
        if not node.groups:
            return uid, uid
        self.flowables.append(node.id)
        counted = len(self.nodes)
        start, end = self._bounds(uid)
        self._edge(start, uid, None, None)
        for name, group in node.groups.items():
            self._group(node, name, group, uid, end, (*above, node.id))
        inside = [uid, *(one["uid"] for one in self.nodes[counted:])]
        cluster = {"uid": f"cluster_{uid}", "type": f"{_KINDS}.GraphCluster", "taskNode": {"uid": uid}}
        parents = [f"cluster_{'.'.join(above[:depth])}" for depth in range(2, len(above) + 1)]
        self.clusters.append({"cluster": cluster, "nodes": inside, "parents": parents, "start": start, "end": end})
        return start, end

    def _group(self, node: Node, name: str, group: Sequence[Node], uid: str, end: str, above: tuple[str, ...]) -> None:
        kind = node.task.type_name.rpartition(".")[2]
        if name in _APART:
            self._chain(group, uid, end, "ERROR" if name == "errors" else "FINALLY", None, above)
        elif kind == "Dag":
            self._dag(node, group, uid, end, above)
        elif kind == "Parallel":
            for one in group:
                self._chain([one], uid, end, "PARALLEL", None, above)
        elif kind in _DYNAMIC:
            self._chain(group, uid, end, "DYNAMIC", None, above)
        else:
            self._chain(group, uid, end, "SEQUENTIAL" if name in _PLAIN else "CHOICE", name, above)

    def _dag(self, node: Node, group: Sequence[Node], uid: str, end: str, above: tuple[str, ...]) -> None:
        needs = {
            one["task"]["id"]: one.get("dependsOn") or []
            for one in node.properties["tasks"]
            if isinstance(one, Mapping)
        }
        places = {one.id: self._node(one, "PARALLEL", above) for one in group}
        for one in group:
            before = [other for other in needs.get(one.id, ()) if other in places]
            for source in [places[other][1] for other in before] or [uid]:
                self._edge(source, places[one.id][0], "PARALLEL", None)
        needed = {other for others in needs.values() for other in others}
        for one in group:
            if one.id not in needed:
                self._edge(places[one.id][1], end, None, None)

    def _edge(self, source: str, target: str, kind: str | None, value: str | None) -> None:
        relation = {"relationType": kind} if kind else {}
        if value is not None and kind == "CHOICE":
            relation["value"] = value
        self.edges.append({"source": source, "target": target, "relation": relation})


def _definition(node: Node) -> dict[str, Any]:
    """The task as written, without what is in it."""
    kept = {key: value for key, value in node.properties.items() if key not in (*node.groups, "tasks", "cases")}
    return {**kept, "id": node.id, "type": node.task.type_name}


def of_flow(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponseBase:
    """`?revision=` of an older text."""
    found = flows.revision(namespace, flow_id, whole(request, "revision"), allow_deleted=flag(request, "allowDeleted"))
    return JsonResponse(Graph(plan_of(found.source, found.number)).json())


def of_execution(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """The flow as the execution runs it; each task with its latest task run."""
    execution, _ = executions.load(execution_id)
    source = executions.sources([execution_id])[execution_id]
    graph = Graph(plan_of(source, execution.revision))
    latest = {run.task_id: run for run in execution.runs.values()}
    for node in graph.nodes:
        run = latest.get(node.get("task", {}).get("id"))
        if run is not None:
            node["taskRun"] = {"id": run.id, "taskId": run.task_id, "value": run.value, "state": run.state.value}
    return JsonResponse(graph.json())


flow_view = methods(GET=of_flow)
execution_view = methods(GET=of_execution)
