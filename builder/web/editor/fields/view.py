"""The form of the chosen part of a flow: every property as a control with what is written there and what is wrong."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from builder.errors import Path, Problem
from builder.flows.document import Document
from builder.flows.edit.intent import found_at, number
from builder.tasks.catalogue import Catalogue
from builder.tasks.fields.controls import STEPS
from builder.tasks.fields.form import FormField, fields_of, label_of
from builder.web.editor.fields.controls import EntryView, FieldView, FormView, Group, RowView
from builder.web.editor.fields.declared import DECLARING, input_fields, kind_of_path, output_fields
from builder.web.editor.fields.flow import FLOW_FIELDS, LEFT_OUT, LISTENER_FIELDS
from builder.web.editor.fields.named import Declared, nobody, with_inputs, with_properties
from builder.web.editor.fields.rows import with_rows
from builder.web.editor.fields.values import as_yaml, fits, shown
from builder.web.editor.steps.spots import Spot, property_at, siblings_of, spot_of

_ELSEWHERE = frozenset({"tasks", "inputs", "outputs", "triggers", "errors", "finally", "afterExecution", "listeners"})
_TASK_LISTS = ("tasks", "errors", "finally", "afterExecution", "then", "else", "cases", "defaults")
_SHOWN_ELSEWHERE = {"flow": _ELSEWHERE, "task": frozenset(_TASK_LISTS) | set(DECLARING), "input": frozenset({"inputs"}),
                    "listener": frozenset({"tasks"})}  # fmt: skip

FEW = 3
"""A section with as many properties shows them all."""


def form_of(
    document: Document, problems: Sequence[Problem], path: Path, catalogue: Catalogue, declared: Declared = nobody
) -> FormView | None:
    """The form of the flow (path ()), or of an input, trigger or task; None when nothing stands there."""
    written = found_at(document.data, path)
    if not isinstance(written, Mapping):
        return None
    maker = _Maker(document, problems, catalogue)
    if not path:
        return maker.form((), "flow", "Flow", "", "What holds for the whole flow.", FLOW_FIELDS, written, LEFT_OUT)
    type_name = str(written.get("type") or "")
    heading = str(written.get("id") or written.get("name") or "Step")
    kind = kind_of_path(path)
    if kind == "listener":
        heading, about = f"Listener {number(path) + 1}", "Steps that run when an execution has ended, if it is so."
        return maker.form(path, kind, heading, "", about, LISTENER_FIELDS, written)
    if kind in ("input", "output"):
        own = input_fields(type_name) if kind == "input" else output_fields(type_name)
        return maker.form(path, kind, heading, type_name, "", own, written)
    entry = catalogue.find(type_name)
    elsewhere = ("type", *(getattr(entry.plugin, "input_fields", ()) if entry else ()))
    fields = tuple(one for one in entry.fields if one.name not in elsewhere) if entry else ()
    left_out = fields_of(entry.plugin, hidden=True) if entry else ()
    fields = with_inputs(fields, entry, written, declared) if entry else fields
    beside = maker.beside(spot_of(document.data, path, catalogue)) if kind == "task" else ()
    summary = entry.summary if entry else ""
    form = maker.form(path, kind, heading, type_name, summary, fields, written, left_out, beside)
    return replace(form, deprecated=entry.plugin.deprecated, deletes=entry.deletes) if entry else form


class _Maker:
    def __init__(self, document: Document, problems: Sequence[Problem], catalogue: Catalogue) -> None:
        self._document = document
        self._problems = problems
        self._catalogue = catalogue

    def form(
        self,
        path: Path,
        kind: str,
        heading: str,
        type_name: str,
        summary: str,
        fields: Iterable[FormField],
        written: Mapping[str, Any],
        left_out: Sequence[FormField] = (),
        beside: Sequence[FieldView] = (),
    ) -> FormView:
        fields = tuple(fields)
        views = [self.view(one, path, written) for one in fields if one.control not in ("tasks", "task")]
        views += beside
        known = {view.field.name for view in views} | _elsewhere(fields, kind)
        views += self._boxes(path, {name: value for name, value in written.items() if name not in known}, left_out)
        first = [view for view in views if view.written or view.problems or _usual(view.field)]
        groups: dict[str, list[FieldView]] = {}
        for view in first:
            groups.setdefault(view.field.group, []).append(view)
        return FormView(
            path,
            kind,
            heading,
            type_name,
            summary,
            tuple(Group(name, items[0].field.group_label, tuple(items)) for name, items in groups.items()),
            tuple(view for view in views if view not in first),
            tuple(one for one in self._problems if one.path in (path, (*path, "type"))),
        )

    def beside(self, spot: Spot) -> tuple[FieldView, ...]:
        """What the list item around a step says of it, such as what it waits for."""
        holding = property_at(self._document.data, spot.path[:-1], self._catalogue) if spot.wrap else None
        item = found_at(self._document.data, spot.path)
        fields = holding.fields if holding and isinstance(item, Mapping) else ()
        return tuple(self.view(one, spot.path, item, spot.wrap) for one in fields if one.control not in STEPS)

    def view(self, one: FormField, path: Path, written: Mapping[str, Any], wrap: str = "") -> FieldView:
        name = next((name for name in (one.name, *one.other_names) if name in written), one.name)
        value, place = written.get(name), (*path, name)
        one = with_rows(one, value)
        control = _control(one, value)
        span = self._document.span(place)
        variant = self._variant(one, value) if control == "section" else ""
        if control == "section" and value and variant not in one.variants:
            control = "yaml"
        nested = self._nested(one, place, value, variant) if control == "section" else ()
        more = tuple(view for view in nested if _seldom(view)) if len(nested) > FEW else ()
        return FieldView(
            field=replace(one, name=name),
            path=place,
            control=control,
            text=shown(control, value),
            written=name in written,
            checked=value is True or (value is None and one.default == "true"),
            locked=bool(span and span.shared),
            problems=self._of(place, deep=control not in ("section", "rows", "map", "ways")),
            variant=variant,
            entries=tuple(self._entries(one, control, place, value)) if control in ("map", "ways") else (),
            siblings=siblings_of(self._document.data, place, wrap) if control == "siblings" else (),
            chosen=tuple(value or ()) if control == "choices" else (),
            rows=self._rows(one, place, value) if control == "rows" else (),
            nested=tuple(view for view in nested if view not in more),
            more=more,
        )

    def _variant(self, one: FormField, value: Any) -> str:
        if "" in one.variants:
            return ""
        kind = value.get("type") if isinstance(value, Mapping) else None
        return next((name for name, fields in one.variants.items() if kind == name or kind in _tags(fields)), "")

    def _nested(self, one: FormField, place: Path, value: Any, variant: str) -> tuple[FieldView, ...]:
        inside = value if isinstance(value, Mapping) else {}
        if variant not in one.variants:
            return ()
        given = with_properties(one.variants[variant], inside, self._catalogue)
        fields = [field for field in given if not (variant and field.name == "type")]
        known = {name for field in given for name in (field.name, *field.other_names)}
        known |= {"type"} if variant else set()
        return (
            *(self.view(field, place, inside) for field in fields),
            *self._boxes(place, {str(name): value for name, value in inside.items() if name not in known}),
        )

    def _rows(self, one: FormField, place: Path, value: Any) -> tuple[RowView, ...]:
        rows = []
        for index, item in enumerate(value or ()):
            variant = self._variant(one, item)
            fields = self._nested(one, (*place, index), item, variant)
            whole = replace(one, label="YAML", description="", required=False)
            rows.append(RowView((*place, index), variant, fields or (self._box(whole, (*place, index), item),)))
        return tuple(rows)

    def _entries(self, one: FormField, control: str, place: Path, value: Any) -> Iterator[EntryView]:
        for name, inside in (value or {}).items():
            nested = isinstance(inside, Mapping | list)
            shape = "yaml" if nested else "entry-lines" if "\n" in str(inside) else "entry"
            path = (*place, name)
            span = self._document.span(path)
            field = replace(one, name=str(name), label=str(name), required=False, description="", default="")
            view = FieldView(
                field, path, shape, as_yaml(inside) if nested else shown(shape, inside), True,
                locked=bool(span and span.shared), problems=self._of(path, deep=control == "map"),
            )  # fmt: skip
            yield EntryView(str(name), view, len(inside) if isinstance(inside, list) else 0)

    def _boxes(self, path: Path, rest: Mapping[str, Any], left_out: Sequence[FormField] = ()) -> Iterator[FieldView]:
        """What is written and has no control, as YAML."""
        found = {name: one for one in left_out for name in (one.name, *one.other_names)}
        for name, value in rest.items():
            one = FormField(name, label_of(name), "yaml", "unknown", False, "")
            if name in found:
                one = replace(found[name], name=name, control="yaml", group="rarely_used")
            yield self._box(one, (*path, name), value)

    def _box(self, one: FormField, place: Path, value: Any) -> FieldView:
        span = self._document.span(place)
        locked = bool(span and span.shared)
        return FieldView(one, place, "yaml", as_yaml(value), True, locked=locked, problems=self._of(place, deep=True))

    def _of(self, place: Path, *, deep: bool) -> tuple[Problem, ...]:
        return tuple(one for one in self._problems if one.path == place or (deep and one.path[: len(place)] == place))


def _tags(fields: Sequence[FormField]) -> tuple[str, ...]:
    """The types, older names included, that choose these fields."""
    return next((one.options for one in fields if one.name == "type"), ())


def _control(one: FormField, value: Any) -> str:
    """The field's own control, or the plainest that can show what is written."""
    wanted: str = one.control
    if one.variants and wanted in ("list", "messages") and not (wanted == "list" and value and fits("list", value)):
        wanted = "rows"
    elif wanted == "messages" or (wanted == "section" and not one.variants):
        wanted = "yaml"
    if isinstance(value, str):
        if wanted in ("number", "checkbox", "list", "section", "rows", "map", "ways", "siblings", "choices", "yaml"):
            return "textarea" if "\n" in value else "yaml" if wanted == "yaml" else "text"
        if "\n" in value and wanted not in ("textarea", "code"):
            return "textarea"
    return wanted if fits(wanted, value) else "yaml"


def _seldom(view: FieldView) -> bool:
    """Whether a nested property is neither written nor what the section is mostly for."""
    return not (view.written or view.problems or view.field.required or view.field.group == "main")


def _usual(one: FormField) -> bool:
    secret = one.control == "secret" and one.group == "connection"
    return one.required or one.group == "main" or one.control == "siblings" or secret


def _elsewhere(fields: Sequence[FormField], kind: str) -> frozenset[str]:
    """What is shown beside the form: steps and inputs in the outline, the type in the heading."""
    steps = {name for one in fields if one.control in ("tasks", "task") for name in (one.name, *one.other_names)}
    return _SHOWN_ELSEWHERE.get(kind, frozenset()) | {"type"} | steps
