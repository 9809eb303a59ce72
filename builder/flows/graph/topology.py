"""Nodes, edges between them, and a cluster around each block: Kestra's view of a flow."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from builder.flows.catalogue import Order
from builder.flows.graph.tree import LATER, Relation, Step, Tree, Way


class Part(StrEnum):
    """What a node is. ROOT, LATER and END are points where ways begin and meet: of the flow, and of each block."""

    ROOT = "root"
    LATER = "later"
    END = "end"
    TASK = "task"
    TRIGGER = "trigger"
    INPUT = "input"


@dataclass(frozen=True, slots=True)
class Node:
    """`uid` is unique: the ids from the flow down. `step` is None for a point; `relation`: of the way it begins."""

    uid: str
    part: Part
    step: Step | None = None
    relation: Relation | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """From one node to the next; `value` says which of several ways it begins."""

    source: str
    target: str
    relation: Relation | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Cluster:
    """A block: `uid` is its task's. `nodes` are all inside, that task first; `parents` the blocks around it."""

    uid: str
    nodes: tuple[str, ...]
    parents: tuple[str, ...]
    start: str
    end: str


@dataclass(slots=True)
class Topology:
    """The whole. `uids`: by the path of a step, as far as steps are shown."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    clusters: list[Cluster] = field(default_factory=list)
    uids: dict[tuple[str | int, ...], str] = field(default_factory=dict)


ROOT = "root"


def topology(tree: Tree) -> Topology:
    """The topology of a flow."""
    maker = _Maker()
    start, end = maker.bounds(ROOT)
    maker.ways(tree.ways, ROOT, start, end, (ROOT,))
    for steps, part, group in ((tree.triggers, Part.TRIGGER, "Triggers"), (tree.inputs, Part.INPUT, "Inputs")):
        for step in steps:
            uid = maker.add(f"{ROOT}.{group}.{step.id}", part, step)
            maker.edge(uid, start)
    return maker.found


class _Maker:
    def __init__(self) -> None:
        self.found = Topology()
        self._taken: set[str] = set()

    def add(self, uid: str, part: Part, step: Step | None = None, relation: Relation | None = None) -> str:
        """Two steps of one name are a problem of the draft, but both are drawn."""
        name, count = uid, 2
        while name in self._taken:
            name, count = f"{uid}#{count}", count + 1
        self._taken.add(name)
        self.found.nodes.append(Node(name, part, step, relation))
        if step is not None:
            self.found.uids[step.path] = name
        return name

    def edge(self, source: str, target: str, relation: Relation | None = None, value: str | None = None) -> None:
        self.found.edges.append(Edge(source, target, relation, value))

    def bounds(self, uid: str) -> tuple[str, str]:
        return self.add(f"{uid}.root", Part.ROOT), self.add(f"{uid}.end", Part.END)

    def ways(self, ways: Sequence[Way], uid: str, start: str, end: str, above: tuple[str, ...]) -> None:
        """The ways that begin together, then those that begin when they have ended, one after another."""
        later = [way for way in ways if way.relation in LATER]
        points = [self.add(f"{uid}.{point_of(way)}", Part.LATER, relation=way.relation) for way in later]
        first = points[0] if points else end
        together = [way for way in ways if way.relation not in LATER]
        for way in together:
            self._way(way, start, first, above)
        if not together:
            self.edge(start, first)
        for way, point, following in zip(later, points, [*points, end][1:], strict=True):
            self._chain(way.steps, point, following, way.relation, None, above)

    def _way(self, way: Way, start: str, end: str, above: tuple[str, ...]) -> None:
        if way.order is Order.DEPENDENCE:
            self._dependence(way, start, end, above)
        elif way.order is Order.PARALLEL:
            for step in way.steps:
                self._chain((step,), start, end, way.relation, None, above)
        else:
            value = way.name if way.relation is Relation.CHOICE else None
            self._chain(way.steps, start, end, way.relation, value, above)

    def _chain(
        self, steps: Sequence[Step], start: str, end: str, kind: Relation, value: str | None, above: tuple[str, ...]
    ) -> None:
        before = start
        for step in steps:
            begins = before == start
            first, last = self._step(step, kind if begins else Relation.SEQUENTIAL, above)
            self.edge(before, first, kind if begins else Relation.SEQUENTIAL, value if begins else None)
            before = last
        self.edge(before, end)

    def _dependence(self, way: Way, start: str, end: str, above: tuple[str, ...]) -> None:
        places = {step.id: self._step(step, way.relation, above) for step in way.steps}
        needed = set[str]()
        for step in way.steps:
            before = [other for other in way.after.get(step.id, ()) if other in places and other != step.id]
            needed.update(before)
            for source in [places[other][1] for other in before] or [start]:
                self.edge(source, places[step.id][0], way.relation)
        for step in way.steps:
            if step.id not in needed:
                self.edge(places[step.id][1], end)

    def _step(self, step: Step, kind: Relation, above: tuple[str, ...]) -> tuple[str, str]:
        """Adds a task and all that is in it; where edges come to it and leave it."""
        uid = self.add(".".join((*above, step.id)), Part.TASK, step, kind)
        if not step.ways:
            return uid, uid
        counted = len(self.found.nodes)
        start, end = self.bounds(uid)
        self.edge(start, uid)
        self.ways(step.ways, uid, uid, end, (*above, step.id))
        inside = (uid, *(node.uid for node in self.found.nodes[counted:]))
        parents = tuple(".".join(above[:depth]) for depth in range(2, len(above) + 1))
        self.found.clusters.append(Cluster(uid, inside, parents, start, end))
        return start, end


def point_of(way: Way) -> str:
    """The last part of the uid of the point where a later way begins."""
    return "finally" if way.relation is Relation.FINALLY else ".".join(str(part) for part in way.path[:-1] or way.path)
