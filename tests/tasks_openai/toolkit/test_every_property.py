"""Every tool and property of the seed document: under its name, in the form, in the request, within its limits."""

from typing import Any

import pytest
from pydantic import ValidationError

from builder.tasks.fields.form import fields_of
from tasks_openai.toolkit.tool import OpenAITool
from tests.doubles import openai_spec
from tests.doubles.openai_server import OpenAIServer
from tests.tasks_openai import seeds
from tests.tasks_openai.toolkit.conftest import MP3_URI, PNG_URI, RunTool, tool

PROPERTIES = seeds.properties_of("openai-toolkit")
USER = {"role": "user", "content": "Hi"}
SCHEMA = {"name": "x", "schema": {"type": "object", "properties": {}, "additionalProperties": False}}
FUNCTION = {"name": "look_up", "parameters": {"type": "object", "properties": {"word": {"type": "string"}}}}
NEEDED: dict[str, dict[str, Any]] = {
    "create_chat_completion": {"model": "gpt-5.4", "messages": [USER]},
    "create_completion": {"model": "gpt-3.5-turbo-instruct", "prompt": "Once"},
    "create_embedding": {"model": "text-embedding-3-small", "input": "Hi"},
    "create_image": {"prompt": "A cat", "model": "gpt-image-2"},
    "create_image_variation": {"image": PNG_URI},
    "create_moderation": {"input": "Hi"},
    "create_response": {"model": "gpt-5.4", "input": "Hi"},
    "create_speech": {"model": "tts-1", "input": "Hi", "voice": "alloy"},
    "create_transcription": {"model": "whisper-1", "file": MP3_URI},
    "create_translation": {"model": "whisper-1", "file": MP3_URI},
    "delete_chat_completion": {"completion_id": "a/b"},
    "delete_model": {"model": "ft:gpt-4o-mini:acme:x:1"},
    "delete_response": {"response_id": "a/b"},
    "get_chat_completion": {"completion_id": "a/b"},
    "get_chat_completion_messages": {"completion_id": "a/b"},
    "get_response": {"response_id": "a/b"},
    "list_input_items": {"response_id": "a/b"},
    "retrieve_model": {"model": "gpt-5.4"},
    "update_chat_completion": {"completion_id": "a/b", "metadata": {"a": "b"}},
}
"""What a call cannot do without."""
VALUES: dict[str, Any] = {
    "audio": {"format": "mp3", "voice": "alloy"},
    "function_call": "auto",
    "functions": [FUNCTION],
    "tools": [{"type": "function", "function": FUNCTION}],
    "tool_choice": "auto",
    "logit_bias": {"50256": -100},
    "messages": [USER],
    "modalities": ["text"],
    "prediction": {"type": "content", "content": "Hi"},
    "response_format": {"type": "json_schema", "json_schema": SCHEMA},
    "stream_options": {"include_usage": True},
    "web_search_options": {"search_context_size": "low"},
    "input_audio_noise_reduction": {"type": "near_field"},
    "input_audio_transcription": {"model": "whisper-1"},
    "turn_detection": {"type": "server_vad"},
    "reasoning": {"effort": "low"},
    "text": {"format": {"type": "text"}},
    "metadata": {"topic": "weather"},
    "size": "1024x1024",
    "reasoning_effort": "low",
}
OF_TOOL: dict[tuple[str, str], Any] = {
    ("create_response", "tools"): [{"type": "function", "strict": True, **FUNCTION}],
    ("create_realtime_session", "tools"): [{"type": "function", **FUNCTION}],
    ("create_response", "include"): ["file_search_call.results"],
    ("create_completion", "logprobs"): 2,
    ("create_completion", "best_of"): 3,
    ("create_image", "model"): "gpt-image-2",
    ("create_speech", "model"): "tts-1",
    ("create_response", "previous_response_id"): "a/b",
    ("create_transcription", "model"): "whisper-1",
    ("create_transcription", "timestamp_granularities[]"): ["word"],
    ("list_input_items", "include"): ["message.output_text.logprobs"],
    ("get_response", "include"): ["message.output_text.logprobs"],
}
BESIDE: dict[tuple[str, str], dict[str, Any]] = {
    ("create_chat_completion", "audio"): {"modalities": ["text", "audio"]},
    ("create_chat_completion", "stream_options"): {"stream": True},
    ("create_chat_completion", "top_logprobs"): {"logprobs": True},
    ("create_chat_completion", "function_call"): {"functions": [FUNCTION]},
    ("create_chat_completion", "tool_choice"): {"tools": VALUES["tools"]},
    ("create_chat_completion", "parallel_tool_calls"): {"tools": VALUES["tools"]},
    ("create_completion", "stream_options"): {"stream": True},
    ("create_transcription", "timestamp_granularities[]"): {"response_format": "verbose_json"},
    ("create_image", "style"): {"model": "dall-e-3"},
    ("create_image", "response_format"): {"model": "dall-e-3"},
}
WITHOUT_EFFECT = {("create_transcription", "stream")}
"""The words come whole anyway."""


def value_of(name: str, one: dict[str, Any]) -> Any:
    """A value that the property takes."""
    key = one["name"]
    if (name, key) in OF_TOOL:
        return OF_TOOL[name, key]
    if "enum" in one:
        return one["enum"][0]
    if "items_enum" in one:
        return [one["items_enum"][0]]
    if key in VALUES:
        return VALUES[key]
    if "min" in one:
        return one.get("max", one["min"])
    simple = {"integer": 7, "number": 0.5, "boolean": True, "string": "words", "string[]": ["words"], "object": "words"}
    return NEEDED.get(name, {}).get(key, simple.get(one["type"], ["words"]))


