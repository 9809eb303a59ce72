"""A whole product for one case: the store, a runner that is rung through Valkey, the scheduler, and the API."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.http import HttpResponseBase
from django.test import Client

from builder.clock import SystemClock
from builder.runtime import queue
from builder.runtime.runner.runner import Runner
from builder.store import births, executions
from builder.triggers import scheduler
from builder.triggers.scheduler import Scheduler
from tests.doubles.patience import PATIENCE_SECONDS

API = "/api/v1/"
ENDS = frozenset({"FAILED", "WARNING", "SUCCESS", "KILLED", "CANCELLED", "RETRIED", "SKIPPED"})
Record = dict[str, Any]


class Stage:
    """Runs while a case is played. Everything is done and seen through the API, except what no API can do."""

    def __init__(self, token: str) -> None:
        self.client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})
        self.runner = Runner("stage", SystemClock(), places=100, lease_seconds=5.0)
        self.scheduler = Scheduler("stage", SystemClock())
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._answer_rings), threading.Thread(target=self._schedule)]

    def start(self) -> None:
        self.runner.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ending.set()
        self.scheduler.stopping.set()
        for thread in self._threads:
            thread.join()
        self.runner.stop()

    def _answer_rings(self) -> None:
        """What the worker process does; tests of the real one are in tests/runtime/test_worker.py."""
        waiting = queue.redis()
        while not self._ending.is_set():
            rung = waiting.blpop([queue.QUEUE_KEY], timeout=0.2)
            if rung:
                self.runner.take([rung[1].decode()])  # type: ignore[index]

    def _schedule(self) -> None:
        try:
            self.scheduler.run()
        finally:
            connections.close_all()

    def call(self, method: str, path: str, body: Any = b"", kind: str = "application/json") -> HttpResponseBase:
        """`path` below /api/v1/, or the whole of it; `body`: text as it is, a dict of parts, or JSON."""
        url = path if path.startswith("/") else API + path
        if isinstance(body, Mapping) and method == "POST":
            return self.client.post(url, _parts(body))
        sent = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.client.generic(method, url, sent, kind)

    def json(self, method: str, path: str, body: Any = b"", kind: str = "application/json") -> Any:
        """The JSON of a call that must succeed."""
        answer = self.call(method, path, body, kind)
        assert answer.status_code < 300, (answer.status_code, content(answer)[:2000])
        return json.loads(content(answer) or "null")

    def publish(self, source: str) -> Record:
        return self.json("POST", "flows", source, "application/x-yaml")

    def start_execution(self, flow: Record, inputs: Mapping[str, Any], labels: Mapping[str, str], raw: bool) -> str:
        if raw:
            return self._put_on_stage(flow, inputs, labels)
        query = "&".join(f"labels={key}:{value}" for key, value in labels.items())
        return str(self.json("POST", f"executions/{flow['namespace']}/{flow['id']}?{query}", inputs)["id"])

    def _put_on_stage(self, flow: Record, inputs: Mapping[str, Any], labels: Mapping[str, str]) -> str:
        """An execution whose inputs nobody looked at, as Kestra's tests make some."""
        now = SystemClock().now()
        found = births.runnable(flow["namespace"], flow["id"])
        resolved = births.resolve_inputs(found.flow, found.revision, {}, now).values
        values = {key: value for key, value in resolved.items() if value is not None} | _nested(inputs)
        new = births.born(found.flow, found.revision, now, inputs=values, labels=list(labels.items()))
        execution = executions.create(new)
        queue.ring([execution.id])
        return execution.id

    def execution(self, execution_id: str) -> Record:
        found: Record = self.json("GET", f"executions/{execution_id}")
        return found

    def when(self, execution_id: str, holds: Callable[[Record], bool]) -> Record:
        """The execution, once this holds of it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds(record := self.execution(execution_id)):
            assert time.monotonic() < deadline, f"it stays {record['state']['histories']}"
            time.sleep(0.02)
        return record

    def ended(self, execution_id: str) -> Record:
        return self.when(execution_id, lambda record: state(record) in ENDS and self._is_let_go(execution_id))

    def in_state(self, execution_id: str, wanted: str) -> Record:
        return self.when(
            execution_id,
            lambda record: state(record) == wanted and (wanted != "PAUSED" or self._is_let_go(execution_id)),
        )

    def _is_let_go(self, execution_id: str) -> bool:
        return not executions.item(execution_id).owner

    def found(self, query: str, count: int = 1) -> list[Record]:
        """The executions of a search, oldest first, once there are so many."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            page = self.json("GET", f"executions/search?{query}&size=200&sort=state.startDate:asc")
            if page["total"] >= count:
                return [self.execution(record["id"]) for record in page["results"]]
            assert time.monotonic() < deadline, f"{page['total']} of {count} executions by {query}"
            time.sleep(0.05)

    def file(self, execution_id: str, uri: str) -> str:
        return content(self.call("GET", f"executions/{execution_id}/file?path={uri}"))

    def logs(self, execution_id: str) -> list[Record]:
        lines: list[Record] = self.json("GET", f"logs/{execution_id}")
        return lines


def faster_scheduler(patched: Any) -> None:
    """Looks often: a case has seconds, not minutes."""
    patched.setattr(scheduler, "TICK_SECONDS", 0.05)


def state(record: Record) -> str:
    return str(record["state"]["current"])


def content(answer: HttpResponseBase) -> str:
    """The body, also of an answer that is sent bit by bit."""
    if not answer.streaming:
        return answer.content.decode()  # type: ignore[attr-defined]
    if not answer.is_async:  # type: ignore[attr-defined]
        return b"".join(answer).decode()  # type: ignore[call-overload]

    async def read() -> bytes:
        return b"".join([part async for part in answer])  # type: ignore[attr-defined]

    return async_to_sync(read)().decode()


def upload(name: str, text: str = "a: 1\n") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


def _parts(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value if isinstance(value, str | SimpleUploadedFile) else json.dumps(value)
        for key, value in body.items()
        if value is not None
    }


def _nested(inputs: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in inputs.items():
        *above, last = key.split(".")
        at = found
        for part in above:
            at = at.setdefault(part, {})
        at[last] = value
    return found
