"""What Instill's components do beyond their properties: setup, conversations, files, tokens and cost."""

import base64
import json
from typing import Any

import pytest
from pydantic import ValidationError

from builder.tasks.api import TaskFailure
from builder.tasks.catalogue import catalogue
from builder.tasks.testing import FakeContext, run_task
from tests.doubles.openai_answers import Answer, Call
from tests.doubles.openai_server import OpenAIServer
from tests.doubles.openai_store import MP3, png
from tests.tasks_openai.conftest import KEY, metric
from tests.tasks_openai.instill.conftest import MP3_URI, RunInstill, component

ASKED: dict[str, Any] = {"model": "gpt-4o", "prompt": "Hi"}
MISTRAL: dict[str, Any] = {"model-name": "open-mixtral-8x22b", "prompt": "Hi"}


async def mistral(server: OpenAIServer, context: FakeContext, **written: Any) -> dict[str, Any]:
    setup = {"api-key": KEY, "base-path": server.url.replace("/v1", "/mistral")}
    task = catalogue().task_class("instill.mistral-ai.TextGenerationChat")
    return await run_task(task, {"setup": setup, **MISTRAL, **written}, context)


async def test_the_answer_is_streamed_and_measured(
    run_instill: RunInstill, server: OpenAIServer, context: FakeContext
) -> None:
    outputs = await run_instill("TASK_TEXT_GENERATION", **ASKED)
    assert outputs["texts"] == ["Here is an answer to: Hi"] == ["".join(context.streamed)]
    assert outputs["usage"]["total-tokens"] == metric(context, "usage.total.tokens")
    assert outputs["usage"]["prompt-tokens"] > 0
    assert server.requests[-1].headers["authorization"] == f"Bearer {KEY}"


async def test_the_details_of_tokens_have_instills_names(run_instill: RunInstill) -> None:
    usage = (await run_instill("TASK_TEXT_GENERATION", **ASKED))["usage"]
    assert "cached-tokens" in usage["prompt-token-details"]
    assert "reasoning-tokens" in usage["completion-token-details"]


@pytest.mark.parametrize("setup", ["{{ secret }}", '{"api-key": "{{ key }}", "organization": "org-1"}'])
async def test_a_secret_with_a_connection_is_a_setup(server: OpenAIServer, context: FakeContext, setup: str) -> None:
    address = server.url
    context.variables = {
        "key": KEY,
        "secret": json.dumps({"api_key": KEY, "base_url": address, "organization": "org-1"}),
    }
    written = {"setup": setup, **ASKED} | ({} if "secret" in setup else {"base-url": address})
    await run_task(component("TASK_TEXT_GENERATION"), written, context)
    assert server.requests[-1].headers["openai-organization"] == "org-1"
    assert KEY in context.masked


async def test_without_a_key_it_says_what_to_write(context: FakeContext) -> None:
    with pytest.raises(TaskFailure, match="write setup with an api-key"):
        await run_task(component("TASK_TEXT_GENERATION"), ASKED, context)


async def test_a_system_message_has_no_effect_beside_a_history(
    run_instill: RunInstill, server: OpenAIServer, context: FakeContext
) -> None:
    history = [{"role": "user", "content": "Before"}]
    await run_instill("TASK_TEXT_GENERATION", **ASKED, **{"system-message": "Be brief", "chat-history": history})
    assert [turn["role"] for turn in server.requests[-1].body["messages"]] == ["user", "user"]
    assert any(level == "WARN" and "system-message has no effect" in text for level, text in context.logs)


async def test_the_history_may_hold_pictures(run_instill: RunInstill, server: OpenAIServer) -> None:
    encoded = base64.b64encode(png()).decode()
    parts = [{"type": "image_url", "image-url": {"url": encoded}}]
    await run_instill("TASK_TEXT_GENERATION", **ASKED, **{"chat-history": [{"role": "user", "content": parts}]})
    url = server.requests[-1].body["messages"][0]["content"][0]["image_url"]["url"]
    assert url == f"data:image/png;base64,{encoded}"


