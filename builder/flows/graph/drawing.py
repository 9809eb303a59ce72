"""Where each part of a flow's graph is drawn: from top to bottom, what runs together side by side. Pure arithmetic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from builder.errors import Path
from builder.flows.catalogue import Order
from builder.flows.graph.folding import without
from builder.flows.graph.pieces import GAP, Box, Frame, Piece, above_one_another, side_by_side
from builder.flows.graph.topology import Edge, Node, Part, Topology, point_of, topology
from builder.flows.graph.tree import LATER, Relation, Step, Tree, Way

T = TypeVar("T")
STEP, CHIP = (176, 46), (150, 30)
"""Width and height of a step, and of a trigger or input."""
PAD = 12
LABEL = 18
"""Room for the words above a way."""
MARGIN = 16
MOST_BESIDE = 8
"""More lanes than these are drawn in several rows, without an edge to each."""
ROW = 4
"""So many of those, or of triggers and inputs, stand in a row."""
_LABELS = {
    Relation.ERROR: "if a step fails",
    Relation.FINALLY: "at the end, always",
    Relation.AFTER_EXECUTION: "after the execution",
    Relation.LISTENER: "listener",
}


@dataclass(frozen=True, slots=True)
class Line:
    """An edge as corners, with an arrow where it comes to a step.

    `label` says which way begins there, and stands at `label_x`, `label_y`.
    """

    edge: Edge
    corners: tuple[tuple[int, int], ...]
    label: str = ""
    label_x: int = 0
    label_y: int = 0
    arrow: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """`boxes` in the order of the flow; `folded` are the blocks drawn as one box, with how many steps are inside."""

    width: int
    height: int
    boxes: tuple[tuple[Node, Box], ...]
    points: tuple[Box, ...]
    frames: tuple[Frame, ...]
    lines: tuple[Line, ...]
    folded: Mapping[Path, int] = field(default_factory=dict)


def draw(tree: Tree, folds: Mapping[Path, int] | None = None) -> Drawing:
    """The drawing of a tree; the blocks of `folds` are drawn as one box."""
    folds = folds or {}
    tree = without(tree, folds)
    found = topology(tree)
    page = _Maker(found).flow(tree)
    page = above_one_another([Piece(page.width + 2 * MARGIN, 0, page.axis + MARGIN), page], gap=0)
    places = {box.uid: box.moved(0, MARGIN) for box in page.boxes}
    nodes = {node.uid: node for node in found.nodes}
    boxes = tuple((node, places[node.uid]) for node in _in_order(found) if node.step is not None)
    marks = ("root.root", "root.end")
    return Drawing(
        page.width,
        page.height + 2 * MARGIN,
        boxes,
        tuple(places[uid] for uid in marks),
        tuple(frame.moved(0, MARGIN) for frame in page.frames),
        tuple(_lines(found.edges, places, nodes, page.quiet)),
        folds,
    )


def _in_order(found: Topology) -> list[Node]:
    """What starts the flow first, then its steps as they are written."""
    rank = {Part.TRIGGER: 0, Part.INPUT: 1}
    return sorted(found.nodes, key=lambda node: rank.get(node.part, 2))


class _Maker:
    def __init__(self, found: Topology) -> None:
        self._uids = found.uids

    def flow(self, tree: Tree) -> Piece:
        starting = [steps for steps in (tree.triggers, tree.inputs) if steps]
        chips = [self._chips(steps, ROW // len(starting)) for steps in starting]
        heads = [side_by_side(chips)] if chips else []
        ways = self._ways(tree.ways, "root")
        start, end = (Piece.of(Box(f"root.{name}", 0, 0, 10, 10)) for name in ("root", "end"))
        return above_one_another([*heads, start, ways, end], GAP)

    def _chips(self, steps: Sequence[Step], most: int) -> Piece:
        rows = [side_by_side([self._box(step, CHIP) for step in row]) for row in _rows(steps, most)]
        piece = above_one_another(rows, 8)
        piece.quiet.update(self._uids[step.path] for step in steps[: (len(rows) - 1) * most])
        return piece

    def _box(self, step: Step, size: tuple[int, int]) -> Piece:
        return Piece.of(Box(self._uids[step.path], 0, 0, *size))

    def _ways(self, ways: Sequence[Way], uid: str) -> Piece:
        """Those that begin together side by side, what comes when a step fails at the right; the later ones below."""
        together = [way for way in ways if way.relation not in LATER and way.relation is not Relation.ERROR]
        failing = [self._labelled(self._way(way)) for way in ways if way.relation is Relation.ERROR]
        words = any(way.relation is Relation.CHOICE for way in together)
        lanes = [self._labelled(self._way(way)) if words else self._way(way) for way in together]
        parts = [side_by_side(lanes, failing)] if lanes or failing else []
        for way in ways:
            if way.relation in LATER:
                parts.append(Piece.of(Box(f"{uid}.{point_of(way)}", 0, 0, 0, 0)))
                parts.append(self._labelled(self._way(way)))
        return above_one_another(parts, GAP)

    def _labelled(self, piece: Piece) -> Piece:
        return above_one_another([Piece(0, LABEL - GAP // 2, 0), piece], 0)

    def _way(self, way: Way) -> Piece:
        if way.order is Order.DEPENDENCE:
            return above_one_another([self._beside(row) for row in _ranks(way)], GAP)
        if way.order is Order.PARALLEL:
            return self._lanes(way.steps)
        return above_one_another([self._step(step) for step in way.steps], GAP)

    def _lanes(self, steps: Sequence[Step]) -> Piece:
        if len(steps) <= MOST_BESIDE:
            return self._beside(steps)
        piece = above_one_another([self._beside(row) for row in _rows(steps, ROW)], GAP // 2)
        piece.quiet.update(self._outer(step, end) for step in steps for end in ("root", "end"))
        return piece

    def _outer(self, step: Step, end: str) -> str:
        uid = self._uids[step.path]
        return f"{uid}.{end}" if step.ways else uid

    def _beside(self, steps: Sequence[Step]) -> Piece:
        return side_by_side([self._step(step) for step in steps])

    def _step(self, step: Step) -> Piece:
        head = self._box(step, STEP)
        if not step.ways:
            return head
        uid = self._uids[step.path]
        start, end = (Piece.of(Box(f"{uid}.{name}", 0, 0, 0, 0)) for name in ("root", "end"))
        inside = above_one_another([head, self._ways(step.ways, uid)], GAP)
        padded = above_one_another([start, Piece(0, PAD, 0), inside, Piece(0, PAD + 12, 0), end], 0).padded(PAD)
        padded.frames.insert(0, Frame(step.path, 0, 0, padded.width, padded.height))
        return padded


def _rows(items: Sequence[T], most: int) -> list[Sequence[T]]:
    return [items[start : start + most] for start in range(0, len(items), most)]


def _ranks(way: Way) -> list[Sequence[Step]]:
    """The steps in rows: each below all that it waits for; what goes round in a circle stands together at the end."""
    waiting = {step.path: step for step in way.steps}
    ids = {step.id for step in way.steps}
    rows: list[Sequence[Step]] = []
    placed = set[str]()
    while waiting:
        row = [
            step
            for step in waiting.values()
            if all(other in placed or other not in ids for other in way.after.get(step.id, ()))
        ] or list(waiting.values())
        rows += _rows(row, MOST_BESIDE)
        placed.update(step.id for step in row)
        for step in row:
            del waiting[step.path]
    return rows


def _lines(edges: Sequence[Edge], places: Mapping[str, Box], nodes: Mapping[str, Node], quiet: set[str]) -> list[Line]:
    lines = []
    for edge in edges:
        joins = nodes[edge.target].part is not Part.TASK
        if edge.source in quiet if joins else edge.target in quiet and edge.relation is Relation.PARALLEL:
            continue
        source, target = places[edge.source], places[edge.target]
        corners = _corners(source, target, joins=joins)
        kind = edge.relation or Relation.SEQUENTIAL
        label = edge.value.removeprefix("cases.") if edge.value else _LABELS.get(kind, "")
        lines.append(Line(edge, corners, label, target.middle + 6, target.y - 8, not joins))
    return lines


def _corners(source: Box, target: Box, *, joins: bool) -> tuple[tuple[int, int], ...]:
    """Down, across and down: across near the end where lines join, else near the start."""
    begin, end = (source.middle, source.y + source.height), (target.middle, target.y)
    if begin[0] == end[0]:
        return (begin, end)
    across = end[1] - GAP // 2 if joins else begin[1] + GAP // 2
    return (begin, (begin[0], across), (end[0], across), end)
