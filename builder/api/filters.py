"""Kestra 2's way to filter, `filters[field][OPERATOR]=value`, read as the plain parameters that say the same."""

import re
from functools import wraps

from django.http import HttpRequest, HttpResponseBase, QueryDict

from builder.api.methods import View
from builder.errors import InvalidInput

_FILTER = re.compile(r"filters\[(?P<field>\w+)\]\[(?P<operator>\w+)\](?:\[(?P<key>.+)\])?", re.DOTALL)
_OPERATORS = {
    "q": ("EQUALS",),
    "namespace": ("EQUALS", "PREFIX", "STARTS_WITH"),
    "flowId": ("EQUALS",),
    "labels": ("EQUALS",),
    "state": ("EQUALS", "IN"),
    "startDate": ("GREATER_THAN_OR_EQUAL_TO", "GREATER_THAN"),
    "endDate": ("LESS_THAN_OR_EQUAL_TO", "LESS_THAN"),
    "timeRange": ("EQUALS",),
    "triggerExecutionId": ("EQUALS",),
    "childFilter": ("EQUALS",),
    "level": ("EQUALS", "GREATER_THAN_OR_EQUAL_TO"),
}
"""The fields that lists can be filtered by, each with the operators that it takes."""
_PLAIN = {"level": "minLevel"}
"""Where a list's own parameter has another name."""


def filtered(view: View) -> View:
    """A list's view that sees plain parameters alone. Raises InvalidInput for a filter that no list can do."""

    @wraps(view)
    def read(request: HttpRequest, **names: str) -> HttpResponseBase:
        if any(name.startswith("filters[") for name in request.GET):
            request.GET = _plain(request.GET)  # type: ignore[assignment]
        return view(request, **names)

    return read


def _plain(given: QueryDict) -> QueryDict:
    found = given.copy()
    for name, values in given.lists():
        if name.startswith("filters["):
            del found[name]
            _add(found, name, [str(value) for value in values])
    return found


def _add(found: QueryDict, name: str, values: list[str]) -> None:
    match = _FILTER.fullmatch(name)
    field, operator = (match["field"], match["operator"]) if match else ("", "")
    if match is None or field not in _OPERATORS:
        raise InvalidInput(f"Unknown filter field `{name[:100]}`; there are {', '.join(_OPERATORS)}.")
    if operator not in _OPERATORS[field]:
        raise InvalidInput(f"The filter {field} takes {', '.join(_OPERATORS[field])}, not {operator[:50]}.")
    for value in values:
        found.appendlist(_PLAIN.get(field, field), f"{match['key']}:{value}" if match["key"] else value)
    if (field, operator) == ("namespace", "EQUALS"):
        found["exactNamespace"] = "true"
