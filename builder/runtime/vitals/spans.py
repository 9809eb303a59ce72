"""OpenTelemetry spans: an execution, in it its tasks, in them their calls of others. Off unless OTEL_* variables ask.

Where it is off nothing is imported and nothing made; `builder.runtime.vitals.otel` is the other half.
"""

import importlib.util
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from builder.counters import TOKENS
from builder.engine.execution import Execution
from builder.runtime.world.place import Place

if TYPE_CHECKING:
    from builder.runtime.vitals.otel import Tracing

_ASKED = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER")
_MEASURES = {
    **{name: f"gen_ai.usage.{direction}_tokens" for name, direction in TOKENS.items()},
    "cost": "millstream.cost_usd",
}

log = logging.getLogger(__name__)


class Span(Protocol):
    """Something that is under way."""

    def set_attribute(self, key: str, value: Any) -> None: ...
    def fail(self, why: str) -> None: ...
    def end(self) -> None: ...


class _Nothing:
    """What is under way where nobody asked."""

    def set_attribute(self, key: str, value: Any) -> None:
        pass

    def fail(self, why: str) -> None:
        pass

    def end(self) -> None:
        pass


NOTHING: Span = _Nothing()


@lru_cache(maxsize=1)
def tracing() -> "Tracing | None":
    """What makes and sends spans in this process; None: nobody asked for them, or OpenTelemetry is not installed."""
    named = os.environ.get("OTEL_TRACES_EXPORTER", "otlp")
    off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or named != "otlp"
    if off or not any(os.environ.get(name) for name in _ASKED):
        return None
    if importlib.util.find_spec("opentelemetry") is None:
        log.warning("OTEL_* variables ask for spans, but OpenTelemetry is not installed: set MILLSTREAM_EXTRAS=otel")
        return None
    from builder.runtime.vitals.otel import Tracing

    return Tracing()


def begin(execution: Execution) -> None:
    """From here on this asyncio task works for the execution."""
    made = tracing()
    if made is not None:
        made.begin(execution)


def ended(execution: Execution) -> None:
    """Sends the span of the whole."""
    made = tracing()
    if made is not None:
        made.ended(execution)


@contextmanager
def attempt(place: Place, kind: str) -> Iterator[Span]:
    """One try of a task; `kind` is its type. What is called in there belongs to it."""
    made = tracing()
    if made is None:
        yield NOTHING
        return
    with made.attempt(place, kind) as span:
        yield span


def call(method: str, host: str, port: int | None, path: str | None) -> Span:
    """A call of another server; end it when its answer was read. `path`: None where it may hold a secret."""
    made = tracing()
    return NOTHING if made is None else made.call(method, host, port, path)


def measured(name: str, value: float, model: str) -> None:
    """A task measured this: tokens and cost belong to its span."""
    made = tracing()
    if made is not None and name in _MEASURES:
        made.note({_MEASURES[name]: value, "gen_ai.request.model": model or "unknown"})


def close() -> None:
    """Sends what waits, at the end of the process."""
    made = tracing()
    if made is not None:
        made.close()
