"""A flow's graph as the pages draw it: boxes with names that fit, edges as paths, and where each box leads to."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict

from builder.actions.graphs import Become
from builder.errors import Path
from builder.flows.graph.drawing import Drawing, Line
from builder.flows.graph.pieces import Box, Frame
from builder.flows.graph.topology import Node, Part
from builder.flows.graph.tree import Relation, Step
from builder.web.paths import path_key

NAME, TYPE, CHIP = 18, 25, 12
"""How many letters of a name or type fit into a box."""
_DASHED = {Relation.ERROR: "failing", Relation.FINALLY: "later", Relation.AFTER_EXECUTION: "later"}


@dataclass(frozen=True, slots=True)
class Mark:
    """What is known of a step beside its text: its type's title, its problems, whether it deletes for good."""

    title: str = ""
    errors: int = 0
    warnings: int = 0
    deletes: bool = False


@dataclass(frozen=True, slots=True)
class BoxView:
    """A step, trigger or input. `hidden`: how many steps are folded inside; `fold` leads to it opened or folded."""

    part: str
    key: str
    id: str
    href: str
    box: Box
    name: str
    kind: str
    title: str
    mark: Mark
    disabled: bool
    fold: str = ""
    hidden: int = 0
    become: Become | None = None


@dataclass(frozen=True, slots=True)
class EdgeView:
    """`d` is the path of an SVG."""

    d: str
    kind: str
    label: str
    x: int
    y: int
    arrow: bool


@dataclass(frozen=True, slots=True)
class GraphView:
    """The whole; `points` are where the flow begins and ends. It holds what is drawn and nothing else of the flow."""

    width: int
    height: int
    frames: tuple[Frame, ...]
    points: tuple[Box, ...]
    boxes: tuple[BoxView, ...]
    edges: tuple[EdgeView, ...]


@dataclass(frozen=True, slots=True)
class Links:
    """Where a click leads: `step` for a box, `fold` for folding (True) or opening the block at a path."""

    step: Callable[[Step], str]
    fold: Callable[[Path, bool], str]


def graph_view(
    drawing: Drawing, links: Links, marks: Mapping[Path, Mark], became: Mapping[str, Become] | None = None
) -> GraphView:
    """The drawing as the page shows it."""
    blocks = {frame.path for frame in drawing.frames}
    boxes = tuple(
        _box(node, node.step, box, drawing, links, marks, blocks, became or {})
        for node, box in drawing.boxes
        if node.step is not None
    )
    edges = tuple(_edge(line) for line in drawing.lines)
    return GraphView(drawing.width, drawing.height, drawing.frames, drawing.points, boxes, edges)


def _box(
    node: Node, step: Step, box: Box, drawing: Drawing, links: Links, marks: Mapping[Path, Mark], blocks: set[Path],
    became: Mapping[str, Become],
) -> BoxView:  # fmt: skip
    mark = marks.get(step.path, Mark())
    is_task = node.part is Part.TASK
    title = mark.title or step.type_name.rpartition(".")[2]
    foldable = step.path in blocks or step.path in drawing.folded
    return BoxView(
        part=node.part.value,
        key=path_key(step.path),
        id=step.id,
        href=links.step(step),
        box=box,
        name=cut(step.id, NAME if is_task else CHIP),
        kind=cut(title, TYPE) if is_task else "",
        title=title,
        mark=mark,
        disabled=step.disabled,
        fold=links.fold(step.path, step.path in blocks) if foldable else "",
        hidden=drawing.folded.get(step.path, 0),
        become=became.get(step.id) if is_task else None,
    )


def _edge(line: Line) -> EdgeView:
    relation = line.edge.relation or Relation.SEQUENTIAL
    kind = _DASHED.get(relation, "")
    return EdgeView(_rounded(line.corners), kind, cut(line.label, 24), line.label_x, line.label_y, line.arrow)


def _rounded(corners: tuple[tuple[int, int], ...]) -> str:
    """Straight lines with round corners."""
    parts = [f"M{corners[0][0]} {corners[0][1]}"]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        begin, end = _near(corner, before), _near(corner, after)
        parts.append(f"L{begin[0]} {begin[1]}Q{corner[0]} {corner[1]} {end[0]} {end[1]}")
    return "".join(parts) + f"L{corners[-1][0]} {corners[-1][1]}"


def _near(corner: tuple[int, int], other: tuple[int, int], most: int = 6) -> tuple[int, int]:
    """A place shortly before a corner."""
    steps = [min(max(there - here, -most), most) for here, there in zip(corner, other, strict=True)]
    return corner[0] + steps[0], corner[1] + steps[1]


def cut(text: str, most: int) -> str:
    """As much of a text as fits; wide letters count twice."""
    taken = 0
    for place, letter in enumerate(text):
        taken += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if taken > most:
            return text[: max(place - 1, 1)] + "…"
    return text


def folding_link(query: QueryDict, path: Path, fold: bool) -> str:
    """The same page with this block folded or opened too."""
    key = path_key(path)
    opened = [one for one in query.getlist("open") if one != key] + ([] if fold else [key])
    closed = [one for one in query.getlist("close") if one != key] + ([key] if fold else [])
    kept = [(name, query[name]) for name in ("run", "step") if name in query]
    pairs = [("view", "graph"), *kept, *(("open", one) for one in opened), *(("close", one) for one in closed)]
    return f"?{urlencode(pairs)}"
