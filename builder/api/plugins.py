"""The task, trigger and condition types there are, and the JSON Schema of each."""

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from builder.api.methods import methods
from builder.errors import NotFound
from builder.flows.catalogue import Kind
from builder.flows.input_kinds import COMMON_INPUT_KEYS, INPUT_KINDS
from builder.tasks.base import Task
from builder.tasks.catalogue import Entry, catalogue
from builder.tasks.outputs import outputs_of

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
    """The JSON Schema alone."""
    return JsonResponse(_schema(_entry(name).name)["properties"])


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
    outputs = outputs_of(plugin.run) if issubclass(plugin, Task) else None
    return {"properties": properties, "outputs": outputs.model_json_schema(by_alias=True) if outputs else None}


list_view = methods(GET=listed)
type_view = methods(GET=read)
schema_view = methods(GET=schema)
inputs_view = methods(GET=inputs)
