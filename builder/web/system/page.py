"""The System page: who works on what, what waits, how quickly the servers answer, what is wrong."""

import platform
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of

import django
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from builder.access.login import admins_only
from builder.clock import SystemClock
from builder.runtime.vitals import health, signs
from builder.runtime.vitals.facts import DatabaseFacts, Facts, facts
from builder.store.processes import Process
from builder.store.vitals import Driving

_CLOCK = SystemClock()
_SHOWN = 5
_PATIENCE = timedelta(seconds=60)
_CLOCKS_SECONDS = 2.0
_PACKAGES = (("OpenAI client", "openai"), ("RQ", "rq"), ("redis-py", "redis"), ("psycopg", "psycopg"))
_ORDER = {"worker": 0, "scheduler": 1, "web": 2}


@dataclass(frozen=True, slots=True)
class Row:
    """A process with what it drives; `offset_seconds`: how far its clock is ahead of the database's."""

    process: Process
    alive: bool
    driven: int
    executions: tuple[Driving, ...]
    offset_seconds: float | None
    foreign: bool

    @property
    def more(self) -> int:
        """How many of what it drives are not named."""
        return self.driven - len(self.executions)


@admins_only
@never_cache
@require_GET
def system(request: HttpRequest) -> HttpResponse:
    """The page; for htmx the part that changes."""
    found = facts(_CLOCK.now())
    rows = _rows(found)
    context = {
        "facts": found,
        "rows": rows,
        "problems": list(_problems(found, rows)),
        "waited": _waited(found),
        "versions": _versions(found),
    }
    return render(request, "system/_now.html" if request.headers.get("HX-Request") else "system/page.html", context)


def _rows(found: Facts) -> list[Row]:
    if found.database is None:
        return []
    driven: dict[str, list[Driving]] = defaultdict(list)
    for each in found.database.driving:
        driven[each.owner].append(each)
    rows = [_row(found, process, driven[process.name]) for process in found.database.processes]
    return sorted(rows, key=lambda row: (_ORDER.get(row.process.kind, 3), not row.alive, row.process.name))


def _row(found: Facts, process: Process, driven: list[Driving]) -> Row:
    told = process.details
    return Row(
        process=process,
        alive=found.is_alive(process),
        driven=max(len(driven), int(told.get("driven") or 0)) if found.is_alive(process) else len(driven),
        executions=tuple(driven[:_SHOWN]),
        offset_seconds=_offset(found, process),
        foreign=bool(told.get("version")) and told.get("version") != signs.version(),
    )


def _offset(found: Facts, process: Process) -> float | None:
    """On SQLite there is no server's clock to compare with: a sign of life from the future tells as much."""
    measured = process.details.get("clock_offset_seconds")
    if measured is not None:
        return float(measured)
    ahead = (process.beat_at - found.at).total_seconds()
    return ahead if ahead > _CLOCKS_SECONDS else None


def _waited(found: Facts) -> timedelta | None:
    oldest = found.database.waiting.oldest_at if found.database is not None else None
    return None if oldest is None else max(timedelta(), found.at - oldest)


def _problems(found: Facts, rows: Sequence[Row]) -> Iterator[str]:
    yield from (check.problem for check in health.checks() if not check.ok)
    if found.database is not None:
        yield from _of_processes(found, rows)
        yield from _of_work(found, found.database)


def _of_processes(found: Facts, rows: Sequence[Row]) -> Iterator[str]:
    if not found.alive("worker"):
        yield "No worker is running: executions wait until one starts (python3 manage.py worker)."
    if not found.alive("scheduler"):
        yield "No scheduler is running: schedules do not fire until one starts (python3 manage.py scheduler)."
    for row in rows:
        if row.offset_seconds is not None and abs(row.offset_seconds) > _CLOCKS_SECONDS:
            yield f"The clock of {row.process.name} is off by {row.offset_seconds:+.1f} s; let NTP set it."
        if row.foreign and row.alive:
            yield f"{row.process.name} runs version {row.process.details['version']}, this page {signs.version()}."


def _of_work(found: Facts, told: DatabaseFacts) -> Iterator[str]:
    waited = _waited(found)
    if waited is not None and waited > _PATIENCE:
        yield f"An execution has waited for a worker for {waited.total_seconds():,.0f} s; start more workers."
    if told.overdue_schedules:
        yield f"{told.overdue_schedules} schedule(s) should have fired and have not."


def _versions(found: Facts) -> list[tuple[str, str]]:
    servers = (("Database", found.database and found.database.version), ("Redis", found.redis and found.redis.version))
    return [
        ("Millstream", signs.version()),
        ("Python", platform.python_version()),
        ("Django", django.get_version()),
        *((name, version or "does not answer") for name, version in servers),
        *((name, _installed(package)) for name, package in _PACKAGES),
    ]


def _installed(package: str) -> str:
    try:
        return version_of(package)
    except PackageNotFoundError:
        return "not installed"
