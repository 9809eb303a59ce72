"""A server that speaks the protocol, and a way to run a task against it over the transport that the product uses."""

import os
import sys
from collections.abc import AsyncIterator, Awaitable, Iterator
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest

from builder.runtime.network import Network, addresses
from builder.tasks.base import Task, ToolTask
from builder.tasks.testing import FakeContext, run_task
from tasks_openai.wire import calls
from tests.doubles.openai_server import OpenAIServer

KEY = "sk-test-0123456789"


class Run(Protocol):
    def __call__(
        self, task: type[Task], base_url: str | None = None, /, **written: Any
    ) -> Awaitable[dict[str, Any]]: ...


@pytest.fixture(scope="session")
def listening() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        addresses.grant(server.url)
        yield server


@pytest.fixture
def server(listening: OpenAIServer) -> Iterator[OpenAIServer]:
    listening.requests.clear()
    listening.answers.clear()
    listening.streams, listening.delay_seconds = True, 0
    yield listening
    assert not listening.answers, "an answer was scripted and not asked for"


@pytest.fixture
async def context() -> AsyncIterator[FakeContext]:
    context = FakeContext(at=datetime.now(UTC))
    network = Network()
    context.http = network  # type: ignore[assignment]
    yield context
    await network.close()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between attempts, which are not waited."""
    waited: list[float] = []

    async def skip(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(calls, "sleep", skip)
    return waited


@pytest.fixture
def run(server: OpenAIServer, context: FakeContext, pauses: list[float]) -> Run:
    """Runs a task against the server; the key, the model and the address need not be written."""

    async def run(task: type[Task], base_url: str | None = None, /, **written: Any) -> dict[str, Any]:
        connection = {"apiKey": KEY, "baseUrl": base_url or server.url}
        if issubclass(task, ToolTask):
            connection = {"api_key": KEY, "base_url": connection["baseUrl"]}
        given = {"model": "gpt-4.1-mini", **connection}
        return await run_task(task, given | written, context)

    return run


def metric(context: FakeContext, name: str) -> float | None:
    return next((value for known, value, _, _ in context.metrics if known == name), None)


def modules_after(code: str) -> set[str]:
    """What a fresh interpreter has imported after running some code."""
    import subprocess

    script = f"{code}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ)
    return set(done.stdout.split())
