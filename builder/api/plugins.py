"""The task, trigger and condition types there are, and the JSON Schema of each."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from builder.api.methods import methods
from builder.errors import NotFound
from builder.expressions.registry import FILTERS, FUNCTIONS
from builder.flows.catalogue import Kind
from builder.flows.checks.head import FLOW_KEYS
from builder.flows.inputs.kinds import COMMON_INPUT_KEYS, INPUT_KINDS
from builder.tasks.catalogue import Entry, catalogue

_LISTS = {Kind.TASK: "tasks", Kind.TRIGGER: "triggers", Kind.CONDITION: "conditions"}


def listed(request: HttpRequest) -> HttpResponseBase:
    """The types by family, as Kestra groups its plugins."""
    groups: dict[str, dict[str, Any]] = {}
    for entry in catalogue().all():
        group = entry.name.rpartition(".")[0]
        found = groups.setdefault(group, {
            "name": group, "group": group, "title": entry.category, "tasks": [], "triggers": [], "conditions": [],
        })  # fmt: skip
        found[_LISTS[entry.kind]].append({
            "cls": entry.name, "title": entry.title, "description": entry.summary,
            "deprecated": bool(entry.plugin.deprecated),
        })  # fmt: skip
    return JsonResponse(list(groups.values()), safe=False)


def read(request: HttpRequest, name: str) -> HttpResponseBase:
    """One type, by its name or an older one: words for people, and the JSON Schema of its properties and outputs."""
    entry = _entry(name)
    return JsonResponse({
        "cls": entry.name, "aliases": entry.plugin.aliases, "title": entry.title, "markdown": entry.plugin.__doc__,
        "example": entry.plugin.example, "deprecated": entry.plugin.deprecated or None, "schema": _schema(entry.name),
    })  # fmt: skip


def schema(request: HttpRequest, name: str) -> HttpResponseBase:
    """The JSON Schema of a type, or of every `flow`, `task`, `trigger` or `condition`."""
    return JsonResponse(_WHOLE[name]() if name in _WHOLE else _schema(_entry(name).name)["properties"])


def functions(request: HttpRequest) -> HttpResponseBase:
    """The functions of expressions, each with its arguments."""
    found = [
        {"name": one.name, "arguments": [{"name": name, "defaultValue": None} for name in one.parameters]}
        for one in FUNCTIONS.values()
    ]
    return JsonResponse(found, safe=False)


def filters(request: HttpRequest) -> HttpResponseBase:
    """The filters of expressions."""
    return JsonResponse(sorted(FILTERS), safe=False)


def inputs(request: HttpRequest) -> HttpResponseBase:
    """The types of flow inputs, each with the keys it knows."""
    return JsonResponse(
        [{"type": kind, "properties": [*COMMON_INPUT_KEYS, *own]} for kind, own in INPUT_KINDS.items()], safe=False
    )


def _entry(name: str) -> Entry:
    found = catalogue().find(name)
    if found is None:
        raise NotFound(f"There is no task, trigger or condition type `{name[:200]}`.")
    return found


@cache
def _schema(name: str) -> dict[str, Any]:
    plugin = _entry(name).plugin
    properties = plugin.model_json_schema(by_alias=True)
    properties["properties"] |= {"type": {"const": name}}
    outputs = plugin.declared_outputs()
    return {"properties": properties, "outputs": outputs.model_json_schema(by_alias=True) if outputs else None}


def _any_of(kind: Kind) -> dict[str, Any]:
    """What a map of any type of this kind must be."""
    names = [name for entry in catalogue().all() if entry.kind is kind for name in (entry.name, *entry.plugin.aliases)]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["type"] if kind is Kind.CONDITION else ["id", "type"],
        "properties": {"id": {"type": "string"}, "type": {"enum": names}},
        "allOf": [
            {"if": {"properties": {"type": {"const": entry.name}}}, "then": {"$ref": f"#/$defs/{entry.name}"}}
            for entry in catalogue().all()
            if entry.kind is kind
        ],
        "$defs": {
            entry.name: {"properties": dict.fromkeys(_schema(entry.name)["properties"]["properties"], True),
                         "required": _schema(entry.name)["properties"].get("required", [])}
            for entry in catalogue().all()
            if entry.kind is kind
        },
    }  # fmt: skip


def _flow() -> dict[str, Any]:
    lists = {"type": "array", "items": {"type": "object", "required": ["id", "type"]}}
    properties: dict[str, Any] = dict.fromkeys(FLOW_KEYS, True)
    properties |= dict.fromkeys(("tasks", "errors", "finally", "afterExecution", "triggers", "inputs"), lists)
    properties |= {"id": {"type": "string"}, "namespace": {"type": "string"}, "disabled": {"type": "boolean"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": properties,
        "required": ["id", "namespace", "tasks"], "additionalProperties": False,
    }  # fmt: skip


_WHOLE: dict[str, Callable[[], dict[str, Any]]] = {
    "flow": _flow,
    "task": lambda: _any_of(Kind.TASK),
    "trigger": lambda: _any_of(Kind.TRIGGER),
    "condition": lambda: _any_of(Kind.CONDITION),
}

list_view = methods(GET=listed)
functions_view = methods(GET=functions)
filters_view = methods(GET=filters)
type_view = methods(GET=read)
schema_view = methods(GET=schema)
inputs_view = methods(GET=inputs)
