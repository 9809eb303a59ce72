"""A field that names a model offers what its server has now, with price and end; keys stay where they are."""

import json
import socket
import threading
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from builder.actions import flows, offers, secrets
from builder.runtime.network import addresses
from tests.doubles.openai_server import OpenAIServer

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "sk-test-0123456789"
HEAD = "id: ask\nnamespace: company.team\ntasks:\n"
CHAT = """\
  - id: chat
    type: io.kestra.plugin.openai.ChatCompletion
    apiKey: "{{ secret('OPENAI_API_KEY') }}"
    prompt: Hi
"""


@pytest.fixture(scope="module")
def listening() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        server.store.models = dict.fromkeys(
            ["gpt-4o", "gpt-5.4-mini", "gpt-9-nova", "gpt-4", "text-embedding-3-small", "whisper-1"]
        )
        addresses.grant(server.url)
        yield server


@pytest.fixture
def server(listening: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> OpenAIServer:
    """OpenAI, as far as this installation knows."""
    monkeypatch.setenv("OPENAI_BASE_URL", listening.url)
    monkeypatch.setenv("SECRET_OPENAI_API_KEY", KEY)
    monkeypatch.setattr(offers, "_kept", {})
    listening.requests.clear()
    return listening


def asked(browser: Client, task: str = CHAT, *place: str | int, told: bool = False) -> str:
    """What the list under a field says."""
    flows.save_flow(HEAD + task, by="ada")
    path = json.dumps(["tasks", 0, *(place or ("model",))])
    url = reverse("flow-editor-offers", args=["company.team", "ask"])
    answer = browser.post(url, {"path": path, "told": "1" if told else "0"})
    assert answer.status_code == 200, answer.content
    return unescape(answer.content.decode())


def names(page: str) -> list[str]:
    return [part.partition('"')[0] for part in page.split('data-value="')[1:]]


def with_model(task: str, model: str = "gpt-5.4-mini") -> str:
    return f"{task}    model: {model}\n"


def test_the_models_of_the_key_are_offered_with_price_and_end(browser: Client, server: OpenAIServer) -> None:
    page = asked(browser, with_model(CHAT))
    assert names(page) == ["gpt-5.4-mini", "gpt-4o", "gpt-9-nova", "gpt-4"], page
    assert "$0.75 in · $4.50 out" in page and "US dollars for a million tokens" in page
    assert "shuts down 2027-01-14" in page and "shut down 2026-10-23" in page
    assert [request.path for request in server.requests] == ["/v1/models"]
    assert KEY not in page


def test_what_was_answered_is_kept_for_a_while(browser: Client, server: OpenAIServer) -> None:
    pages = [asked(browser, with_model(CHAT)) for _ in range(3)]
    assert len(set(pages)) == 1 and len(server.requests) == 1


def test_a_step_is_offered_what_it_can_use(browser: Client, server: OpenAIServer) -> None:
    task = CHAT.replace("io.kestra.plugin.openai.ChatCompletion", "openai.CreateEmbedding")
    task = with_model(task.replace("apiKey", "api_key").replace("prompt", "input"), "text-embedding-3-small")
    assert names(asked(browser, task)) == ["text-embedding-3-small"]


def test_a_connection_that_is_one_secret_is_asked_with_its_key(browser: Client, server: OpenAIServer) -> None:
    mine = json.dumps({"api-key": "sk-of-mine", "organization": "org-7"})
    secrets.set_value("company.team", "MINE", mine, by="ada")
    task = """\
  - id: speak
    type: instill.openai.TextGeneration
    setup: "{{ secret('MINE') }}"
    model: gpt-5.4-mini
    prompt: Hi
"""
    assert "gpt-9-nova" in names(asked(browser, task))
    headers = server.requests[0].headers
    assert headers["authorization"] == "Bearer sk-of-mine" and headers["openai-organization"] == "org-7"


def test_a_server_that_the_flow_names_gets_the_key_only_when_a_person_says_so(
    browser: Client, server: OpenAIServer
) -> None:
    task = with_model(CHAT) + f"    baseUrl: {server.url}\n"
    page = asked(browser, task)
    assert not server.requests and "The key of this step goes to the model server" in page
    page = asked(browser, task, told=True)
    assert set(names(page)) == set(server.store.models) and "$" not in page.partition("</ul>")[0]
    assert names(asked(browser, task)) == names(page) and len(server.requests) == 1


def test_a_provider_of_the_ai_tasks_is_asked_likewise(browser: Client, server: OpenAIServer) -> None:
    task = """\
  - id: chat
    type: io.kestra.plugin.ai.completion.ChatCompletion
    messages: [{type: USER, content: Hi}]
    provider:
      type: io.kestra.plugin.ai.provider.OpenAI
      apiKey: "{{ secret('OPENAI_API_KEY') }}"
      modelName: gpt-4o
"""
    page = asked(browser, task, "provider", "modelName")
    assert names(page) == ["gpt-5.4-mini", "gpt-4o", "gpt-9-nova", "gpt-4"] and "$2.50 in · $10 out" in page


def test_a_wrong_key_is_one_sentence_and_the_known_names_stay(
    browser: Client, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OPENAI_API_KEY", "sk-wrong-key-1234567")
    page = asked(browser, with_model(CHAT))
    assert "refused the API key (status 401)" in page and "sk-wrong-key-1234567" not in page
    assert "gpt-5.4-mini" in names(page)


def test_without_a_key_the_known_names_are_offered_with_prices(
    browser: Client, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SECRET_OPENAI_API_KEY")
    page = asked(browser, with_model(CHAT))
    assert "OPENAI_API_KEY" in page and "$0.75 in" in page and not server.requests


def test_a_key_of_the_flows_defaults_holds(browser: Client, server: OpenAIServer) -> None:
    task = with_model(CHAT.replace("    apiKey: \"{{ secret('OPENAI_API_KEY') }}\"\n", ""))
    defaults = "pluginDefaults:\n  - type: io.kestra.plugin.openai\n    values:\n      apiKey: sk-of-all\n"
    assert "gpt-9-nova" in names(asked(browser, task + defaults))
    assert server.requests[0].headers["authorization"] == "Bearer sk-of-all"


def test_a_server_that_says_nothing_is_not_waited_for(
    browser: Client, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offers, "SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        addresses.grant(url)
        page = asked(browser, with_model(CHAT) + f"    baseUrl: {url}/v1\n", told=True)
    assert "did not answer within 0.3 seconds" in page


def test_a_slow_name_server_is_not_waited_for_either(
    browser: Client, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()

    def slow(*asked: Any, **more: Any) -> Any:
        answers.wait(20)
        raise socket.gaierror("nobody knows")

    monkeypatch.setattr(offers, "SECONDS", 0.1)
    monkeypatch.setattr(socket, "getaddrinfo", slow)
    page = asked(browser, with_model(CHAT) + "    baseUrl: http://slow.example/v1\n", told=True)
    assert "did not answer within 0.1 seconds" in page and not answers.is_set()
    answers.set()


def test_an_address_that_tasks_may_not_reach_is_not_reached_from_here(browser: Client, server: OpenAIServer) -> None:
    page = asked(browser, with_model(CHAT) + "    baseUrl: http://169.254.169.254/v1\n", told=True)
    assert "169.254.169.254" in page and not names(page) and "allow" in page.lower()


@pytest.mark.parametrize("place", [("prompt",), ("nothing", 3), ("type",)])
def test_any_other_field_has_nothing_to_offer(browser: Client, server: OpenAIServer, place: tuple[Any, ...]) -> None:
    assert names(asked(browser, with_model(CHAT), *place)) == []


def test_nobody_is_asked_for_a_stranger(client: Client, server: OpenAIServer) -> None:
    url = reverse("flow-editor-offers", args=["company.team", "ask"])
    assert client.post(url, {"path": '["tasks",0,"model"]'}).status_code in (302, 401, 403)
    assert not server.requests
