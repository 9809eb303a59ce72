"""How the installation is doing, as far as its database tells: what waits, who drives what, whose clock is off."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce

from builder.engine.states import TERMINAL, State
from builder.models import Execution, Trigger
from builder.store.triggers import history
from builder.tasks.core.trigger import SCHEDULES

_PROMPT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """Executions that have not ended: `count` want a runner and have none, the oldest new one (`oldest_id`) since
    `oldest_at`; `queued` wait for a place among their flow's; `driven` are in hand, the right to `lapsed` is over;
    `parked` wait for a date, a person or a child."""

    count: int
    oldest_at: datetime | None
    oldest_id: str
    queued: int
    driven: int
    lapsed: int
    parked: int


@dataclass(frozen=True, slots=True)
class Driving:
    """An execution in a process's hands."""

    owner: str
    id: str
    namespace: str
    flow_id: str
    state: State
    lease_until: datetime | None
    losses: int


def answer_seconds() -> float:
    """How long the database takes for the least there is to ask. Raises django.db.Error."""
    started = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return time.monotonic() - started


def server_time() -> tuple[float, datetime] | None:
    """A moment of `time.monotonic`, and what the database server's clock told then. None: SQLite has no clock of its
    own, or the answer took so long that it may be from any time."""
    if connection.vendor != "postgresql":
        return None
    connection.ensure_connection()  # which is not what is measured
    before = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        there: datetime = cursor.fetchone()[0]
    after = time.monotonic()
    return None if after - before > _PROMPT_SECONDS else ((before + after) / 2, there)


def clock_offset_seconds() -> float | None:
    """How far this machine's clock is ahead of the database server's; None where that is not known."""
    told = server_time()
    if told is None:
        return None
    monotonic, there = told
    return (datetime.now(UTC) - there).total_seconds() - (time.monotonic() - monotonic)


def version() -> str:
    """The database's name and version."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SHOW server_version")
            return f"PostgreSQL {cursor.fetchone()[0]}"
        cursor.execute("SELECT sqlite_version()")
        return f"SQLite {cursor.fetchone()[0]}"


def missing_migrations() -> list[str]:
    """The steps that the tables lack, as `app.name`."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{step.app_label}.{step.name}" for step, _ in plan]


def known_migrations() -> list[str]:
    """The steps that this version knows, as `app.name`."""
    return sorted(f"{app}.{name}" for app, name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def waiting(now: datetime) -> Waiting:
    """What waits for whom."""
    is_new = Q(state__in=(State.CREATED, State.RESTARTED)) & (Q(wake_at__isnull=True) | Q(wake_at__lte=now))
    wants = Q(owner="") & ~Q(state=State.QUEUED) & (is_new | Q(due_at__lte=now))
    lapsed = ~Q(owner="") & Q(lease_until__lt=now)
    found: dict[str, Any] = _alive().aggregate(
        all=Count("id"),
        count=Count("id", filter=wants),
        queued=Count("id", filter=Q(state=State.QUEUED)),
        owned=Count("id", filter=~Q(owner="")),
        lapsed=Count("id", filter=lapsed),
    )
    oldest = None
    if found["count"]:
        since = Coalesce("wake_at", "created_at")
        news = _alive().filter(wants, state=State.CREATED).annotate(since=since)
        oldest = news.order_by("since").values_list("since", "id").first()
    return Waiting(
        count=found["count"], oldest_at=oldest[0] if oldest else None, oldest_id=oldest[1] if oldest else "",
        queued=found["queued"], driven=found["owned"] - found["lapsed"], lapsed=found["lapsed"],
        parked=found["all"] - found["queued"] - found["owned"] - found["count"],
    )  # fmt: skip


def alive_by_state() -> dict[str, int]:
    """How many executions have not ended, by their state."""
    found = dict(_alive().values_list("state").annotate(count=Count("id")))
    return {state.value: found.get(state.value, 0) for state in State if state not in TERMINAL}


def driving(owners: Sequence[str], limit: int = 200) -> list[Driving]:
    """What these processes have in hand, the oldest first."""
    return _drivings(_alive().filter(owner__in=owners).order_by("created_at")[:limit])


def lapsed(now: datetime, limit: int = 20) -> list[Driving]:
    """Executions whose process no longer renews its right to them; they are taken over within seconds."""
    found = _alive().filter(lease_until__lt=now).exclude(owner="")
    return _drivings(found.order_by("lease_until")[:limit])


def overdue_schedules(now: datetime) -> int:
    """Schedules whose date has passed without anybody having fired it, or seen that it must wait."""
    found = Trigger.objects.filter(type__in=SCHEDULES, enabled=True, declared_disabled=False)
    return found.filter(next_at__lt=now - history.grace()).count()


def database_bytes() -> int:
    """The size of the database: SQLite's file with what is not folded into it yet, or PostgreSQL's own word."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
    name = str(connection.settings_dict["NAME"])
    return sum(part.stat().st_size for part in (Path(name), Path(f"{name}-wal")) if part.exists())


def _alive() -> QuerySet[Execution]:
    return Execution.objects.filter(ended_at__isnull=True)


def _drivings(rows: QuerySet[Execution]) -> list[Driving]:
    return [
        Driving(row.owner, row.id, row.namespace, row.flow_id, State(row.state), row.lease_until, row.losses)
        for row in rows.only("owner", "id", "namespace", "flow_id", "state", "lease_until", "losses")
    ]
