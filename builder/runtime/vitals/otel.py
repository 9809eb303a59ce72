"""Spans by OpenTelemetry's own library, sent by OTLP over HTTP as the OTEL_* variables say.

An execution may move between processes, and its own span is sent when it ends: so the numbers of its trace and of that
span are made from its id, and every process knows them.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision

from builder.engine.execution import Execution
from builder.engine.states import State
from builder.runtime.world.place import Place

_own_numbers: ContextVar[tuple[int, int] | None] = ContextVar("own_numbers", default=None)
_whole: ContextVar[trace.SpanContext | None] = ContextVar("whole", default=None)
_BAD = frozenset({State.FAILED, State.KILLED, State.CANCELLED})


class _Numbers(RandomIdGenerator):
    """Those that were made from an execution's id where there are such, else random ones."""

    def generate_trace_id(self) -> int:
        own = _own_numbers.get()
        return super().generate_trace_id() if own is None else own[0]

    def generate_span_id(self) -> int:
        own = _own_numbers.get()
        return super().generate_span_id() if own is None else own[1]


class OpenSpan:
    """A span as `builder.runtime.vitals.spans.Span`."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def set_attribute(self, key: str, value: Any) -> None:
        self._span.set_attribute(key, value)

    def fail(self, why: str) -> None:
        self._span.set_status(trace.Status(trace.StatusCode.ERROR, why))

    def end(self) -> None:
        self._span.end()


class Tracing:
    """One a process; its thread sends what waits every few seconds."""

    def __init__(self) -> None:
        resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME") or "millstream"})
        self._provider = TracerProvider(resource=resource, id_generator=_Numbers(), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("millstream")

    def begin(self, execution: Execution) -> None:
        trace_id, span_id = _numbers(execution)
        decision = self._provider.sampler.should_sample(None, trace_id, execution.flow_id).decision
        sampled = decision is Decision.RECORD_AND_SAMPLE
        flags = trace.TraceFlags(trace.TraceFlags.SAMPLED if sampled else trace.TraceFlags.DEFAULT)
        _whole.set(trace.SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags))

    def ended(self, execution: Execution) -> None:
        kept = _own_numbers.set(_numbers(execution))
        try:
            span = self._tracer.start_span(
                f"{execution.namespace}.{execution.flow_id}", contexts.Context(), attributes=_of(execution),
                start_time=_nanoseconds(execution.history[0][1]),
            )  # fmt: skip
        finally:
            _own_numbers.reset(kept)
        if execution.state in _BAD:
            span.set_status(trace.Status(trace.StatusCode.ERROR, execution.message or execution.state.value))
        span.end(_nanoseconds(execution.history[-1][1]))

    @contextmanager
    def attempt(self, place: Place, kind: str) -> Iterator[OpenSpan]:
        attributes: dict[str, Any] = {
            "millstream.execution.id": place.execution_id, "millstream.task.id": place.task_id,
            "millstream.task.path": place.path, "millstream.task.type": kind, "millstream.task.attempt": place.attempt,
        }  # fmt: skip
        span = self._tracer.start_span(place.path, self._around(), attributes=attributes)
        with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            yield OpenSpan(span)

    def call(self, method: str, host: str, port: int | None, path: str | None) -> OpenSpan:
        attributes: dict[str, Any] = {"http.request.method": method, "server.address": host}
        if path is not None:
            attributes["url.path"] = path
        if port is not None:
            attributes["server.port"] = port
        return OpenSpan(self._tracer.start_span(f"{method} {host}", kind=trace.SpanKind.CLIENT, attributes=attributes))

    def note(self, attributes: Mapping[str, Any]) -> None:
        trace.get_current_span().set_attributes(attributes)

    def close(self) -> None:
        self._provider.shutdown()

    def _around(self) -> contexts.Context:
        whole = _whole.get()
        nothing = contexts.Context()
        return nothing if whole is None else trace.set_span_in_context(trace.NonRecordingSpan(whole), nothing)


def _numbers(execution: Execution) -> tuple[int, int]:
    """An execution that was restarted is one trace with a span of the whole for each time."""
    times = sum(state is State.RESTARTED for state, _ in execution.history)
    trace_id = hashlib.sha256(execution.id.encode()).digest()[:16]
    span_id = hashlib.sha256(f"{execution.id} {times}".encode()).digest()[:8]
    return int.from_bytes(trace_id) or 1, int.from_bytes(span_id) or 1


def _of(execution: Execution) -> dict[str, Any]:
    return {
        "millstream.execution.id": execution.id,
        "millstream.execution.state": execution.state.value,
        "millstream.flow.namespace": execution.namespace,
        "millstream.flow.id": execution.flow_id,
        "millstream.flow.revision": execution.revision,
        **({"millstream.execution.parent": execution.parent_id} if execution.parent_id else {}),
    }


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000_000)
