"""Every property of Kestra's two tasks, those of the seeds and those since: its name, its place in the form, its effect
in the request, and its limits before the call."""

from typing import Any

import pytest
from pydantic import ValidationError

from builder.tasks.base import Task
from builder.tasks.catalogue import catalogue
from builder.tasks.check import check_written
from builder.tasks.fields.form import fields_of
from builder.tasks.fields.properties import yaml_names
from tasks_openai.kestra.chat_completion import ChatCompletion
from tasks_openai.kestra.responses import Responses
from tests.doubles.openai_answers import Answer
from tests.doubles.openai_server import OpenAIServer
from tests.tasks_openai import seeds
from tests.tasks_openai.conftest import KEY, Run

PROPERTIES = seeds.properties_of("kestra-plugin-openai")
PARAMETER = {"name": "word", "description": "A word", "type": "string", "required": True}
FUNCTION = {"name": "look_up", "description": "Looks a word up", "parameters": [PARAMETER]}
TOOL = {
    "type": "function", "name": "look_up", "strict": False,
    "parameters": {"type": "object", "properties": {"word": {"type": "string"}}},
}  # fmt: skip
SCHEMA = {
    "type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False,
}  # fmt: skip
AS_TOOL = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": "Looks a word up",
        "parameters": {
            "type": "object",
            "properties": {"word": {"type": "string", "description": "A word"}},
            "required": ["word"],
        },
    },
}
USER = {"role": "user", "content": "Hi"}
NEEDED: dict[type[Task], dict[str, Any]] = {ChatCompletion: {"prompt": "Hi"}, Responses: {"input": "Hi"}}
EFFECTS: dict[type[Task], dict[str, tuple[dict[str, Any], dict[str, Any]]]] = {
    ChatCompletion: {
        "model": ({"model": "gpt-5.4"}, {"model": "gpt-5.4"}),
        "prompt": ({"prompt": "Why?", "messages": [USER]}, {"messages": [USER, {"role": "user", "content": "Why?"}]}),
        "messages": ({"prompt": None, "messages": [USER]}, {"messages": [USER]}),
        "frequencyPenalty": ({"frequencyPenalty": -2}, {"frequency_penalty": -2.0}),
        "presencePenalty": ({"presencePenalty": "0.5"}, {"presence_penalty": 0.5}),
        "functions": ({"functions": [FUNCTION]}, {"tools": [AS_TOOL]}),
        "functionCall": (
            {"functions": [FUNCTION], "functionCall": "look_up"},
            {"tool_choice": {"type": "function", "function": {"name": "look_up"}}},
        ),
        "logitBias": ({"logitBias": {"50256": -100}}, {"logit_bias": {"50256": -100}}),
        "maxTokens": ({"maxTokens": 7}, {"max_completion_tokens": 7}),
        "n": ({"n": 2}, {"n": 2}),
        "stop": ({"stop": ["."]}, {"stop": ["."]}),
        "temperature": ({"temperature": 0}, {"temperature": 0}),
        "topP": ({"topP": 0.5}, {"top_p": 0.5}),
        "user": ({"user": "person-7"}, {"user": "person-7"}),
        "promptCaching": ({"promptCaching": True}, {"prompt_cache_retention": "24h"}),
        "jsonResponseSchema": (
            {"jsonResponseSchema": SCHEMA},
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "kestra_schema", "strict": True, "schema": SCHEMA},
                }
            },
        ),
    },
    Responses: {
        "model": ({"model": "gpt-5.4"}, {"model": "gpt-5.4"}),
        "input": ({"input": [USER]}, {"input": [USER]}),
        "maxOutputTokens": ({"maxOutputTokens": "16"}, {"max_output_tokens": 16}),
        "parallelToolCalls": ({"parallelToolCalls": False}, {"parallel_tool_calls": False}),
        "previousResponseId": ({"previousResponseId": "resp_1"}, {"previous_response_id": "resp_1"}),
        "reasoning": ({"reasoning": {"effort": "low"}}, {"reasoning": {"effort": "low"}}),
        "store": ({"store": False}, {"store": False}),
        "temperature": ({"temperature": 2}, {"temperature": 2}),
        "text": ({"text": {"format": {"type": "text"}}}, {"text": {"format": {"type": "text"}}}),
        "tools": ({"tools": [TOOL]}, {"tools": [TOOL]}),
        "toolChoice": ({"tools": [TOOL], "toolChoice": "REQUIRED"}, {"tool_choice": "required"}),
        "topP": ({"topP": 1}, {"top_p": 1}),
        "user": ({"user": "person-7"}, {"user": "person-7"}),
        "promptCaching": ({"promptCaching": True}, {"prompt_cache_retention": "24h"}),
        "promptId": ({"promptId": "pmpt_1"}, {"prompt": {"id": "pmpt_1"}}),
        "promptVariables": (
            {"promptId": "pmpt_1", "promptVariables": {"city": "Rome"}},
            {"prompt": {"id": "pmpt_1", "variables": {"city": "Rome"}}},
        ),
    },
}
"""By property: what is written, and what the request then holds."""
OF_THE_CONNECTION = {"apiKey", "clientTimeout", "baseUrl", "organization", "project", "caPem", "clientPem", "proxy"}
ELSEWHERE = {"id", "type", "reask"} | OF_THE_CONNECTION
"""Of every step, of the connection and of what is done with the answer: tests of their own."""


