"""The history of executions as lists show it: filtered, counted, page by page, in a bounded number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from django.db.models import Count, Q, QuerySet, Sum

from builder.engine.states import State
from builder.errors import NotFound
from builder.models import Execution as ExecutionRow
from builder.models import Label, Metric
from builder.store import documents
from builder.store.executions.records import exact
from builder.store.executions.terms import Term, condition
from builder.store.gate import select_each
from builder.store.pages import Page, total_of

_SORTS = {
    "created": ("created_at", "id"),
    "started": ("started_at", "id"),
    "ended": ("ended_at", "id"),
    "flow": ("flow_id", "id"),
    "namespace": ("namespace", "id"),
    "state": ("state", "id"),
    "id": ("id",),
}
_COLUMNS = (
    "id",
    "namespace",
    "flow_id",
    "revision",
    "state",
    "labels",
    "trigger",
    "message",
    "parent_id",
    "original_id",
    "created_at",
    "started_at",
    "ended_at",
    "wake_at",
    "runs_total",
    "runs_ended",
    "tokens",
    "cost",
    "unpriced",
    "owner",
)

_LAST = """
SELECT id FROM (SELECT id FROM builder_execution WHERE namespace = %s AND flow_id = %s
  ORDER BY created_at DESC, id DESC LIMIT %s) AS latest
"""
_FLOWS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Filters:
    """Which executions a list shows. `namespace` takes its children too; `text` looks into ids, flow and namespace.

    `labels` and `terms` must all match. `since` and `until` bound the time of creation. `parent_id`: only children of
    that one; `children`: None all, True only children, False only those that nobody's Subflow started.
    """

    namespace: str = ""
    flow_id: str = ""
    states: Sequence[State] = ()
    labels: Sequence[tuple[str, str]] = ()
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    parent_id: str = ""
    children: bool | None = None
    exact_namespace: bool = False
    terms: Sequence[Term] = ()


@dataclass(frozen=True, slots=True)
class ExecutionItem:
    """One line of a list. `trigger` is "" when a person started it; `cost` None: unknown or nothing was spent.

    `unpriced`: how many calls are not in the cost, since nobody knows theirs.
    """

    id: str
    namespace: str
    flow_id: str
    revision: int
    state: State
    labels: tuple[tuple[str, str], ...]
    trigger: str
    trigger_type: str
    message: str
    parent_id: str | None
    original_id: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    wake_at: datetime | None
    runs_total: int
    runs_ended: int
    tokens: int | None
    cost: Decimal | None
    unpriced: int
    is_draft: bool
    owner: str


@dataclass(frozen=True, slots=True)
class Spent:
    """What executions used together: `unpriced` calls are not in the cost, which is None where none is known."""

    tokens: int | None
    cost: Decimal | None
    unpriced: int


@dataclass(frozen=True, slots=True)
class StateCount:
    state: State
    count: int


def search(filters: Filters, *, page: int = 1, size: int = 25, sort: str = "-created") -> Page[ExecutionItem]:
    """One page, newest first unless `sort` says otherwise ("created", "-ended", "flow" ...)."""
    found = _filtered(filters)
    ids = list(found.order_by(*_order(sort)).values_list("id", flat=True)[(page - 1) * size : page * size])
    rows = {row["id"]: row for row in _item_rows(ids)}
    total = total_of(found, len(ids), page, size)
    return Page(tuple(_item(rows[key]) for key in ids if key in rows), total, page, size)


def ids(filters: Filters, limit: int) -> list[str]:
    """The ids alone, newest first."""
    return list(_filtered(filters).order_by(*_order("-created")).values_list("id", flat=True)[:limit])


def item(execution_id: str) -> ExecutionItem:
    """One line by its id. Raises NotFound."""
    for row in _item_rows([execution_id]):
        return _item(row)
    raise NotFound(f"Execution `{execution_id}` does not exist; it may have been deleted.")


def counts(filters: Filters) -> dict[State, int]:
    """How many there are in each state."""
    pairs = _filtered(filters).order_by().values_list("state").annotate(count=Count("id"))
    return {State(state): count for state, count in pairs}


DISTINCT = {"namespace": "namespace", "flowId": "flow_id", "state": "state", "triggerExecutionId": "parent_id"}
"""What executions can be told apart by, as Kestra names it, and the column that holds it."""


def distinct(filters: Filters, field: str, limit: int) -> list[str]:
    """The values that a field of `DISTINCT` has among them, in their order."""
    column = DISTINCT[field]
    found = _filtered(filters).filter(**{f"{column}__isnull": False}).order_by(column)
    return list(found.values_list(column, flat=True).distinct()[:limit])


def spent(filters: Filters) -> Spent:
    """What they used together."""
    sums = _filtered(filters).order_by().aggregate(Sum("tokens"), Sum("cost"), Sum("unpriced"))
    cost = sums["cost__sum"]
    return Spent(sums["tokens__sum"], None if cost is None else exact(cost), sums["unpriced__sum"] or 0)


def counts_of(
    flows: Sequence[tuple[str, str]],
    namespaces: Sequence[str],
    *,
    states: Sequence[State] = (),
    since: datetime | None = None,
    until: datetime | None = None,
) -> dict[tuple[str, str | None], int]:
    """How many executions each flow has, and (without a flow) each namespace alone; none is a count too."""
    chosen = _filtered(Filters(states=states, since=since, until=until)).order_by()
    wanted = Q(pk__in=[])
    for namespace, flow_id in flows:
        wanted |= Q(namespace=namespace, flow_id=flow_id)
    found: dict[tuple[str, str | None], int] = dict.fromkeys([*flows, *((name, None) for name in namespaces)], 0)
    for namespace, flow_id, count in chosen.filter(wanted).values_list("namespace", "flow_id").annotate(Count("id")):
        found[namespace, flow_id] = count
    of_namespaces = chosen.filter(namespace__in=namespaces).values_list("namespace").annotate(Count("id"))
    for namespace, count in of_namespaces:
        found[namespace, None] = count
    return found


def ended_ids(filters: Filters, limit: int, after: str = "") -> list[str]:
    """Executions that have ended, in the order of their ids, those after one of them."""
    found = _filtered(filters).filter(ended_at__isnull=False, id__gt=after)
    return list(found.order_by("id").values_list("id", flat=True)[:limit])


def recent_states(flows: Sequence[tuple[str, str]], last: int = 10) -> dict[tuple[str, str], list[ExecutionItem]]:
    """The last executions of each of these flows (namespace, id), oldest first, for small bars."""
    found: dict[tuple[str, str], list[ExecutionItem]] = {flow: [] for flow in flows}
    for start in range(0, len(flows), _FLOWS_AT_ONCE):
        ids = _last_ids(flows[start : start + _FLOWS_AT_ONCE], last)
        for row in _item_rows(ids).order_by("created_at", "id"):
            shown = _item(row)
            found[(shown.namespace, shown.flow_id)].append(shown)
    return found


def _last_ids(flows: Sequence[tuple[str, str]], last: int) -> list[str]:
    """One index look-up for each flow, in one statement; a window function would read the flows' whole history."""
    return [row[0] for row in select_each(_LAST, [(*flow, last) for flow in flows])]