@pytest.mark.parametrize(("task", "one"), PROPERTIES, ids=seeds.named(PROPERTIES))
def test_it_is_there_under_its_name_and_in_the_form(task: str, one: dict[str, Any]) -> None:
    cls = tool(task.removeprefix("openai_ai_"))
    shown = {name: field for field in fields_of(cls) for name in (field.name, *field.other_names)}
    assert one["name"] in shown
    assert shown[one["name"]].label and shown[one["name"]].description
    assert shown[one["name"]].required is one["required"]


@pytest.mark.parametrize(("task", "one"), PROPERTIES, ids=seeds.named(PROPERTIES))
async def test_it_takes_effect_in_the_request(
    run_tool: RunTool, server: OpenAIServer, task: str, one: dict[str, Any]
) -> None:
    name = task.removeprefix("openai_ai_")
    value = value_of(name, one)
    put_in_place(server)
    beside = BESIDE.get((name, one["name"]), {})
    await run_tool(name, **{**NEEDED.get(name, {}), **beside, one["name"]: value})
    request = server.requests[-1]
    assert request.faults == []
    assert request.method == one.get("method", tool(name).method)  # type: ignore[attr-defined]
    if (name, one["name"]) in WITHOUT_EFFECT:
        return
    if f"{{{one['name']}}}" in tool(name).path:  # type: ignore[attr-defined]
        assert str(value) in request.path
    elif request.method == "GET":
        assert (one["name"], str(value)) in spoken(request.query)
    else:
        assert held(request.body.get(one["name"], request.body.get(f"{one['name']}[]")), value)


def put_in_place(server: OpenAIServer) -> None:
    """What the calls about stored things find."""
    body = {"model": "gpt-5.4", "messages": [USER], "input": "Hi", "store": True}
    server.store.keep_completion(body, {"id": "a/b", "model": "gpt-5.4", "choices": []})
    server.store.keep_response(body, {"id": "a/b", "object": "response", "model": "gpt-5.4", "output": []})
    server.store.models["ft:gpt-4o-mini:acme:x:1"] = None


def held(sent: Any, value: Any) -> bool:
    """Whether this was sent: as it is, as the text of a form, or as a file."""
    if isinstance(sent, tuple):
        return str(value).endswith(sent[0])
    if isinstance(value, int | float) and isinstance(sent, str):
        return float(sent) == value
    return bool(sent == value or sent == str(value))


def spoken(query: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """Parts of an address as the property and its value as text: include[]=a is include = ['a']."""
    found = set(query)
    for key, value in query:
        if key.endswith("[]"):
            found.add((key[:-2], str([value])))
        elif "[" in key:
            found.add((key.partition("[")[0], str({key.partition("[")[2][:-1]: value})))
    return found


BOUNDED = [
    (task, one, beyond)
    for task, one in PROPERTIES
    for beyond in (("min", -0.5), ("max", 0.5))
    if beyond[0] in one and one["type"] in ("integer", "number")
]


@pytest.mark.parametrize(
    ("task", "one", "beyond"), BOUNDED, ids=[f"{task[10:]}-{one['name']}-{beyond[0]}" for task, one, beyond in BOUNDED]
)
def test_its_limit_holds_before_the_call(task: str, one: dict[str, Any], beyond: tuple[str, float]) -> None:
    name = task.removeprefix("openai_ai_")
    step = 1 if one["type"] == "integer" else abs(beyond[1])
    value = one[beyond[0]] + (step if beyond[1] > 0 else -step)
    beside = BESIDE.get((name, one["name"]), {})
    written = {"id": "a", "type": task, "api_key": "k", **NEEDED.get(name, {}), **beside}
    tool(name).read(written | {one["name"]: one[beyond[0]]})
    with pytest.raises(ValidationError):
        tool(name).read(written | {one["name"]: value})


LISTS = [
    ("create_chat_completion", "functions", [FUNCTION] * 129),
    ("create_chat_completion", "tools", [{}] * 129),
    ("create_chat_completion", "stop", ["a"] * 5),
    ("create_chat_completion", "messages", []),
    ("create_chat_completion", "logit_bias", {"1": 101}),
    ("create_chat_completion", "modalities", ["smell"]),
    ("create_completion", "logit_bias", {"1": -101}),
    ("create_embedding", "input", ["a"] * 2049),
    ("create_embedding", "input", ["a", ""]),
    ("create_image", "prompt", "a" * 32_001),
    ("create_speech", "input", "a" * 4097),
    ("update_chat_completion", "metadata", {str(n): "a" for n in range(17)}),
    ("update_chat_completion", "metadata", {"k" * 65: "a"}),
    ("update_chat_completion", "metadata", {"k": "a" * 513}),
    ("create_realtime_session", "max_response_output_tokens", 4097),
]


@pytest.mark.parametrize(("name", "key", "value"), LISTS)
def test_how_many_and_how_long_is_bounded_too(name: str, key: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        tool(name).read({"id": "a", "type": "t", "api_key": "k", **NEEDED.get(name, {}), key: value})


@pytest.mark.skipif(not PROPERTIES, reason="the shared catalogue is not here")
def test_all_23_tools_are_there_under_both_names() -> None:
    names = [task["name"] for task in seeds.tasks_of("openai-toolkit")]
    classes = {tool(name.removeprefix("openai_ai_")) for name in names}
    assert len(classes) == len(names) == 23
    assert all(issubclass(cls, OpenAITool) and cls.type_name.startswith("openai.") for cls in classes)
    assert len(PROPERTIES) == 148
    assert openai_spec.at_hand()
