"""What a form holds: controls with what is written there, rows and entries, and the groups they stand in."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from builder.errors import Path, Problem, Severity
from builder.flows.document import parse
from builder.tasks.fields.form import FormField
from builder.tasks.fields.shapes import Shape
from builder.web.editor.steps.spots import Sibling
from builder.web.paths import path_key


@dataclass(frozen=True, slots=True)
class FieldView:
    """One control. `control` is the field's own, or "yaml" where that cannot show what is written."""

    field: FormField
    path: Path
    control: str
    text: str
    written: bool
    checked: bool = False
    locked: bool = False
    problems: tuple[Problem, ...] = ()
    variant: str = ""
    nested: tuple["FieldView", ...] = ()
    more: tuple["FieldView", ...] = ()
    rows: tuple["RowView", ...] = ()
    entries: tuple["EntryView", ...] = ()
    siblings: tuple[Sibling, ...] = ()
    chosen: tuple[str, ...] = ()

    @property
    def takes_chips(self) -> bool:
        """Whether the expressions that the form offers can be read in it; a trigger knows them after it has started."""
        return self.field.dynamic and (self.path[:1] != ("triggers",) or self.field.late)

    @property
    def plain(self) -> bool:
        """Whether what its map holds is always text."""
        return set(self.field.items) <= {Shape.TEXT, Shape.CHOICE} and bool(self.field.items)

    @property
    def blank(self) -> str:
        """A new row, as JSON."""
        return next(iter(self.blanks.values()), "{}")

    @property
    def blanks(self) -> dict[str, str]:
        """A new value of each kind, as JSON: what it must have, with the first choice or example."""
        return {kind: json.dumps(_blank(kind, fields)) for kind, fields in self.field.variants.items()}

    @property
    def invalid(self) -> bool:
        return any(one.severity is Severity.ERROR for one in self.problems)

    @property
    def key(self) -> str:
        return path_key(self.path)

    @property
    def html_id(self) -> str:
        return "field-" + "-".join(str(part) for part in self.path)

    @property
    def several(self) -> bool:
        """Whether it has controls of its own for its parts."""
        one_kind = self.control == "section" and "" in self.field.variants
        return one_kind or self.control in ("rows", "map", "ways", "siblings", "choices")

    @property
    def choices(self) -> tuple[str, ...]:
        """All that can be chosen, and what is chosen beside."""
        return (*self.field.options, *(one for one in self.chosen if one not in self.field.options))

    @property
    def placeholder(self) -> str:
        shown = self.field.default or self.field.placeholder or next(iter(self.field.examples), "")
        return _one_a_line(shown) if self.control == "list" else shown


@dataclass(frozen=True, slots=True)
class RowView:
    """One item of a list whose items have fields of their own."""

    path: Path
    variant: str
    fields: tuple[FieldView, ...]

    @property
    def key(self) -> str:
        return path_key(self.path)

    @property
    def type_key(self) -> str:
        """Where its kind is written."""
        return path_key((*self.path, "type"))

    @property
    def type_id(self) -> str:
        return "field-" + "-".join(str(part) for part in (*self.path, "type"))


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry of a map with its value; or one of several ways, with the number of its steps."""

    name: str
    value: FieldView
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    label: str
    fields: tuple[FieldView, ...]


@dataclass(frozen=True, slots=True)
class FormView:
    """The form of one part; `more` are the properties that are not written and seldom needed."""

    path: Path
    kind: str
    heading: str
    type_name: str
    summary: str
    groups: tuple[Group, ...]
    more: tuple[FieldView, ...]
    problems: tuple[Problem, ...]
    deprecated: str = ""
    deletes: str = ""

    @property
    def key(self) -> str:
        return path_key(self.path)

    @property
    def short_type(self) -> str:
        return ".".join(self.type_name.split(".")[-2:])


def _one_a_line(text: str) -> str:
    """An example of a list, as its box has it."""
    try:
        return "\n".join(map(str, json.loads(text)))
    except (ValueError, TypeError):
        return text


def _blank(kind: str, fields: Sequence[FormField]) -> dict[str, Any]:
    blank = {"type": kind} if kind else {}
    needed = [one for one in fields if one.required and (one.name != "type" or not kind)]
    return blank | {one.name: _first(one) for one in needed or list(fields if not kind else ())[:1]}


def _first(one: FormField) -> Any:
    text = one.default or next(iter((*one.options, *one.examples)), "")
    if not text:
        return _EMPTY.get(one.control, "")
    return parse(text).data if one.control in ("number", "checkbox", "yaml", *_EMPTY) else text


_EMPTY: Mapping[str, Any] = {"map": {}, "section": {}, "list": [], "choices": [], "tasks": []}
