"""The graph in the editor: what is shown of it, what was folded by hand, and what the page has already."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest

from builder.errors import Path
from builder.flows.graph.drawing import draw
from builder.flows.graph.folding import folded
from builder.flows.graph.tree import read_tree
from builder.tasks.catalogue import Catalogue
from builder.web.editor.steps.outline import Branch, walk
from builder.web.parts.graph import GraphView, Links, Mark, folding_link, graph_view
from builder.web.paths import paths_of, paths_of_keys


@dataclass(frozen=True, slots=True)
class Look:
    """How the page looks at the steps: as a graph too? `outline` and `drawn` are signs of what it has of them."""

    graph: bool = False
    opened: tuple[Path, ...] = ()
    closed: tuple[Path, ...] = ()
    outline: str = ""
    drawn: str = ""


def look_of_page(request: HttpRequest) -> Look:
    """What the address asks for."""
    query = request.GET
    opened, closed = paths_of_keys(query.getlist("open")), paths_of_keys(query.getlist("close"))
    return Look(query.get("view") == "graph", opened, closed)


def look_of_change(body: Mapping[str, Any]) -> Look:
    """What a posted change says. Raises InvalidInput."""
    return Look(
        body.get("view") == "graph",
        paths_of(body.get("opened")),
        paths_of(body.get("closed")),
        str(body.get("outline") or ""),
        str(body.get("drawn") or ""),
    )


def graph_of(
    request: HttpRequest,
    data: Mapping[str, Any],
    branches: Sequence[Branch],
    chosen: Path,
    known: Catalogue,
    look: Look,
) -> GraphView:
    """The graph of the draft as the page draws it."""
    tree = read_tree(data, known)
    marks = {step.path: Mark(step.title, step.errors, step.warnings, bool(step.deletes)) for step in walk(branches)}
    drawing = draw(tree, folded(tree, chosen, look.opened, look.closed))
    links = Links(
        lambda step: f"?view=graph&step={quote(step.id)}", lambda path, fold: folding_link(request.GET, path, fold)
    )
    return graph_view(drawing, links, marks)


def sign(shown: Any) -> str:
    """A short name of what is shown, by which page and server know that it has not changed."""
    return hashlib.sha256(repr(shown).encode("utf-8", "surrogatepass")).hexdigest()[:16]
