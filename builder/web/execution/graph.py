"""The graph of an execution: the flow as it runs it, each step in the colour of what became of it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from builder.actions.graphs import Become, became, tree_of
from builder.engine.execution import Execution, TaskRun
from builder.errors import InvalidFlow
from builder.flows.graph.drawing import draw
from builder.flows.graph.folding import folded
from builder.flows.graph.tree import Step, Tree, steps_of
from builder.store import executions
from builder.tasks.catalogue import catalogue
from builder.web.parts.graph import Links, Mark, folding_link, graph_view
from builder.web.parts.tags import state_glyph
from builder.web.paths import path_key, paths_of_keys


def is_asked(request: HttpRequest) -> bool:
    """Whether the page is to show the graph in place of the table."""
    return request.GET.get("view") == "graph"


def drawn(request: HttpRequest, execution: Execution, chosen: TaskRun | None) -> dict[str, Any]:
    """The graph and which box is chosen; no graph for a text that this version cannot read."""
    try:
        tree = tree_of(executions.sources([execution.id])[execution.id])
    except InvalidFlow:
        return {"graph": None, "chosen_key": ""}
    places = {step.id: step.path for step in steps_of(tree.ways)}
    here = places.get(chosen.task_id, ()) if chosen else ()
    query, found = request.GET, became(execution)
    folds = folded(tree, here, paths_of_keys(query.getlist("open")), paths_of_keys(query.getlist("close")))

    def to_step(step: Step) -> str:
        return _link(found[step.id]) if step.id in found else "?view=graph"

    links = Links(to_step, lambda path, fold: folding_link(query, path, fold))
    return {"graph": graph_view(draw(tree, folds), links, _titles(tree), found), "chosen_key": path_key(here)}


def states(execution: Execution) -> Mapping[str, Mapping[str, Any]]:
    """What the graph shows of each step that has begun, by its id: as the page's script paints it."""
    return {
        task_id: {"state": one.state, "glyph": state_glyph(one.state), "count": one.count, "href": _link(one)}
        for task_id, one in became(execution).items()
    }


def _link(become: Become) -> str:
    return f"?{urlencode({'view': 'graph', 'run': become.run.path})}"


def _titles(tree: Tree) -> dict[tuple[str | int, ...], Mark]:
    known = catalogue()
    found = ((step.path, known.find(step.type_name)) for step in steps_of(tree.ways))
    return {path: Mark(entry.title, deletes=bool(entry.deletes)) for path, entry in found if entry}