def cls_of(name: str) -> type[Task]:
    return catalogue().task_class(name)


CASES = [(task, name) for task, effects in EFFECTS.items() for name in effects]


@pytest.mark.parametrize(("task", "one"), PROPERTIES, ids=[f"{task[25:]}-{one['name']}" for task, one in PROPERTIES])
def test_it_is_there_under_its_name_and_in_the_form(task: str, one: dict[str, Any]) -> None:
    shown = {field.name: field for field in fields_of(cls_of(task))}
    field = shown[one["name"]]
    assert field.label and field.description
    assert field.required is one["required"]
    assert field.dynamic


@pytest.mark.parametrize(("task", "name"), CASES, ids=[f"{task.__name__}-{name}" for task, name in CASES])
async def test_it_takes_effect_in_the_request(run: Run, server: OpenAIServer, task: type[Task], name: str) -> None:
    written, expected = EFFECTS[task][name]
    server.answers.append(Answer('{"n": 1}'))
    server.store.keep_response(USER, {"id": "resp_1", "object": "response", "model": "gpt-5.4", "output": []})
    await run(task, **{**NEEDED[task], **written})
    request = server.requests[-1]
    assert request.faults == []
    assert {key: request.body.get(key) for key in expected} == expected


@pytest.mark.parametrize("task", EFFECTS)
def test_no_property_is_without_such_a_test(task: type[Task]) -> None:
    own = {
        yaml_names(name, field)[0]
        for name, field in task.model_fields.items()
        if name not in task.common and yaml_names(name, field)[0] not in ELSEWHERE
    }
    assert own == set(EFFECTS[task])


@pytest.mark.parametrize("task", EFFECTS)
async def test_the_key_goes_into_the_header_alone(run: Run, server: OpenAIServer, task: type[Task]) -> None:
    await run(task, **NEEDED[task])
    request = server.requests[-1]
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in str(request.body)


BOUNDED = [
    pytest.param(task, one, beyond, step, id=f"{task[25:]}-{one['name']}-{beyond}")
    for task, one in PROPERTIES
    for beyond, step in (("min", -1), ("max", 1))
    if beyond in one
]


@pytest.mark.parametrize(("task", "one", "beyond", "step"), BOUNDED)
def test_its_limit_holds_before_the_call(task: str, one: dict[str, Any], beyond: str, step: int) -> None:
    cls, bound = cls_of(task), one[beyond]
    written = {"id": "a", "type": task, "apiKey": "k", "model": "gpt-5.4", **NEEDED[cls]}
    cls.read(written | {one["name"]: bound})
    beside = bound + (step if "integer" in one["type"] else step / 100)
    with pytest.raises(ValidationError):
        cls.read(written | {one["name"]: beside})


@pytest.mark.parametrize(
    ("task", "written", "sentence"),
    [
        (ChatCompletion, {"stop": list("abcde")}, "stop"),
        (ChatCompletion, {"logitBias": {"1": 101}}, "logitBias"),
        (ChatCompletion, {"functions": [FUNCTION] * 129}, "functions"),
        (ChatCompletion, {"functions": [{**FUNCTION, "name": "look up"}]}, "functions"),
        (ChatCompletion, {"prompt": None}, "write a prompt or messages"),
        (Responses, {"maxOutputTokens": 15}, "maxOutputTokens: must be at least 16, the fewest that OpenAI takes"),
        (Responses, {"toolChoice": "SOMETIMES"}, "toolChoice"),
    ],
)
def test_what_the_api_refuses_is_said_when_the_flow_is_saved(
    task: type[Task], written: dict[str, Any], sentence: str
) -> None:
    whole = {"id": "a", "type": "t", "apiKey": "{{ secret('K') }}", "model": "gpt-5.4", **NEEDED[task], **written}
    assert [sentence in fault.message for fault in check_written(task, whole)] == [True]


def test_another_server_may_take_fewer_tokens() -> None:
    written = {"id": "a", "type": "t", "apiKey": "{{ secret('K') }}", "model": "m", "input": "Hi", "maxOutputTokens": 4}
    assert check_written(Responses, {**written, "baseUrl": "http://127.0.0.1:8080/v1"}) == []


@pytest.mark.skipif(not PROPERTIES, reason="the shared catalogue is not here")
def test_all_31_properties_of_the_seeds_are_there() -> None:
    assert [len([one for task, one in PROPERTIES if cls_of(task) is cls]) for cls in EFFECTS] == [16, 15]