@pytest.mark.parametrize("key", ["response-type", "response-format"])
async def test_both_names_of_the_response_type_are_read(
    run_instill: RunInstill, server: OpenAIServer, key: str
) -> None:
    await run_instill("TASK_TEXT_GENERATION", **ASKED, **{key: {"type": "text"}})
    assert server.requests[-1].body["response_format"] == {"type": "text"}
    await run_instill("TASK_TEXT_TO_SPEECH", model="tts-1", voice="nova", text="Hi", **{key: "flac"})
    assert server.requests[-1].body["response_format"] == "flac"


async def test_an_answer_that_does_not_fit_its_schema_fails_and_is_kept(
    run_instill: RunInstill, server: OpenAIServer
) -> None:
    schema = json.dumps({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}})
    server.answers.append(Answer(text='{"nome": "Ada"}'))
    with pytest.raises(TaskFailure, match="does not fit the schema") as failed:
        wanted = {"type": "json_schema", "json-schema": schema}
        await run_instill("TASK_TEXT_GENERATION", **ASKED, **{"response-type": wanted})
    assert failed.value.outputs["texts"] == ['{"nome": "Ada"}']


async def test_calls_of_tools_come_in_their_order(run_instill: RunInstill, server: OpenAIServer) -> None:
    server.answers.append(Answer(calls=(Call("first", {"a": 1}), Call("second", {"b": 2}))))
    tools = [{"function": {"name": name}} for name in ("first", "second")]
    outputs = await run_instill("TASK_TEXT_GENERATION", **ASKED, tools=tools)
    assert [call["function"]["name"] for call in outputs["tool-calls"]] == ["first", "second"]
    assert json.loads(outputs["tool-calls"][0]["function"]["arguments"]) == {"a": 1}


async def test_pictures_are_kept_as_files(run_instill: RunInstill, context: FakeContext) -> None:
    outputs = await run_instill("TASK_TEXT_TO_IMAGE", model="gpt-image-2", prompt="A cat", n=2)
    assert [context.files.contents[one["image"]] for one in outputs["results"]] == [png(0), png(1)]


async def test_a_recording_goes_as_a_file(run_instill: RunInstill, server: OpenAIServer) -> None:
    outputs = await run_instill("TASK_SPEECH_RECOGNITION", model="whisper-1", audio=MP3_URI)
    assert server.requests[-1].body["file"] == ("sound.mp3", MP3, "audio/mpeg")
    assert outputs["text"] == f"{len(MP3)} bytes of sound.mp3"


async def test_speech_is_kept_as_a_file(run_instill: RunInstill, context: FakeContext) -> None:
    outputs = await run_instill("TASK_TEXT_TO_SPEECH", model="tts-1", voice="alloy", text="Hi")
    assert context.files.contents[outputs["audio"]] == MP3


async def test_mistral_is_asked_in_its_own_words(server: OpenAIServer, context: FakeContext) -> None:
    given = {"max-new-tokens": 100, "temperature": 0.7, "top-p": 0.5, "top-k": 10, "safe": False, "seed": 3}
    outputs = await mistral(server, context, **given, **{"system-message": "Be brief"})
    body = {key: value for key, value in server.requests[-1].body.items() if key not in ("messages", "stream")}
    assert body == {
        "model": "open-mixtral-8x22b", "max_tokens": 100, "temperature": 0.7, "top_p": 0.5, "safe_prompt": False,
        "random_seed": 3,
    }  # fmt: skip
    assert outputs["text"] == "Here is an answer to: Hi" == "".join(context.streamed)
    assert any("top-k has no effect" in text for _, text in context.logs)


async def test_mistral_counts_tokens_in_instills_names(server: OpenAIServer, context: FakeContext) -> None:
    server.streams = False
    outputs = await mistral(server, context)
    assert outputs["usage"]["input-tokens"] == metric(context, "usage.prompt.tokens")
    assert outputs["usage"]["output-tokens"] == metric(context, "usage.completion.tokens")


def test_mistral_has_an_address_of_its_own() -> None:
    task = catalogue().task_class("instill.mistral-ai.TextGenerationChat")
    read: Any = task.read({"id": "a", "type": "t", **MISTRAL, "setup": {"api-key": "k"}})
    assert read.connection().url == "https://api.mistral.ai/v1"
    with pytest.raises(ValidationError):
        task.read({"id": "a", "type": "t", **MISTRAL, "max-new-tokens": 0})
