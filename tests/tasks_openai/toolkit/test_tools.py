"""The tools at work: answers as the API gives them, files kept, stored things found, changed and deleted."""

import base64
import json
from typing import Any

import pytest

from builder.tasks.api import TaskFailure
from builder.tasks.testing import FakeContext
from tests.doubles.openai_answers import Answer, Call
from tests.doubles.openai_server import OpenAIServer
from tests.doubles.openai_store import MP3, png
from tests.tasks_openai.conftest import KEY, metric
from tests.tasks_openai.toolkit.conftest import MP3_URI, PNG_URI, RunTool, tool

CHAT = {"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": "Hi"}]}


async def test_a_chat_completion_is_streamed_to_the_page_and_comes_as_the_api_answers(
    run_tool: RunTool, server: OpenAIServer, context: FakeContext
) -> None:
    out = await run_tool("create_chat_completion", **CHAT)
    assert out["choices"][0]["message"]["content"] == "Here is an answer to: Hi"
    assert "".join(context.streamed) == "Here is an answer to: Hi"
    assert set(server.requests[0].body) == {"model", "messages", "stream", "stream_options"}
    assert out["usage"]["total_tokens"] == metric(context, "usage.total.tokens")


async def test_whole_answers_come_without_a_stream(run_tool: RunTool, server: OpenAIServer) -> None:
    await run_tool("create_chat_completion", **CHAT, stream=False)
    await run_tool("create_response", model="gpt-4.1-mini", input="Hi", stream=False)
    await run_tool("create_completion", model="gpt-3.5-turbo-instruct", prompt="Once", best_of=2)
    assert all("stream" not in request.body for request in server.requests)


async def test_an_older_completion_is_put_together(run_tool: RunTool, context: FakeContext) -> None:
    out = await run_tool("create_completion", model="gpt-3.5-turbo-instruct", prompt="Once", n=2)
    assert [choice["text"] for choice in out["choices"]] == ["Here is an answer to: Once"] * 2
    assert out["choices"][0]["finish_reason"] == "stop"
    assert metric(context, "usage.total.tokens") == out["usage"]["total_tokens"]


