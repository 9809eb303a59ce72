"""Kestra 2's way to filter, `filters[field][OPERATOR]=value`.

What a list's plain parameters can say is read as these; what only executions can be asked becomes terms.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import wraps

from django.http import HttpRequest, HttpResponseBase, QueryDict

from builder.api.methods import View
from builder.errors import InvalidInput
from builder.store.executions.terms import Term, Value

_FILTER = re.compile(r"filters\[(?P<field>\w+)\]\[(?P<operator>\w+)\](?:\[(?P<key>.+)\])?", re.DOTALL)
_OPERATORS = {
    "q": ("EQUALS",),
    "scope": ("EQUALS", "IN"),
    "namespace": ("EQUALS", "PREFIX"),
    "flowId": ("EQUALS",),
    "labels": ("EQUALS",),
    "state": ("EQUALS", "IN"),
    "startDate": ("GREATER_THAN_OR_EQUAL_TO",),
    "endDate": ("LESS_THAN_OR_EQUAL_TO", "LESS_THAN"),
    "timeRange": ("EQUALS",),
    "triggerExecutionId": ("EQUALS",),
    "childFilter": ("EQUALS",),
    "level": ("EQUALS", "GREATER_THAN_OR_EQUAL_TO"),
    "taskId": ("EQUALS",),
    "taskRunId": ("EQUALS",),
    "attemptNumber": ("EQUALS",),
}
"""The fields that lists can be filtered by, each with the operators that it takes."""
_PLAIN = {"level": "minLevel", "attemptNumber": "attempt"}
"""Where a list's own parameter has another name."""
_SETS = ("EQUALS", "NOT_EQUALS", "IN", "NOT_IN")
_TEXTS = (*_SETS, "CONTAINS", "STARTS_WITH", "ENDS_WITH")
_NAMES = (*_TEXTS, "REGEX", "PREFIX")
_TIMES = (
    "EQUALS", "NOT_EQUALS", "GREATER_THAN", "GREATER_THAN_OR_EQUAL_TO", "LESS_THAN", "LESS_THAN_OR_EQUAL_TO",
)  # fmt: skip
_TERMS = {
    "id": _TEXTS, "namespace": _NAMES, "flowId": _NAMES, "labels": (*_SETS, "CONTAINS"), "state": _SETS,
    "triggerExecutionId": _TEXTS, "startDate": _TIMES, "endDate": _TIMES,
}  # fmt: skip
"""The same of executions, where they can be asked more."""


class BadFilter(InvalidInput):
    """A filter that a list does not have."""

    status = 400


def filtered(view: View, *, terms: bool = False) -> View:
    """A list's view that sees plain parameters alone; with `terms` also filters that are read by `terms_of`.

    Raises BadFilter for one that no list can do.
    """

    @wraps(view)
    def read(request: HttpRequest, **names: str) -> HttpResponseBase:
        if any(name.startswith("filters[") for name in request.GET):
            request.GET = _plain(request.GET, terms)  # type: ignore[assignment]
        return view(request, **names)

    return read


def terms_of(request: HttpRequest) -> tuple[Term, ...]:
    """The filters that have no plain parameter."""
    found = []
    for name, values in request.GET.lists():
        match = _FILTER.fullmatch(name)
        if match is not None:
            read = tuple(_values(match["field"], match["operator"], [str(value) for value in values]))
            found.append(Term(match["field"], match["operator"], read, match["key"] or ""))
    return tuple(found)


def is_term(name: str) -> bool:
    """Whether a parameter is such a filter."""
    return _FILTER.fullmatch(name) is not None


def _values(field: str, operator: str, values: Iterable[str]) -> Iterable[Value]:
    for value in values:
        if field in ("startDate", "endDate"):
            yield _moment(field, value)
        elif operator.endswith("IN"):
            yield from (part.strip() for part in value.split(",") if part.strip())
        else:
            yield value


def _moment(field: str, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadFilter(f"{field} is `{text[:100]}`; it is a time such as 2026-01-31T09:30:00Z.") from error


def _plain(given: QueryDict, terms: bool) -> QueryDict:
    found = given.copy()
    for name, values in given.lists():
        if name.startswith("filters["):
            del found[name]
            _add(found, name, [str(value) for value in values], terms)
    return found


def _add(found: QueryDict, name: str, values: list[str], terms: bool) -> None:
    match = _FILTER.fullmatch(name)
    field, operator = (match["field"], match["operator"]) if match else ("", "")
    known = {**_OPERATORS, **_TERMS} if terms else _OPERATORS
    if match is None or field not in known:
        raise BadFilter(f"Unknown filter field '{field or name[:100]}'. There are {', '.join(known)}.")
    allowed = (*_OPERATORS.get(field, ()), *(_TERMS.get(field, ()) if terms else ()))
    if operator not in allowed:
        raise BadFilter(f"The filter {field} takes {', '.join(dict.fromkeys(allowed))}, not {operator[:50]}.")
    if operator not in _OPERATORS.get(field, ()):
        found.setlist(name, values)
        return
    for value in values:
        found.appendlist(_PLAIN.get(field, field), f"{match['key']}:{value}" if match["key"] else value)
    if (field, operator) == ("namespace", "EQUALS"):
        found["exactNamespace"] = "true"
