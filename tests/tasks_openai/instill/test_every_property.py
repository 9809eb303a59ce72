"""Every property of the document's five tasks: under its name, in the form, in the request, within its limits."""

from typing import Any

import pytest
from pydantic import ValidationError

from builder.tasks.fields.form import fields_of
from builder.tasks.fields.outputs import outputs_of
from tests.doubles.openai_server import OpenAIServer
from tests.tasks_openai import seeds
from tests.tasks_openai.instill.conftest import MP3_URI, PNG_URI, RunInstill, component

PROPERTIES = [(task, one) for task, one in seeds.properties_of("instill-openai") if one["name"] != "task"]
SCHEMA = {"type": "object", "properties": {}, "additionalProperties": False}
NEEDED: dict[str, dict[str, Any]] = {
    "TASK_TEXT_GENERATION": {"model": "gpt-4o", "prompt": "Hi"},
    "TASK_TEXT_EMBEDDINGS": {"model": "text-embedding-3-small", "text": "Hi"},
    "TASK_SPEECH_RECOGNITION": {"model": "whisper-1", "audio": MP3_URI},
    "TASK_TEXT_TO_SPEECH": {"model": "tts-1", "text": "Hi", "voice": "alloy"},
    "TASK_TEXT_TO_IMAGE": {"model": "dall-e-3", "prompt": "A cat"},
}
FUNCTION = {"name": "look_up", "description": "Looks up", "parameters": SCHEMA, "strict": True}
VALUES: dict[str, tuple[Any, str, Any]] = {
    "prompt": ("Hi", "messages", [{"role": "user", "content": "Hi"}]),
    "system-message": (
        "Be brief",
        "messages",
        [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hi"}],
    ),
    "chat-history": (
        [{"role": "assistant", "content": [{"type": "text", "text": "Hello"}]}, {"role": "user", "content": "And?"}],
        "messages",
        [
            {"role": "assistant", "content": [{"type": "text", "text": "Hello"}]},
            {"role": "user", "content": "And?"},
            {"role": "user", "content": "Hi"},
        ],
    ),
    "max-tokens": (7, "max_completion_tokens", 7),
    "response-type": (
        {"type": "json_schema", "json-schema": '{"name": "x", "schema": {"type": "object"}}'},
        "response_format",
        {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}},
    ),
    "prediction": ({"content": "Hi"}, "prediction", {"type": "content", "content": "Hi"}),
    "tools": ([{"function": FUNCTION}], "tools", [{"type": "function", "function": FUNCTION}]),
    "tool-choice": ("auto", "tool_choice", "auto"),
}
"""A value of a text generation's property, the parameter it becomes, and what that holds."""
ELSEWHERE: dict[tuple[str, str], tuple[Any, str, Any]] = {
    ("TASK_TEXT_EMBEDDINGS", "text"): ("Hi", "input", "Hi"),
    ("TASK_TEXT_EMBEDDINGS", "dimensions"): (8, "dimensions", 8),
    ("TASK_SPEECH_RECOGNITION", "prompt"): ("Ada", "prompt", "Ada"),
    ("TASK_SPEECH_RECOGNITION", "language"): ("en", "language", "en"),
    ("TASK_SPEECH_RECOGNITION", "temperature"): (0.5, "temperature", "0.5"),
    ("TASK_TEXT_TO_SPEECH", "text"): ("Hi", "input", "Hi"),
    ("TASK_TEXT_TO_SPEECH", "response-type"): ("opus", "response_format", "opus"),
    ("TASK_TEXT_TO_IMAGE", "prompt"): ("A cat", "prompt", "A cat"),
    ("TASK_TEXT_TO_IMAGE", "n"): (1, "n", 1),
    ("TASK_TEXT_TO_IMAGE", "size"): ("1792x1024", "size", "1792x1024"),
}
BESIDE: dict[str, dict[str, Any]] = {"tool-choice": {"tools": [{"function": FUNCTION}]}}


def value_of(task: str, one: dict[str, Any]) -> tuple[Any, str, Any]:
    name = one["name"]
    if (task, name) in ELSEWHERE:
        return ELSEWHERE[task, name]
    if name in VALUES and task == "TASK_TEXT_GENERATION":
        return VALUES[name]
    given = NEEDED[task].get(name, one["enum"][0] if "enum" in one else one.get("max", 2))
    return given, name.replace("-", "_"), given


@pytest.mark.parametrize(("task", "one"), PROPERTIES, ids=seeds.named(PROPERTIES))
def test_it_is_there_under_its_name_and_in_the_form(task: str, one: dict[str, Any]) -> None:
    shown = {name: field for field in fields_of(component(task)) for name in (field.name, *field.other_names)}
    assert shown[one["name"]].label and shown[one["name"]].description
    assert shown[one["name"]].required is one["required"]