def usage_by_path(execution_id: str) -> dict[str, Mapping[str, Decimal]]:
    """Sums of the metrics of each task run, by path and name."""
    sums: dict[str, dict[str, Decimal]] = {}
    for path, name, value in Metric.objects.filter(execution_id=execution_id).values_list("path", "name", "value"):
        of_path = sums.setdefault(path, {})
        of_path[name] = of_path.get(name, Decimal(0)) + exact(value)
    return dict(sums)


def _filtered(filters: Filters) -> QuerySet[ExecutionRow]:
    found = ExecutionRow.objects.all()
    if filters.namespace:
        inside = Q(namespace=filters.namespace)
        below = Q(namespace__startswith=f"{filters.namespace}.")
        found = found.filter(inside if filters.exact_namespace else inside | below)
    exact_matches = {
        "flow_id": filters.flow_id,
        "state__in": [state.value for state in filters.states],
        "created_at__gte": filters.since,
        "created_at__lt": filters.until,
        "parent_id": filters.parent_id,
    }
    found = found.filter(**{name: value for name, value in exact_matches.items() if value})
    if filters.children is not None:
        found = found.filter(parent_path__isnull=not filters.children)
    if filters.text:
        found = found.filter(
            Q(id__istartswith=filters.text) | Q(flow_id__icontains=filters.text) | Q(namespace__icontains=filters.text)
        )
    for key, value in filters.labels:
        found = found.filter(id__in=Label.objects.filter(key=key, value=value).values("execution_id"))
    for term in filters.terms:
        found = found.filter(condition(term))
    return found


def _order(sort: str) -> list[str]:
    descending, name = sort.startswith("-"), sort.lstrip("-")
    return [f"-{column}" if descending else column for column in _SORTS.get(name, _SORTS["created"])]


def _item_rows(ids: Sequence[str]) -> "QuerySet[ExecutionRow, dict[str, Any]]":
    rows = ExecutionRow.objects.filter(id__in=ids).annotate(is_draft=Q(draft_source__isnull=False))
    return cast("QuerySet[ExecutionRow, dict[str, Any]]", rows.values(*_COLUMNS, "is_draft"))


def _item(row: Mapping[str, Any]) -> ExecutionItem:
    fields = dict(row)
    trigger = documents.load_or_none(fields.pop("trigger")) or {}
    fields["state"] = State(fields["state"])
    fields["labels"] = tuple((key, value) for key, value in documents.load(fields["labels"]))
    fields["cost"] = None if fields["cost"] is None else exact(fields["cost"])
    return ExecutionItem(**fields, trigger=trigger.get("id", ""), trigger_type=trigger.get("type", ""))