async def test_spoken_answers_become_files(run_tool: RunTool, server: OpenAIServer, context: FakeContext) -> None:
    message = {"role": "assistant", "content": None, "audio": {"id": "a", "data": base64.b64encode(MP3).decode()}}
    raw = {"id": "x", "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    server.answers.append(Answer(raw=json.dumps(raw)))
    spoken = {"modalities": ["text", "audio"], "audio": {"format": "mp3", "voice": "alloy"}}
    audio = (await run_tool("create_chat_completion", **CHAT, **spoken))["choices"][0]["message"]["audio"]
    assert context.files.contents[audio["uri"]] == MP3
    assert "data" not in audio and audio["uri"].endswith(".mp3")


async def test_a_stored_completion_is_listed_read_noted_and_deleted(run_tool: RunTool) -> None:
    for topic in ("weather", "news"):
        made = await run_tool("create_chat_completion", **CHAT, store=True)
        await run_tool("update_chat_completion", completion_id=made["id"], metadata={"topic": topic})
    assert (await run_tool("get_chat_completion", completion_id=made["id"]))["metadata"] == {"topic": "news"}
    messages = await run_tool("get_chat_completion_messages", completion_id=made["id"])
    assert [one["content"] for one in messages["data"]] == ["Hi"]
    found = await run_tool("list_chat_completions", metadata={"topic": "news"})
    assert [one["id"] for one in found["data"]] == [made["id"]]
    assert (await run_tool("delete_chat_completion", completion_id=made["id"]))["deleted"] is True
    with pytest.raises(TaskFailure, match="404"):
        await run_tool("get_chat_completion", completion_id=made["id"])


async def test_a_list_goes_page_by_page_in_either_order(run_tool: RunTool) -> None:
    made = [(await run_tool("create_chat_completion", **CHAT, store=True))["id"] for _ in range(5)]
    page = await run_tool("list_chat_completions", limit=2, order="desc")
    assert [one["id"] for one in page["data"]] == [made[4], made[3]]
    assert page["has_more"] is True
    page = await run_tool("list_chat_completions", limit=2, order="desc", after=page["last_id"])
    assert [one["id"] for one in page["data"]] == [made[2], made[1]]


async def test_a_response_is_gone_on_with_read_and_deleted(run_tool: RunTool, server: OpenAIServer) -> None:
    first = await run_tool("create_response", model="gpt-4.1-mini", input="Hi")
    second = await run_tool("create_response", model="gpt-4.1-mini", input="More", previous_response_id=first["id"])
    assert second["previous_response_id"] == first["id"]
    assert (await run_tool("get_response", response_id=first["id"]))["output"] == first["output"]
    items = await run_tool("list_input_items", response_id=first["id"])
    assert items["data"][0]["content"] == "Hi"
    assert ("order", "asc") in server.requests[-1].query
    assert (await run_tool("delete_response", response_id=first["id"]))["deleted"] is True
    with pytest.raises(TaskFailure, match="404"):
        await run_tool("list_input_items", response_id=first["id"])


async def test_a_response_that_calls_a_function_keeps_the_call(run_tool: RunTool, server: OpenAIServer) -> None:
    server.answers.append(Answer(calls=(Call("look_up", {"word": "x"}),)))
    out = await run_tool("create_response", model="gpt-4.1-mini", input="Hi")
    assert [item["type"] for item in out["output"]] == ["function_call"]


async def test_models_are_listed_read_and_a_tuned_one_deleted(run_tool: RunTool, server: OpenAIServer) -> None:
    server.store.models["ft:gpt-4o-mini:acme:x:1"] = None
    names = [one["id"] for one in (await run_tool("list_models"))["data"]]
    assert "ft:gpt-4o-mini:acme:x:1" in names
    assert (await run_tool("retrieve_model", model="gpt-5.4"))["owned_by"] == "openai"
    assert (await run_tool("delete_model", model="ft:gpt-4o-mini:acme:x:1"))["deleted"] is True
    with pytest.raises(TaskFailure, match="does not allow this"):
        await run_tool("delete_model", model="gpt-5.4")


async def test_embeddings_are_numbers_unless_they_are_wanted_packed(run_tool: RunTool, context: FakeContext) -> None:
    plain = await run_tool("create_embedding", model="text-embedding-3-small", input=["a", "b"], dimensions=4)
    assert [len(one["embedding"]) for one in plain["data"]] == [4, 4]
    packed = await run_tool("create_embedding", model="text-embedding-3-small", input="a", encoding_format="base64")
    assert isinstance(packed["data"][0]["embedding"], str)
    assert metric(context, "usage.prompt.tokens") == plain["usage"]["prompt_tokens"]


async def test_pictures_are_kept_and_their_text_form_is_not(run_tool: RunTool, context: FakeContext) -> None:
    out = await run_tool("create_image", prompt="A cat", model="gpt-image-2", n=2)
    assert [context.files.contents[one["uri"]] for one in out["data"]] == [png(0), png(1)]
    assert all("b64_json" not in one for one in out["data"])


async def test_a_picture_that_is_named_by_its_address_is_fetched_and_kept(
    run_tool: RunTool, server: OpenAIServer, context: FakeContext
) -> None:
    out = await run_tool("create_image", prompt="A cat", model="dall-e-3", response_format="url")
    assert out["data"][0]["url"] == f"{server.url.removesuffix('/v1')}/pictures/0.png"
    assert context.files.contents[out["data"][0]["uri"]] == png()


@pytest.mark.parametrize(
    ("content", "ending"),
    [(b"PK\x03\x04zip", ".zip"), (b"<svg onload='x'/>", ".svg"), (b"<script>", ".txt"), (png(), ".png")],
)
async def test_a_file_of_an_answer_is_named_by_what_it_holds(
    run_tool: RunTool, server: OpenAIServer, content: bytes, ending: str
) -> None:
    body = {"created": 1, "data": [{"b64_json": base64.b64encode(content).decode()}]}
    server.answers.append(Answer(raw=json.dumps(body)))
    out = await run_tool("create_image", prompt="A cat", model="gpt-image-2")
    assert out["data"][0]["uri"].endswith(ending)


async def test_variations_go_as_a_form_and_their_withdrawal_is_explained(
    run_tool: RunTool, server: OpenAIServer, context: FakeContext
) -> None:
    out = await run_tool("create_image_variation", image=PNG_URI, n=2, size="256x256")
    assert len(out["data"]) == 2
    assert server.requests[0].body["image"][2] == "image/png"
    server.answers.append(Answer("", status=404))
    with pytest.raises(TaskFailure, match="OpenAI withdrew image variations with dall-e-2; describe"):
        await run_tool("create_image_variation", image=PNG_URI)
    context.files.contents["kestra:///tests/fake.png"] = b"not a picture"
    with pytest.raises(TaskFailure, match="must be a PNG, but it is text/plain"):
        await run_tool("create_image_variation", image="kestra:///tests/fake.png")


async def test_a_realtime_session_s_key_is_not_readable_in_the_outputs(run_tool: RunTool, context: FakeContext) -> None:
    out = await run_tool("create_realtime_session", model="gpt-realtime", voice="alloy")
    assert out["client_secret"]["value"]["type"] == "io.kestra.datatype:aes_encrypted"
    assert out["client_secret"]["expires_at"]


async def test_a_refused_beta_session_says_what_to_use_instead(run_tool: RunTool, server: OpenAIServer) -> None:
    server.answers.append(Answer("The beta interface is gone.", status=400))
    with pytest.raises(TaskFailure, match="replaced the beta of realtime sessions by client secrets"):
        await run_tool("create_realtime_transcription_session")


async def test_speech_becomes_a_file(run_tool: RunTool, server: OpenAIServer, context: FakeContext) -> None:
    out = await run_tool("create_speech", model="tts-1", voice="alloy", input="Hi", response_format="mp3")
    assert server.requests[0].headers["accept"] == "application/octet-stream", "as the official client asks for it"
    assert context.files.contents[out["audio"]] == MP3
    assert (out["content_type"], out["bytes"], out["audio"][-4:]) == ("audio/mpeg", len(MP3), ".mp3")


async def test_an_answer_that_is_no_sound_is_not_kept_as_one(run_tool: RunTool, server: OpenAIServer) -> None:
    server.answers.append(Answer(raw='{"text": "sorry"}'))
    with pytest.raises(TaskFailure, match="was not understood; it begins"):
        await run_tool("create_speech", model="tts-1", voice="alloy", input="Hi")


@pytest.mark.parametrize("shape", ["json", "text", "srt", "verbose_json", "vtt"])
async def test_a_recording_is_heard_in_every_shape(run_tool: RunTool, context: FakeContext, shape: str) -> None:
    out = await run_tool("create_transcription", model="whisper-1", file=MP3_URI, response_format=shape)
    assert f"{len(MP3)} bytes of sound.mp3" in out["text"]
    assert (out["file"] is not None) == (shape in ("srt", "vtt"))
    assert out["segments"] is None or out["segments"][0]["end"] == 1.0


async def test_a_recording_that_is_too_large_or_empty_is_not_sent(
    run_tool: RunTool, server: OpenAIServer, context: FakeContext
) -> None:
    context.files.contents["kestra:///tests/large.mp3"] = b"x" * (25 * 2**20 + 1)
    context.files.contents["kestra:///tests/empty.mp3"] = b""
    for name, words in (("large", "larger than"), ("empty", "is empty")):
        with pytest.raises(TaskFailure, match=words):
            await run_tool("create_translation", model="whisper-1", file=f"kestra:///tests/{name}.mp3")
    assert server.requests == []


async def test_a_judgement_says_what_is_flagged(run_tool: RunTool) -> None:
    out = await run_tool("create_moderation", input=["I like you", "I kill you"])
    assert [one["flagged"] for one in out["results"]] == [False, True]


@pytest.mark.parametrize("secret", ['{"api_key": "sk-named", "organization": "org-9", "base_url": "URL"}', "sk-named"])
async def test_a_connection_kept_as_one_secret_stands_for_key_organization_and_server(
    run_tool: RunTool, server: OpenAIServer, secret: str
) -> None:
    more: dict[str, Any] = {"base_url": server.url} if secret == "sk-named" else {"base_url": None}
    await run_tool("list_models", api_key=None, connection=secret.replace("URL", server.url), **more)
    assert server.requests[0].headers["authorization"] == "Bearer sk-named"
    assert server.requests[0].headers.get("openai-organization") == (None if more["base_url"] else "org-9")


async def test_without_a_key_nothing_is_sent(run_tool: RunTool, server: OpenAIServer) -> None:
    with pytest.raises(TaskFailure, match="No API key"):
        await run_tool("list_models", api_key=None)
    assert server.requests == []


async def test_a_key_is_never_in_what_is_kept_of_the_request(run_tool: RunTool, context: FakeContext) -> None:
    await run_tool("create_transcription", model="whisper-1", file=MP3_URI)
    await run_tool("create_chat_completion", **CHAT)
    assert KEY not in str(context.requests)
    assert context.requests[0]["file"] == f"sound.mp3 (audio/mpeg, {len(MP3)} bytes)"


@pytest.mark.parametrize("name", ["delete_chat_completion", "delete_model", "delete_response"])
def test_tools_that_delete_say_so(name: str) -> None:
    assert "for good" in tool(name).deletes