@pytest.mark.parametrize(("task", "one"), PROPERTIES, ids=seeds.named(PROPERTIES))
async def test_it_takes_effect_in_the_request(
    run_instill: RunInstill, server: OpenAIServer, task: str, one: dict[str, Any]
) -> None:
    if one["name"] in ("images", "audio"):
        return  # their files are looked at in test_components
    value, parameter, sent = value_of(task, one)
    await run_instill(task, **{**NEEDED[task], **BESIDE.get(one["name"], {}), one["name"]: value})
    assert server.requests[-1].faults == []
    assert server.requests[-1].body[parameter] == sent


BOUNDED = [(task, one, side) for task, one in PROPERTIES for side in ("min", "max") if side in one]


@pytest.mark.parametrize(
    ("task", "one", "side"), BOUNDED, ids=[f"{task[5:]}-{one['name']}-{side}" for task, one, side in BOUNDED]
)
def test_its_limit_holds_before_the_call(task: str, one: dict[str, Any], side: str) -> None:
    written = {"id": "a", "type": "t", **NEEDED[task]}
    if (task, one["name"]) == ("TASK_TEXT_TO_IMAGE", "n"):
        written["model"] = "gpt-image-2"
    component(task).read(written | {one["name"]: one[side]})
    step = 1 if one["type"] == "integer" else 0.1
    with pytest.raises(ValidationError):
        component(task).read(written | {one["name"]: one[side] + (step if side == "max" else -step)})


@pytest.mark.parametrize(
    ("task", "written"),
    [
        ("TASK_TEXT_GENERATION", {"tools": [{"function": FUNCTION}] * 129}),
        ("TASK_TEXT_GENERATION", {"tools": [{"function": {"name": "look up"}}]}),
        ("TASK_TEXT_GENERATION", {"tools": [{"function": {"name": "a" * 65}}]}),
        ("TASK_TEXT_GENERATION", {"chat-history": [{"role": "tool", "content": "Hi"}]}),
        ("TASK_TEXT_GENERATION", {"response-type": {"type": "xml"}}),
        ("TASK_TEXT_GENERATION", {"response-type": {"type": "json_schema"}}),
        ("TASK_TEXT_GENERATION", {"response-type": {"type": "json_schema", "json-schema": "{no"}}),
        ("TASK_TEXT_GENERATION", {"max-tokens": 0}),
        ("TASK_TEXT_TO_SPEECH", {"text": "a" * 4097}),
        ("TASK_TEXT_TO_SPEECH", {"response-type": "midi"}),
        ("TASK_TEXT_TO_IMAGE", {"prompt": "a" * 4001}),
        ("TASK_TEXT_TO_IMAGE", {"model": "dall-e-2", "prompt": "a" * 1001}),
        ("TASK_TEXT_TO_IMAGE", {"n": 2}),
        ("TASK_TEXT_TO_IMAGE", {"size": "256x256"}),
        ("TASK_TEXT_TO_IMAGE", {"model": "dall-e-2", "size": "1792x1024"}),
        ("TASK_TEXT_TO_IMAGE", {"model": "dall-e-2", "quality": "hd"}),
        ("TASK_TEXT_TO_IMAGE", {"model": "dall-e-2", "style": "vivid"}),
        ("TASK_TEXT_TO_IMAGE", {"style": "loud"}),
    ],
)
def test_what_the_document_says_in_words_is_bounded_too(task: str, written: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        component(task).read({"id": "a", "type": "t", **NEEDED[task], **written})


OUTPUTS = [(task["name"], one) for task in seeds.tasks_of("instill-openai") for one in task["outputs"]]


@pytest.mark.parametrize(("task", "one"), OUTPUTS, ids=seeds.named(OUTPUTS))
async def test_each_output_has_the_documents_name(run_instill: RunInstill, task: str, one: dict[str, Any]) -> None:
    outputs = await run_instill(task, **NEEDED[task])
    assert one["name"] in outputs
    assert outputs[one["name"]] or one.get("optional")
    declared = outputs_of(component(task).run)
    assert declared is not None
    assert one["name"] in {field.serialization_alias or field.alias for field in declared.model_fields.values()}


@pytest.mark.parametrize(("image", "start"), [(PNG_URI, "data:image/png;base64,"), ("https://a.org/b.png", "https://")])
async def test_pictures_go_beside_the_prompt(
    run_instill: RunInstill, server: OpenAIServer, image: str, start: str
) -> None:
    await run_instill("TASK_TEXT_GENERATION", **NEEDED["TASK_TEXT_GENERATION"], images=[image])
    words, picture = server.requests[-1].body["messages"][0]["content"]
    assert words == {"type": "text", "text": "Hi"}
    assert picture["image_url"]["url"].startswith(start)


@pytest.mark.skipif(not PROPERTIES, reason="the shared catalogue is not here")
def test_all_properties_of_the_five_tasks_were_looked_at() -> None:
    assert len(PROPERTIES) == 34
    assert len(seeds.tasks_of("instill-openai")) == 5
