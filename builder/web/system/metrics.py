"""/metrics in Prometheus' words: what all processes counted, and how things stand at this moment."""

import hmac
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from builder import counters
from builder.clock import SystemClock
from builder.errors import Forbidden
from builder.runtime.vitals import signs
from builder.runtime.vitals.facts import DatabaseFacts, Facts, RedisFacts, facts

_CLOCK = SystemClock()
_HERE = ("127.0.0.1", "::1")
_PASSED_ON = ("X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-IP")
_KINDS = ("web", "worker", "scheduler")


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For those that bring the token of the settings; without one set, for this machine alone."""
    if not _may_read(request):
        raise Forbidden(
            "Metrics are read from this machine alone, or with the token that MILLSTREAM_METRICS_TOKEN sets: "
            "Authorization: Bearer TOKEN."
        )
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Everything(facts(_CLOCK.now())))
    encode, kind = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry), content_type=kind)


def _may_read(request: HttpRequest) -> bool:
    """A proxy on this machine speaks for others, so what it passed on does not count as from here."""
    token = settings.MILLSTREAM["METRICS_TOKEN"]
    if token:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())
    passed_on = any(name in request.headers for name in _PASSED_ON)
    return request.META.get("REMOTE_ADDR") in _HERE and not passed_on


class _Everything(Collector):
    def __init__(self, found: Facts) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        yield from _counted(self._found)
        yield from _standing(self._found)


def _counted(found: Facts) -> Iterator[Metric]:
    """What each process counted since it started, under its name."""
    own = signs.own_name("web")
    alive = [process for kind in _KINDS for process in found.alive(kind) if process.name != own]
    told: dict[str, Mapping[str, Any]] = {own: counters.told()}
    told |= {process.name: process.details.get("counted", {}) for process in alive}
    for name, (kind, meaning) in counters.families().items():
        family = Metric(name, meaning, kind)
        for process, families in told.items():
            for ending, labels, value in families.get(name, ()):
                family.add_sample(name + ending, {**labels, "process": process}, value)
        if family.samples:
            yield family


def _standing(found: Facts) -> Iterator[Metric]:
    version = GaugeMetricFamily("millstream_build", "The version that answers.", labels=["version"])
    version.add_metric([signs.version()], 1)
    yield version
    yield _gauge("millstream_database_up", "Whether the database answers.", found.database is not None)
    yield _gauge("millstream_redis_up", "Whether Redis answers.", found.redis is not None)
    if found.database is not None:
        yield from _of_database(found, found.database)
    if found.redis is not None:
        yield from _of_redis(found.redis)
    free = GaugeMetricFamily("millstream_disk_free_bytes", "What is left on the disk.", labels=["folder"])
    for disk in found.disks:
        free.add_metric([str(disk.path)], disk.free_bytes)
    yield free


def _of_database(found: Facts, told: DatabaseFacts) -> Iterator[Metric]:
    waiting = told.waiting
    alive = GaugeMetricFamily("millstream_executions", "Executions that have not ended.", labels=["state"])
    for state, count in told.by_state.items():
        alive.add_metric([state], count)
    yield alive
    processes = GaugeMetricFamily("millstream_processes", "Processes that live.", labels=["kind"])
    for kind in _KINDS:
        processes.add_metric([kind], len(found.alive(kind)))
    yield processes
    leases = GaugeMetricFamily("millstream_leases", "Executions in a worker's hands.", labels=["state"])
    leases.add_metric(["held"], waiting.driven)
    leases.add_metric(["lapsed"], waiting.lapsed)
    yield leases
    since = (found.at - waiting.oldest_at).total_seconds() if waiting.oldest_at else 0.0
    yield _gauge("millstream_waiting", "Executions that want a worker and have none.", waiting.count)
    yield _gauge("millstream_oldest_waiting_seconds", "How long the oldest of them has waited.", max(0.0, since))
    yield _gauge("millstream_schedules_overdue", "Schedules whose date passed unfired.", told.overdue_schedules)
    yield _gauge("millstream_database_seconds", "How long the database takes to answer.", told.seconds)
    yield _gauge("millstream_database_bytes", "The size of the database.", told.bytes)
    if told.clock_offset_seconds is not None:
        meaning = "How far this process's clock is ahead of the database's."
        yield _gauge("millstream_clock_offset_seconds", meaning, told.clock_offset_seconds)


def _of_redis(told: RedisFacts) -> Iterator[Metric]:
    yield _gauge("millstream_queue_length", "Rings for executions that wait in Redis.", told.length)
    yield _gauge("millstream_redis_seconds", "How long Redis takes to answer.", told.seconds)
    yield _gauge("millstream_redis_used_bytes", "The memory that Redis uses.", told.used_bytes)
    yield _gauge("millstream_redis_keys", "Keys in Redis.", told.keys)


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=float(value))
