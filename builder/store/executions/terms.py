"""One comparison of a search, `field OPERATOR value`, as a condition on execution rows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import regex
from django.db.models import Q

from builder.errors import InvalidInput
from builder.models import Execution as ExecutionRow
from builder.models import Label

_COLUMNS = {
    "id": "id", "namespace": "namespace", "flowId": "flow_id", "state": "state", "triggerExecutionId": "parent_id",
    "startDate": "created_at", "endDate": "ended_at",
}  # fmt: skip
_REGEX_SECONDS = 0.5

Value = str | datetime


@dataclass(frozen=True, slots=True)
class Term:
    """`operator` in Kestra's words (EQUALS, NOT_IN, STARTS_WITH ...). `key`: of labels, which value is meant."""

    field: str
    operator: str
    values: tuple[Value, ...]
    key: str = ""


def condition(term: Term) -> Q:
    """What the rows must fulfil. Raises InvalidInput for a pattern that is none."""
    negated = term.operator.startswith("NOT_")
    operator = term.operator.removeprefix("NOT_")
    found = _labelled(term, operator) if term.field == "labels" else _compared(term, operator)
    return ~found if negated else found


def _labelled(term: Term, operator: str) -> Q:
    labels = Label.objects.filter(key=term.key) if term.key else Label.objects.all()
    wanted = Q()
    for value in term.values:
        wanted |= _COMPARISONS[operator]("value", value)
    return Q(id__in=labels.filter(wanted).values("execution_id"))


def _compared(term: Term, operator: str) -> Q:
    column = _COLUMNS[term.field]
    found = Q()
    for value in term.values:
        found |= _matching(column, str(value)) if operator == "REGEX" else _COMPARISONS[operator](column, value)
    return found


_COMPARISONS: dict[str, Callable[[str, Value], Q]] = {
    "EQUALS": lambda column, value: Q(**{column: value}),
    "IN": lambda column, value: Q(**{column: value}),
    "CONTAINS": lambda column, value: Q(**{f"{column}__icontains": value}),
    "STARTS_WITH": lambda column, value: Q(**{f"{column}__startswith": value}),
    "ENDS_WITH": lambda column, value: Q(**{f"{column}__endswith": value}),
    "PREFIX": lambda column, value: Q(**{column: value}) | Q(**{f"{column}__startswith": f"{value}."}),
    "GREATER_THAN": lambda column, value: Q(**{f"{column}__gt": value}),
    "GREATER_THAN_OR_EQUAL_TO": lambda column, value: Q(**{f"{column}__gte": value}),
    "LESS_THAN": lambda column, value: Q(**{f"{column}__lt": value}),
    "LESS_THAN_OR_EQUAL_TO": lambda column, value: Q(**{f"{column}__lte": value}),
}


def _matching(column: str, pattern: str) -> Q:
    """The pattern is tried on the few names there are, since a database would try it without a limit of time."""
    names = ExecutionRow.objects.order_by().values_list(column, flat=True).distinct()
    try:
        compiled = regex.compile(pattern)
        matched = [name for name in names if compiled.search(name, timeout=_REGEX_SECONDS)]
    except (regex.error, TimeoutError) as error:
        raise InvalidInput(f"`{pattern[:100]}` is no regular expression that can be used: {error}.") from error
    return Q(**{f"{column}__in": matched})
