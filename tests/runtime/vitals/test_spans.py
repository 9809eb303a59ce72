"""Spans of an execution, its tasks and their calls reach an OTLP collector over HTTP; off, nothing is loaded."""

import gzip
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextvars import Context
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from builder import logs
from builder.engine.states import State
from builder.runtime.runner.runner import Runner
from builder.runtime.vitals import spans
from tests.runtime.conftest import create, ended, publish, wait_until

LOG = "io.kestra.plugin.core.log.Log"
REQUEST = "io.kestra.plugin.core.http.Request"


class Collector:
    """Takes what exporters send, and answers other calls too, as the server of a task."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                sent = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
                for resource in ExportTraceServiceRequest.FromString(sent).resource_spans:
                    for scope in resource.scope_spans:
                        collector.spans.extend(scope.spans)
                self._answer()

            def do_GET(self) -> None:
                self._answer()

            def _answer(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def span(self, name: str) -> Any:
        return next(span for span in self.spans if span.name == name)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    made = Collector()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", made.url)
    spans.tracing.cache_clear()
    yield made
    spans.tracing.cache_clear()
    made.close()


def attributes(span: Any) -> dict[str, Any]:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


def test_an_execution_holds_its_tasks_and_they_their_calls(collector: Collector, runner: Runner) -> None:
    publish(f"""
tasks:
  - {{id: ask, type: {REQUEST}, uri: "{collector.url}/v1/answers?key=s3cr3t-VALUE-42"}}
  - {{id: say, type: {LOG}, message: hello}}
  - {{id: fail, type: io.kestra.plugin.core.execution.Fail, errorMessage: no more}}
""")  # fmt: skip
    execution_id = create()
    runner.take([execution_id])
    assert ended(execution_id).state is State.FAILED
    wait_until(lambda: runner.wait_for_place(0) == 100)
    spans.close()  # sends what waits
    whole, ask, say, fail = (collector.span(name) for name in ("team.one", "ask", "say", "fail"))
    call = collector.span("GET 127.0.0.1")
    assert {ask.parent_span_id, say.parent_span_id, fail.parent_span_id} == {whole.span_id}
    assert call.parent_span_id == ask.span_id
    assert {each.trace_id for each in (ask, say, fail, call)} == {whole.trace_id}
    assert attributes(whole)["millstream.execution.id"] == execution_id
    assert attributes(call) | {"url.path": "/v1/answers", "http.response.status_code": 200} == attributes(call)
    assert (fail.status.code, whole.status.code) == (2, 2)
    assert "s3cr3t" not in str(collector.spans)


def test_a_call_says_no_path_where_nobody_knows_what_is_secret(collector: Collector) -> None:
    path = Context().run(logs.masked, "/bot-s3cr3t/send")
    spans.call("GET", "example.org", None, path).end()
    spans.close()
    assert "url.path" not in attributes(collector.span("GET example.org"))


def test_nothing_is_loaded_where_nobody_asks() -> None:
    code = "import sys, builder.runtime.vitals.spans as s; sys.exit(s.tracing() or 'opentelemetry' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PATH": "", "PYTHONPATH": "."})
