"""What people enter for inputs: the form that `flow/_input_fields.html` draws, what was given in it, what is wrong."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, QueryDict

from builder.errors import dotted
from builder.flows.inputs import ENCRYPTED_TYPE, Resolved, Upload, lookup
from builder.flows.inputs.form_fields import Choice, Control, FormField
from builder.flows.inputs.values import as_text

_MISSING = "missing required input"
_ROW = ":"
"""Between the id of an OBJECT or TABLE and what is inside: `person:name`, `lines:0:item`; ids cannot hold it."""
_MORE = ":more"
_FEWEST_SHOWN = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One control with what it shows. `parts` are the controls of an OBJECT; `lines` those of a TABLE's rows, `blank`
    those of a new one."""

    field: FormField
    name: str
    value: Any = None
    fault: str = ""
    hidden: bool = False
    parts: tuple["Row", ...] = ()
    lines: tuple[tuple["Row", ...], ...] = ()
    blank: tuple["Row", ...] = ()

    @property
    def html_id(self) -> str:
        return f"run-{self.name}"

    @property
    def text(self) -> str:
        """The value as the text of a control."""
        if self.value is None:
            return ""
        if isinstance(self.value, list) and self.field.control is Control.LIST:
            return "\n".join(map(as_text, self.value))
        text = as_text(self.value)
        return text.removesuffix("Z") if self.field.control is Control.DATETIME else text

    @property
    def checked(self) -> bool:
        return self.value is True or self.value == "true"

    @property
    def chosen(self) -> tuple[str, ...]:
        """The values that are chosen, of one or of many."""
        many = self.value if isinstance(self.value, list) else [] if self.value is None else [self.value]
        return tuple(map(as_text, many))

    @property
    def typed(self) -> str:
        """Chosen values that are none of the choices."""
        known = {choice.value for choice in self.field.choices}
        return ", ".join(value for value in self.chosen if value not in known)


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that stand together: those of a FORM, or the ones between forms (`label` is empty)."""

    label: str
    help: str
    rows: tuple[Row, ...]

    @property
    def hidden(self) -> bool:
        return all(row.hidden for row in self.rows)


@dataclass(frozen=True, slots=True)
class ChosenFile:
    """The name of a file that was chosen and not sent yet, to be judged before it is."""

    name: str

    def chunks(self) -> Iterator[bytes]:
        return iter(())


def given_values(posted: QueryDict, fields: Sequence[FormField]) -> dict[str, Any]:
    """What was entered, by id; nothing where a field was left empty, so that its default holds."""
    found = {one.id: _given(posted, one, one.id) for one in fields if one.control is not Control.FILE}
    return {name: value for name, value in found.items() if value is not None}


def given_files(request: HttpRequest, fields: Sequence[FormField]) -> dict[str, Upload]:
    """The uploads, by id; while a form is only checked, the names of the files that were chosen."""
    found: dict[str, Upload] = {}
    for one in fields:
        upload, name = request.FILES.get(one.id), request.POST.get(f"{one.id}:name")
        if one.control is Control.FILE and upload is not None:
            found[one.id] = upload
        elif one.control is Control.FILE and name:
            found[one.id] = ChosenFile(name)
    return found


def _given(posted: QueryDict, one: FormField, name: str) -> Any:
    special = _SPECIAL.get(one.control)
    if special:
        return special(posted, one, name)
    return posted.get(name, "").replace("\r\n", "\n") or None


def _checkbox(posted: QueryDict, one: FormField, name: str) -> str:
    return "true" if posted.get(name) else "false"


def _multiselect(posted: QueryDict, one: FormField, name: str) -> list[str] | None:
    typed = [part.strip() for part in posted.get(name + _MORE, "").split(",") if part.strip()]
    chosen = [*posted.getlist(name), *typed]
    return chosen or ([] if one.value is not None or one.default else None)


def _lines(posted: QueryDict, one: FormField, name: str) -> Any:
    text = posted.get(name, "").replace("\r\n", "\n").strip()
    if text.startswith("["):
        return text
    return [line.strip() for line in text.split("\n") if line.strip()] or None


def _object(posted: QueryDict, one: FormField, name: str) -> dict[str, Any] | None:
    parts = {part.id: _given(posted, part, f"{name}{_ROW}{part.id}") for part in one.parts}
    entered = any(value is not None for part, value in zip(one.parts, parts.values(), strict=True) if _asks(part))
    return parts if entered else None


def _table(posted: QueryDict, one: FormField, name: str) -> list[dict[str, Any]] | None:
    numbers = {key.split(_ROW)[1] for key in posted if key.startswith(name + _ROW)}
    rows = []
    for number in sorted(int(part) for part in numbers if part.isascii() and part.isdigit() and len(part) < 6):
        parts = {part.id: _given(posted, part, f"{name}{_ROW}{number}{_ROW}{part.id}") for part in one.parts}
        if any(parts[part.id] is not None for part in one.parts if _asks(part)) or not any(map(_asks, one.parts)):
            rows.append(parts)
    return rows or ([] if one.value is not None or one.default else None)


def _asks(part: FormField) -> bool:
    """Whether an untouched control gives nothing: a box to tick always gives something."""
    return part.control is not Control.CHECKBOX


_SPECIAL: Mapping[Control, Any] = {
    Control.CHECKBOX: _checkbox,
    Control.MULTISELECT: _multiselect,
    Control.LIST: _lines,
    Control.OBJECT: _object,
    Control.TABLE: _table,
}


def kept_values(fields: Sequence[FormField], given: Mapping[str, Any]) -> dict[str, Any]:
    """What may be remembered for the next time: all but secrets."""
    secret = {one.id for one in fields if one.control is Control.PASSWORD}
    return {name: value for name, value in given.items() if name not in secret}


def faults_by_id(found: Resolved) -> dict[str, str]:
    """The first fault of each input."""
    faults: dict[str, str] = {}
    for fault in found.faults:
        faults.setdefault(dotted(fault.path[:1]), fault.message)
    return faults


def fault_said(one: FormField, fault: str) -> str:
    """What is wrong, below its field: of one left empty, not more than that."""
    return f"{one.label} needs a value." if _MISSING in fault else fault


def input_groups(
    fields: Sequence[FormField], values: Mapping[str, Any], faults: Mapping[str, str], found: Resolved | None = None
) -> list[Group]:
    """The form with these values in it. `found`, a check of them, tells what is hidden, dynamic choices, defaults."""
    groups: list[Group] = []
    for one in fields:
        shown = _with_choices(one, found.choices.get(one.id)) if found else one
        value = values.get(one.id, shown.value)
        if value is None and shown.default and found:
            value = _known_default(found, one.id)
        row = _row(shown, one.id, value)
        hidden = bool(found and one.id in found.disabled)
        row = replace(row, fault=fault_said(one, faults.get(one.id, "")), hidden=hidden)
        label = (one.form.display_name or one.form.id) if one.form else ""
        if groups and groups[-1].label == label:
            groups[-1] = replace(groups[-1], rows=(*groups[-1].rows, row))
        else:
            groups.append(Group(label, one.form.description if one.form else "", (row,)))
    return groups


def _with_choices(one: FormField, values: tuple[str, ...] | None) -> FormField:
    return one if values is None else replace(one, choices=tuple(Choice(value, value) for value in values))


def _known_default(found: Resolved, name: str) -> Any:
    """What a default was rendered to; nothing of a secret, and nothing that only the run can tell."""
    value = lookup(found.values, name)
    is_sealed = isinstance(value, Mapping) and value.get("type") == ENCRYPTED_TYPE
    return None if is_sealed or (isinstance(value, str) and "{{" in value) else value


def _row(one: FormField, name: str, value: Any) -> Row:
    if one.control is Control.OBJECT:
        given = _as_data(value)
        inside = given if isinstance(given, Mapping) else {}
        return Row(one, name, value, parts=_cells(one, name, inside))
    if one.control is Control.TABLE:
        given = _as_data(value)
        rows = [row for row in given if isinstance(row, Mapping)] if isinstance(given, list) else []
        rows += [{}] * (max(one.least, _FEWEST_SHOWN) - len(rows))
        lines = tuple(_cells(one, f"{name}{_ROW}{number}", row) for number, row in enumerate(rows))
        return Row(one, name, value, lines=lines, blank=_cells(one, f"{name}{_ROW}N", {}))
    return Row(one, name, value)


def _cells(one: FormField, name: str, inside: Mapping[str, Any]) -> tuple[Row, ...]:
    return tuple(_row(part, f"{name}{_ROW}{part.id}", inside.get(part.id, part.value)) for part in one.parts)


def _as_data(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return None


def check_json(fields: Sequence[FormField], found: Resolved) -> dict[str, Any]:
    """What the page must know after a value changed: for each field whether it is asked for, and what is wrong."""
    faults = faults_by_id(found)
    own = {one.id for one in fields}
    return {
        "fields": {
            one.id: {
                "hidden": one.id in found.disabled,
                "fault": fault_said(one, faults.get(one.id, "")),
                "choices": list(found.choices[one.id]) if one.id in found.choices else None,
            }
            for one in fields
        },
        "general": [text for name, text in faults.items() if name not in own],
    }
