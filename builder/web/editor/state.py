"""What the editor page shows of a draft: fragments of outline, form and status, and the facts its scripts need."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from builder.access.answers import problem_json
from builder.actions import drafts, flows, secrets
from builder.errors import NotFound, Path
from builder.flows.check import Checked
from builder.flows.document import Document, parse_kept
from builder.flows.edit.intent import value_at
from builder.store import flows as stored
from builder.tasks.catalogue import catalogue
from builder.web.editor.chips import chips
from builder.web.editor.fields.trigger import schedule_of, webhook_of
from builder.web.editor.fields.view import form_of
from builder.web.editor.steps.graph import Look, graph_of, sign
from builder.web.editor.steps.lines import lines
from builder.web.editor.steps.outline import Branch, missing, outline, walk
from builder.web.editor.steps.spots import Spot, spot_of
from builder.web.paths import path_key


def digest(text: str) -> str:
    """A short name of a text, by which page and server know that they mean the same one."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def context(request: HttpRequest, namespace: str, flow_id: str, chosen: Path, look: Look) -> dict[str, Any]:
    """All that the page's templates show. While the YAML cannot be read the structure is that of the published text."""
    opened = drafts.open_draft(namespace, flow_id)
    checked = flows.validate(opened.text)
    shown: dict[str, Any] = {
        "namespace": namespace,
        "flow_id": flow_id,
        "opened": opened,
        "checked": checked,
        "text": opened.text,
        "base": digest(opened.text),
        "readable": _readable(checked),
        "dialect": _dialect(checked),
        "branches": None,
        "form": None,
        "chips": [],
        "steps": [],
        "chosen": chosen,
        "chosen_key": path_key(chosen),
        "place": (),
        "look": look,
        "graph": None,
        "outline_sign": "",
        "graph_sign": "",
    }
    source = checked if shown["readable"] or not opened.published else flows.validate(opened.published)
    if _readable(source):
        shown |= _structure(source, source.document.data or {}, chosen)
        written = value_at(source.document.data, shown["chosen"]) if shown["chosen"] else None
        shown |= {"schedule": schedule_of(written), "webhook": webhook_of(written, namespace, flow_id)}
        shown["secrets"] = [item.key for item in secrets.listed(namespace)]
        if look.graph:
            data, known = source.document.data or {}, catalogue()
            shown["graph"] = graph_of(request, data, shown["branches"], shown["chosen"], known, look)
            shown["graph_sign"] = sign(shown["graph"])
    return shown


def _dialect(checked: Checked) -> dict[str, Any]:
    """What the text speaks, and where it uses older names."""
    found = flows.spoken_in(checked)
    hints = [checked.document.problem(sign.path, sign.message, key=True) for sign in found.hints]
    return {"name": found.dialect.value, "sentence": found.dialect.sentence, "hints": hints}


def _readable(checked: Checked) -> bool:
    data = checked.document.data
    return isinstance(data, Mapping) or (data is None and not checked.document.problems)


def _structure(checked: Checked, data: Mapping[str, Any], chosen: Path) -> dict[str, Any]:
    known = catalogue()
    branches = outline(data, checked.problems, known)
    form = form_of(checked.document, checked.problems, chosen, known, _declared)
    if form is None:
        chosen = ()
        form = form_of(checked.document, checked.problems, (), known)
    spot = spot_of(data, chosen, known) if chosen else None
    return {
        "branches": branches,
        "sections": [{"branch": branch, "lines": tuple(lines(branch))} for branch in branches],
        "missing": missing(branches),
        "outline_sign": sign(branches),
        "form": form,
        "chosen": chosen,
        "chosen_key": path_key(chosen),
        "chips": chips(data, branches, chosen, known),
        "destinations": _destinations(branches, chosen, spot),
        "places": _steps_could_stand(branches, chosen),
        "place": spot.path if spot else (),
        "steps": _places(checked.document, branches),
    }


def _declared(namespace: str, flow_id: str, revision: int | None) -> Any:
    """The inputs of another flow, as far as they can be read."""
    try:
        data = parse_kept(stored.revision(namespace, flow_id, revision).source).data
    except NotFound:
        return None
    return data.get("inputs") if isinstance(data, Mapping) else None


def _destinations(branches: Sequence[Branch], chosen: Path, spot: Spot | None) -> list[dict[str, str]]:
    """The other lists of steps that the chosen one could move to, each at its end."""
    found: list[dict[str, str]] = []
    if spot is None or spot.alone:
        return found
    for branch, owner in _task_lists(branches, ""):
        if not branch.alone and branch.path[: len(chosen)] != chosen and branch.path != spot.path[:-1]:
            label = " · ".join(part for part in (owner, branch.label or "steps") if part)
            found.append({"value": json.dumps({"to": branch.path, "index": len(branch.steps)}), "label": label})
    return found


def _steps_could_stand(branches: Sequence[Branch], chosen: Path) -> list[Branch]:
    """Where the chosen block could have steps and has none; more ways are in its form."""
    found = next((step for step in walk(branches) if step.path == chosen), None)
    return [place for place in found.places if place.kind != "way"] if found else []


def _task_lists(branches: Sequence[Branch], owner: str) -> Iterator[tuple[Branch, str]]:
    for branch in branches:
        if branch.kind == "task":
            yield branch, owner
        for step in branch.steps:
            yield from _task_lists(step.branches, step.id)


def _places(document: Document, branches: tuple[Branch, ...]) -> list[dict[str, Any]]:
    """The lines of each step, so that the YAML pane can tint the chosen one and choose by its cursor."""
    places = []
    for step in walk(branches):
        span = document.span(step.path)
        if span:
            last, _ = document.place(max(span.end - 1, span.start))
            places.append({"path": step.path, "id": step.id, "type": step.type_name, "from": span.line, "to": last})
    return places


def facts(shown: Mapping[str, Any], known_text: str | None = None) -> dict[str, Any]:
    """What the scripts need to know; the text only when the page does not have it."""
    checked: Checked = shown["checked"]
    return {
        "text": None if shown["text"] == known_text else shown["text"],
        "base": shown["base"],
        "readable": shown["readable"],
        "chosen": shown["chosen"],
        "place": shown["place"],
        "steps": shown["steps"] if shown["readable"] else None,
        "chips": shown["chips"],
        "outline_sign": shown["outline_sign"],
        "graph_sign": shown["graph_sign"],
        "problems": [problem_json(one) for one in checked.problems],
    }


def answer(request: HttpRequest, shown: Mapping[str, Any], known_text: str | None) -> dict[str, Any]:
    """The answer to a change: facts, and the fragments as they are now, if the page does not have them."""
    readable, look = shown["readable"], shown["look"]
    drawn = readable and shown["graph"] is not None and look.drawn != shown["graph_sign"]
    return {
        **facts(shown, known_text),
        "outline": _fragment(request, "_outline", shown)
        if readable and look.outline != shown["outline_sign"]
        else None,
        "graph": _fragment(request, "_graph", shown) if drawn else None,
        "form": _fragment(request, "_form", shown) if readable else None,
        "status": _fragment(request, "_status", shown),
        "problem_list": _fragment(request, "_problem_list", shown),
    }


def _fragment(request: HttpRequest, name: str, shown: Mapping[str, Any]) -> str:
    return render_to_string(f"flow/{name}.html", dict(shown), request)
