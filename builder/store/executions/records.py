"""Logs and metrics of executions: writing them fast, reading them page by page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from builder.engine.execution import Execution
from builder.models import LogEntry, Metric
from builder.store import documents
from builder.store.executions.values import UNKNOWN_COST, LogLine, MetricPoint
from builder.store.gate import moment, run_many, write
from builder.tasks.world.context import LEVELS

_INSERT_LOG = """
INSERT INTO builder_logentry (execution_id, namespace, flow_id, task_id, path, run_id, attempt, level, message, at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_INSERT_METRIC = """
INSERT INTO builder_metric (execution_id, task_id, path, run_id, attempt, name, value, unit, tags, at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_PLACES = Decimal("1E-12")
_LARGEST = Decimal(10) ** 15


@dataclass(frozen=True, slots=True)
class LogRow:
    """A kept log line; `id` grows with the order of writing and is where a follower goes on."""

    id: int
    execution_id: str
    namespace: str
    flow_id: str
    task_id: str
    path: str
    run_id: str
    attempt: int
    level: str
    message: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MetricRow:
    id: int
    task_id: str
    path: str
    run_id: str
    attempt: int
    name: str
    value: Decimal
    unit: str
    tags: Mapping[str, str]
    at: datetime


def insert_logs(lines: Iterable[tuple[Execution, LogLine]]) -> None:
    """Inside the caller's transaction."""
    run_many(
        _INSERT_LOG,
        [
            (
                execution.id,
                execution.namespace,
                execution.flow_id,
                line.task_id,
                line.path,
                line.run_id,
                line.attempt,
                LEVELS.index(line.level),
                documents.clean(line.message),
                moment(line.at),
            )
            for execution, line in lines
        ],
    )


def insert_metrics(points: Iterable[tuple[Execution, MetricPoint]]) -> None:
    """Inside the caller's transaction."""
    run_many(
        _INSERT_METRIC,
        [
            (
                execution.id,
                point.task_id,
                point.path,
                point.run_id,
                point.attempt,
                point.name,
                str(exact(point.value)),
                point.unit,
                documents.dump(point.tags),
                moment(point.at),
            )
            for execution, point in points
        ],
    )


def exact(value: Decimal | int | float) -> Decimal:
    """As a Decimal of at most 12 places; a float by its shortest text, so that 0.1 stays 0.1.

    What no column holds (not a number, beyond a quadrillion) becomes 0 or the limit: a metric never stops an execution.
    """
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if number.is_nan():
        return Decimal(0)
    return max(-_LARGEST, min(_LARGEST, number)).quantize(_PLACES).normalize()


def totals(points: Sequence[MetricPoint]) -> tuple[int | None, Decimal | None, int]:
    """Tokens and cost that these points add to the execution (None: nothing known), and calls of unknown cost."""
    tokens: int | None = None
    cost: Decimal | None = None
    unpriced = 0
    for point in points:
        name = point.name.lower()
        if name == "cost":
            cost = (cost or Decimal(0)) + exact(point.value)
        elif name == UNKNOWN_COST:
            unpriced += int(exact(point.value))
        elif "total" in name and "token" in name:
            tokens = (tokens or 0) + int(exact(point.value))
    return tokens, cost, max(0, unpriced)


def logs(
    execution_id: str,
    *,
    after_id: int = 0,
    min_level: str = "TRACE",
    task_id: str = "",
    path: str = "",
    run_id: str = "",
    attempt: int | None = None,
    limit: int = 1000,
) -> list[LogRow]:
    """Log lines of one execution, oldest first, after the line `after_id`."""
    wanted: dict[str, Any] = {"execution_id": execution_id, "id__gt": after_id, "level__gte": LEVELS.index(min_level)}
    wanted |= {name: value for name, value in (("task_id", task_id), ("path", path), ("run_id", run_id)) if value}
    if attempt is not None:
        wanted["attempt"] = attempt
    return _log_rows(LogEntry.objects.filter(**wanted).order_by("id")[:limit])


def last_logs(execution_id: str, limit: int = 1000) -> list[LogRow]:
    """The last lines of one execution, oldest first."""
    return _log_rows(LogEntry.objects.filter(execution_id=execution_id).order_by("-id")[:limit])[::-1]


def count_logs(execution_id: str) -> int:
    return LogEntry.objects.filter(execution_id=execution_id).count()


def search_logs(
    *,
    namespace: str = "",
    flow_id: str = "",
    min_level: str = "TRACE",
    text: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[LogRow]:
    """Log lines of all executions, newest first; `namespace` takes its children too."""
    found = LogEntry.objects.filter(level__gte=LEVELS.index(min_level))
    if namespace:
        found = found.filter(namespace=namespace) | found.filter(namespace__startswith=f"{namespace}.")
    wanted = {"flow_id": flow_id, "message__icontains": text, "at__gte": since, "at__lt": until, "id__lt": before_id}
    found = found.filter(**{name: value for name, value in wanted.items() if value not in ("", None)})
    return _log_rows(found.order_by("-at", "-id")[:limit])


def delete_logs(execution_id: str) -> int:
    with write():
        return LogEntry.objects.filter(execution_id=execution_id).delete()[0]


def purge_logs(
    *,
    namespace: str = "",
    flow_id: str = "",
    execution_id: str = "",
    levels: Sequence[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 1000,
) -> int:
    """Deletes up to so many of these lines, the oldest first; `namespace` takes its children too without a flow."""
    found = LogEntry.objects.all()
    if namespace:
        inside = Q(namespace=namespace)
        found = found.filter(inside if flow_id else inside | Q(namespace__startswith=f"{namespace}."))
    wanted = {"flow_id": flow_id, "execution_id": execution_id, "at__gte": since, "at__lt": until}
    found = found.filter(**{name: value for name, value in wanted.items() if value})
    if levels:
        found = found.filter(level__in=[LEVELS.index(level) for level in levels])
    with write():
        ids = list(found.order_by("id").values_list("id", flat=True)[:limit])
        return LogEntry.objects.filter(id__in=ids).delete()[0] if ids else 0


def delete_metrics(execution_id: str) -> int:
    with write():
        return Metric.objects.filter(execution_id=execution_id).delete()[0]


def error_logs(execution_id: str) -> list[LogRow]:
    return logs(execution_id, min_level="ERROR")


def metrics(execution_id: str) -> list[MetricRow]:
    """All numbers of one execution, in the order they came."""
    return [
        MetricRow(
            row.id,
            row.task_id,
            row.path,
            row.run_id,
            row.attempt,
            row.name,
            exact(row.value),
            row.unit,
            documents.load(row.tags),
            row.at,
        )
        for row in Metric.objects.filter(execution_id=execution_id).order_by("id")
    ]


def _log_rows(found: QuerySet[LogEntry]) -> list[LogRow]:
    return [
        LogRow(
            row.id,
            row.execution_id,
            row.namespace,
            row.flow_id,
            row.task_id,
            row.path,
            row.run_id,
            row.attempt,
            LEVELS[row.level],
            row.message,
            row.at,
        )
        for row in found
    ]
