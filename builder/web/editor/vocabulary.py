"""The words that the YAML pane completes: types, their properties and values, and what expressions know."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from builder.expressions import FILTERS, FUNCTIONS, Operation
from builder.tasks.catalogue import catalogue
from builder.tasks.fields.form import FormField
from builder.web.editor.fields.declared import INPUT_TYPES, input_fields
from builder.web.editor.fields.flow import FLOW_FIELDS
from builder.web.editor.steps.outline import SECTIONS


@require_GET
@cache_control(private=True, max_age=600)
def vocabulary(request: HttpRequest) -> JsonResponse:
    """All words, the same for every flow."""
    return JsonResponse(_words())


@cache
def _words() -> dict[str, Any]:
    known = catalogue()
    types = [
        {"name": entry.name, "kind": entry.kind.value, "title": entry.title, "help": entry.summary}
        for entry in known.all()
        if not entry.plugin.deprecated
    ]
    types += [{"name": name, "kind": "input", "title": "", "help": ""} for name in INPUT_TYPES]
    keys = {entry.name: _keys(entry.fields) for entry in known.all()}
    keys |= {name: _keys(input_fields(name)) for name in INPUT_TYPES}
    keys[""] = _keys(FLOW_FIELDS) + [{"name": name, "help": label, "options": []} for name, label, _ in SECTIONS]
    return {"types": types, "keys": keys, "functions": _operations(FUNCTIONS), "filters": _operations(FILTERS)}


def _operations(found: Mapping[str, Operation]) -> list[dict[str, str]]:
    return [{"name": name, "help": f"{one.summary}\n{one.example}"} for name, one in sorted(found.items())]


def _keys(fields: Sequence[FormField]) -> list[dict[str, Any]]:
    return [{"name": one.name, "help": one.description, "options": list(one.options)} for one in fields]
