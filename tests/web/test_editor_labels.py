"""Every control of every form has a name that people hear: a label that leads to it, or one of its own."""

import json
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

from django.template.loader import render_to_string

from builder.errors import Path
from builder.flows.catalogue import Kind
from builder.flows.document import parse
from builder.tasks.catalogue import Entry, catalogue
from builder.tasks.fields.form import FormField
from builder.web.editor.fields.controls import FieldView
from builder.web.editor.fields.declared import INPUT_TYPES, OUTPUT_TYPES, input_fields, output_fields
from builder.web.editor.fields.flow import FLOW_FIELDS, LISTENER_FIELDS
from builder.web.editor.fields.view import form_of

_CONTROLS = ("input", "select", "textarea")
_ENDLESS = ("input", "option", "img", "br", "use")


class Page(HTMLParser):
    """What a reader of the page hears of: ids, where labels lead, and controls and groups without a name."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.leads: list[str] = []
        self.unnamed: list[str] = []
        self._open: list[str] = []
        self._controls: list[tuple[str, bool]] = []
        self.feed(html)
        self.unnamed += [one for one, named in self._controls if not named and one not in self.leads]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("id") or f"{tag} {given}"
        if given.get("id"):
            self.ids.append(name)
        if tag == "label" and given.get("for"):
            self.leads.append(str(given["for"]))
        if tag in _CONTROLS:
            self._controls.append((name, bool(given.get("aria-label")) or "label" in self._open))
        if given.get("role") == "group" and not given.get("aria-label"):
            self.unnamed.append(name)
        if tag not in _ENDLESS:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass


def filled(fields: tuple[FormField, ...], written: Mapping[str, Any]) -> dict[str, Any]:
    """With something in all that holds parts, so that its parts are shown too."""
    found = dict(written)
    for one in fields:
        blanks = FieldView(one, (), one.control, "", False).blanks
        blank = {name: json.loads(text) for name, text in blanks.items()}
        if one.control in ("map", "ways"):
            found.setdefault(one.name, {"one": "x", "two": ["x"]} if one.control == "map" else {"one": []})
        elif one.name == "conditions":
            found[one.name] = [{"type": "io.kestra.plugin.core.condition.Weekend"}]
        elif blank and one.control == "section":
            found[one.name] = filled(one.fields, next(iter(blank.values())) | dict(written.get(one.name) or {}))
        elif blank and one.control in ("list", "messages"):
            found[one.name] = [filled(fields, blank[name]) for name, fields in one.variants.items()]
    return found


def parts() -> Iterator[tuple[Path, dict[str, Any]]]:
    """A flow for each type of a part, and where in it that part is."""
    yield (), filled(FLOW_FIELDS, {"id": "a", "namespace": "b"})
    yield ("listeners", 0), {"listeners": [filled(LISTENER_FIELDS, {"tasks": []})]}
    for kind in INPUT_TYPES:
        yield ("inputs", 0), {"inputs": [filled(input_fields(kind), {"id": "a", "type": kind})]}
    for kind in OUTPUT_TYPES:
        yield ("outputs", 0), {"outputs": [filled(output_fields(kind), {"id": "a", "type": kind})]}
    for entry in catalogue().all():
        if entry.kind in (Kind.TASK, Kind.TRIGGER):
            path: Path = ("tasks" if entry.kind is Kind.TASK else "triggers", 0)
            yield path, {path[0]: [filled(entry.fields, _example(entry))]}
    dag = {"id": "d", "type": "io.kestra.plugin.core.flow.Dag", "tasks": [
        {"task": {"id": name, "type": "io.kestra.plugin.core.log.Log"}, "dependsOn": after}
        for name, after in (("one", []), ("two", ["one"]), ("three", ["two", "gone"]))]}  # fmt: skip
    yield from ((("tasks", 0, "tasks", place, "task"), {"tasks": [dag]}) for place in range(3))


def _example(entry: Entry) -> dict[str, Any]:
    example = parse(entry.plugin.example).data
    return dict(example[0] if isinstance(example, list) else example)


def test_each_label_leads_to_a_control_and_each_control_and_group_has_a_name() -> None:
    """What many types have is looked at once."""
    seen: set[tuple[str, str]] = set()
    for path, data in parts():
        view = form_of(parse(json.dumps(data)), (), path, catalogue())
        assert view is not None
        for one in (*(one for group in view.groups for one in group.fields), *view.more):
            if (one.control, repr(one.field)) in seen:
                continue
            seen.add((one.control, repr(one.field)))
            page = Page(render_to_string("flow/_field.html", {"view": one}))
            where = f"{view.type_name} {one.path}"
            assert set(page.leads) <= set(page.ids), f"{where}: {set(page.leads) - set(page.ids)}"
            assert page.unnamed == [], where
            assert len(page.ids) == len(set(page.ids)), where
    assert len(seen) > 500


def test_what_an_anchor_shares_can_only_be_read() -> None:
    dag = "io.kestra.plugin.core.flow.Dag"
    text = f"""\
tasks:
  - id: d
    type: {dag}
    tasks:
      - task: {{id: one, type: io.kestra.plugin.core.log.Log}}
      - task: {{id: two, type: io.kestra.plugin.core.log.Log, message: &level WARN}}
        dependsOn: &after [one]
      - task: {{id: three, type: io.kestra.plugin.core.log.Log, logLevel: *level}}
        dependsOn: *after
"""
    view = form_of(parse(text), (), ("tasks", 0, "tasks", 2, "task"), catalogue())
    assert view is not None
    shown = [one for group in view.groups for one in group.fields if one.field.name in ("dependsOn", "logLevel")]
    assert len(shown) == 2
    for one in shown:
        html = render_to_string("flow/_field.html", {"view": one})
        assert one.locked and html.count(" disabled") == html.count("<input") + html.count("<select") > 0
