"""The models of every provider that lists some: asked as it wants to be asked, read in its own shape."""

from datetime import UTC, datetime
from typing import Any

import pytest

from builder.tasks.api import Offer, TaskFailure
from builder.tasks.check import check_written
from builder.tasks.testing import FakeContext
from tasks_openai.ai.chat_completion import ChatCompletion
from tasks_openai.ai.image_generation import ImageGeneration
from tasks_openai.ai.provider.models import PLACE
from tasks_openai.offered_models import Shelf
from tasks_openai.providers import VENDORS
from tests.doubles.vendor_server import VendorServer
from tests.tasks_openai.ai.conftest import NEEDED, PREFIX, provider

NOW = datetime(2026, 11, 26, tzinfo=UTC)
LISTS = {
    "Anthropic": ("/models?limit=1000", {"x-api-key": "key", "authorization": None}),
    "DeepSeek": ("/models", {"authorization": "Bearer key"}),
    "GoogleGemini": ("/models?pageSize=1000", {"x-goog-api-key": "key", "authorization": None}),
    "HuggingFace": ("/v1/models", {"authorization": "Bearer key"}),
    "LocalAI": ("/models", {"authorization": None}),
    "MistralAI": ("/models", {"authorization": "Bearer key"}),
    "Ollama": ("/v1/models", {"authorization": None}),
    "OpenAI": ("/models", {"authorization": "Bearer key"}),
    "OpenRouter": ("/models", {"authorization": "Bearer key"}),
}


def as_written(value: Any, *, typed: bool = False) -> Any:
    return value


def offering(written: dict[str, Any], task: Any = ChatCompletion) -> Any:
    return task.offering(PLACE, {"provider": written}, NOW)


def test_every_provider_with_a_list_is_tried_here() -> None:
    assert {name for name, vendor in VENDORS.items() if vendor.lists_at} == LISTS.keys()


@pytest.mark.parametrize("name", LISTS)
async def test_a_provider_is_asked_as_it_wants_to_be(name: str, vendors: VendorServer, context: FakeContext) -> None:
    google = {"models": [{"name": "models/gemini-b"}, {"name": "models/gemini-a"}]}
    vendors.answer("/models", google if name == "GoogleGemini" else {"data": [{"id": "gemini-b"}, {"id": "gemini-a"}]})
    question = offering(provider(name, vendors)).question(as_written)
    assert question.only_when_told and VENDORS[name].title in question.who and vendors.root in question.who
    assert question.describe(await question.ask(context)) == [Offer("gemini-a"), Offer("gemini-b")]
    target, headers = LISTS[name]
    assert vendors.last.method == "GET" and vendors.last.target == target
    assert {key: vendors.last.headers.get(key) for key in headers} == headers


@pytest.mark.parametrize("name", sorted(VENDORS.keys() - LISTS.keys()))
def test_nobody_is_asked_where_no_list_is_known(name: str, vendors: VendorServer) -> None:
    assert offering(provider(name, vendors)).question(as_written) is None


def test_at_the_providers_own_address_nobody_need_say_so(vendors: VendorServer) -> None:
    question = offering({"type": f"{PREFIX}Anthropic", **NEEDED["Anthropic"]}).question(as_written)
    assert not question.only_when_told and question.who == "Anthropic"


def test_a_key_that_is_missing_is_named() -> None:
    with pytest.raises(TaskFailure, match="apiKey"):
        offering({"type": f"{PREFIX}MistralAI"}).question(as_written)


def test_prices_are_those_of_the_provider() -> None:
    (claude,) = offering({"type": f"{PREFIX}Anthropic"}).known
    assert claude == Offer("claude-sonnet-4-5", "$3 in · $15 out")


def test_pictures_are_made_by_models_that_draw() -> None:
    known = [one.value for one in offering({"type": f"{PREFIX}OpenAI"}, ImageGeneration).known]
    assert known and all("image" in name for name in known)
    assert not set(known) & {one.value for one in offering({"type": f"{PREFIX}OpenAI"}).known}


def test_what_is_not_a_provider_has_none() -> None:
    assert offering({"type": "nobody"}) is None and ChatCompletion.offering(("prompt",), {}, NOW) is None


def test_questions_are_told_apart_by_key_and_server_and_tell_neither() -> None:
    def key_of(**more: Any) -> str:
        return str(offering({"type": f"{PREFIX}OpenAI", "apiKey": "sk-one", **more}).question(as_written).key)

    keys = {key_of(), key_of(apiKey="sk-two"), key_of(baseUrl="https://one.example.org/v1"), key_of(caPem="other")}
    assert len(keys) == 4 and not any("sk-" in key or "example" in key for key in keys)


def test_prices_are_written_as_people_do() -> None:
    shelf = Shelf(None, "https://api.openai.com/v1", NOW)
    said = {one.value: one.about for one in shelf.offers(["gpt-5.4-mini", "text-embedding-3-small", "gpt-9-nova"])}
    assert said == {
        "gpt-5.4-mini": "$0.75 in · $4.50 out", "text-embedding-3-small": "$0.02 in", "gpt-9-nova": ""
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "words"), [({}, 1), ({"baseUrl": "http://127.0.0.1:8080/v1"}, 0), ({"type": f"{PREFIX}OpenRouter"}, 0)]
)
def test_a_step_is_warned_of_the_end_of_a_model_of_openai(more: dict[str, Any], words: int) -> None:
    chosen = {"type": f"{PREFIX}OpenAI", "apiKey": "{{ secret('K') }}", "modelName": "gpt-4-32k", **more}
    written = {"id": "a", "type": "t", "provider": chosen, "messages": [{"type": "USER", "content": "Hi"}]}
    found = check_written(ChatCompletion, written)
    assert len(found) == words and all("has shut down the model gpt-4-32k" in fault.message for fault in found)
