"""The official client is loaded late, gets no more than it is given, and is told nothing of this machine."""

import pytest

from builder.tasks.testing import FakeContext
from tasks_openai import client
from tasks_openai.wire.connection import OPENAI_URL, Connection
from tests.doubles.openai_server import OpenAIServer
from tests.tasks_openai.conftest import Run, modules_after


def test_the_tasks_are_known_without_loading_the_client() -> None:
    loaded = modules_after("import tasks_openai.kestra.chat_completion, tasks_openai.kestra.responses")
    assert not loaded & {"openai", "httpx2", "aiohttp", "genai_prices.data"}


def test_a_worker_can_load_it_beforehand() -> None:
    assert {"openai", "genai_prices.data"} <= modules_after("import tasks_openai.client as c; c.warm()")


def test_the_address_is_the_flows_else_the_machines_else_openais(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert Connection("k").url == OPENAI_URL
    monkeypatch.setenv("OPENAI_BASE_URL", "https://proxy.example.org/v1/")
    assert Connection("k").url == "https://proxy.example.org/v1"
    assert Connection("k", "http://127.0.0.1:1/v1").url == "http://127.0.0.1:1/v1"


async def test_a_flows_own_server_is_not_told_the_machines_account(
    run: Run, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tasks_openai.kestra.chat_completion import ChatCompletion

    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_API_KEY", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(name, "s3cr3t")
    await run(ChatCompletion, prompt="Hi")
    assert "s3cr3t" not in str(server.requests[0].headers)


def test_retries_are_never_left_to_the_client() -> None:
    assert client.open_client(FakeContext(), Connection("k")).max_retries == 0


def test_one_client_serves_all_calls_of_one_connection() -> None:
    context = FakeContext()
    assert client.open_client(context, Connection("k")) is client.open_client(context, Connection("k"))
    assert client.open_client(context, Connection("k")) is not client.open_client(context, Connection("other"))
    assert client.open_client(context, Connection("k")) is not client.open_client(FakeContext(), Connection("k"))
