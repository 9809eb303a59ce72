"""Answers in a JSON shape: schemas that strict mode refuses, answers that do not fit, and the one repetition."""

import json
from typing import Any

import pytest

from builder.tasks.api import Fault, Task, TaskFailure
from builder.tasks.check import check_written
from builder.tasks.testing import FakeContext
from tasks_openai.answers.structured import fitting, strict_faults
from tasks_openai.instill.text_generation import TextGeneration
from tasks_openai.kestra.chat_completion import ChatCompletion
from tasks_openai.kestra.responses import Responses
from tasks_openai.toolkit.create_chat_completion import CreateChatCompletion
from tasks_openai.toolkit.create_response import CreateResponse
from tests.doubles.openai_answers import Answer
from tests.doubles.openai_server import OpenAIServer
from tests.tasks_openai.conftest import Run, metric

COUNT = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}
FORMAT = {"format": {"type": "json_schema", "name": "count", "schema": COUNT}}


def faults_of(task: type[Task], written: dict[str, Any]) -> list[Fault]:
    return check_written(task, {"id": "a", "type": "t", **written})


def one(**schema: Any) -> dict[str, Any]:
    return {**COUNT, "properties": {"n": schema}}


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = dict(COUNT)
    for _ in range(levels - 1):
        schema = one(**schema)
    return schema


@pytest.mark.parametrize(
    "schema",
    [
        COUNT,
        one(type=["string", "null"]),
        one(type="array", items=COUNT),
        one(anyOf=[COUNT, {"type": "null"}]),
        one(type="string", enum=["a", "b"], pattern="^[ab]$"),
        {**one(**{"$ref": "#/$defs/count"}), "$defs": {"count": COUNT}},
        nested(10),
    ],
)
def test_what_strict_mode_takes_is_not_complained_of(schema: dict[str, Any]) -> None:
    assert strict_faults(schema) == []


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "array", "items": COUNT}, "must be of type object at its root"),
        ({**COUNT, "additionalProperties": True}, "the schema: additionalProperties must be false"),
        ({**COUNT, "required": []}, "the schema: every property must be required; missing: n"),
        (one(type="object", properties={}), "properties.n: additionalProperties must be false"),
        (one(type="array", items={"type": "object"}), "properties.n.items: additionalProperties must be false"),
        (one(allOf=[COUNT]), "properties.n: allOf is not allowed in strict mode"),
        (one(anyOf=[COUNT, {**COUNT, "required": []}]), "properties.n.anyOf[1]: every property must be required"),
        (nested(11), "11 levels of nesting; at most 10"),
        (one(type="string", enum=[str(number) for number in range(1001)]), "1,001 values in enums; at most 1,000"),
    ],
)
def test_what_strict_mode_refuses_is_said_in_words(schema: dict[str, Any], words: str) -> None:
    assert any(words in fault for fault in strict_faults(schema)), strict_faults(schema)


@pytest.mark.parametrize("text", ["", "n is 7", '{"n": "7"}', '{"n": 7, "m": 8}', "[" * 5000])
def test_an_answer_that_does_not_fit_is_told_from_one_that_does(text: str) -> None:
    assert fitting('{"n": 7}', COUNT).value == {"n": 7}
    assert fitting('{"n": 7}', COUNT).faults == ()
    assert fitting(text, COUNT).faults


def test_a_schema_that_strict_mode_refuses_is_found_before_anything_runs() -> None:
    loose = {"type": "object", "properties": {"n": {"type": "integer"}}}
    written = {"apiKey": "{{ secret('K') }}", "model": "m", "prompt": "p", "jsonResponseSchema": loose}
    found = faults_of(ChatCompletion, written)
    assert [(fault.path, "additionalProperties must be false" in fault.message) for fault in found] == [
        (("jsonResponseSchema",), True)
    ]
    assert faults_of(ChatCompletion, {**written, "baseUrl": "http://localhost:1234/v1"}) == []


def test_a_schema_of_responses_is_found_too_unless_it_is_not_strict() -> None:
    loose: dict[str, Any] = {"type": "json_schema", "name": "x", "schema": {"type": "object"}}
    written: dict[str, Any] = {"apiKey": "{{ secret('K') }}", "model": "m", "input": "p"}
    found = faults_of(Responses, {**written, "text": {"format": loose}})
    assert [fault.path for fault in found] == [("text", "format", "schema")]
    assert faults_of(Responses, {**written, "text": {"format": {**loose, "strict": False}}}) == []


LOOSE = {"type": "object", "properties": {"n": {"type": "integer"}}}
TURN = [{"role": "user", "content": "p"}]
Case = tuple[type[Task], dict[str, Any], tuple[Any, ...]]


def strict_cases(strict: bool) -> list[Case]:
    """Every place where the author of a step says that a schema is kept strictly."""
    named, function = {"name": "x", "strict": strict}, {"type": "function", "name": "f", "strict": strict}
    shape = {"type": "json_schema", "json_schema": {**named, "schema": LOOSE}}
    chat = {"type": "function", "function": {**named, "parameters": LOOSE}}
    text = {"format": {"type": "json_schema", **named, "schema": LOOSE}}
    instill = {"type": "json_schema", "json-schema": json.dumps(shape["json_schema"])}
    tool, kestra = {"api_key": "k"}, {"apiKey": "k"}
    return [
        (CreateChatCompletion, {**tool, "messages": TURN, "response_format": shape},
         ("response_format", "json_schema", "schema")),
        (CreateChatCompletion, {**tool, "messages": TURN, "tools": [chat]}, ("tools", 0, "function", "parameters")),
        (CreateResponse, {**tool, "input": "p", "text": text}, ("text", "format", "schema")),
        (CreateResponse, {**tool, "input": "p", "tools": [{"type": "web_search"}, {**function, "parameters": LOOSE}]},
         ("tools", 1, "parameters")),
        (Responses, {**kestra, "input": "p", "tools": [{**function, "parameters": LOOSE}]}, ("tools", 0, "parameters")),
        (TextGeneration, {"prompt": "p", "response-type": instill}, ("response-type", "json-schema")),
    ]  # fmt: skip


@pytest.mark.parametrize("case", strict_cases(strict=True), ids=lambda case: f"{case[0].__name__}-{case[2][0]}")
def test_every_vocabulary_is_told_what_its_strict_schema_may_not_hold(case: Case) -> None:
    task, written, path = case
    found = [one for one in faults_of(task, {"model": "m", **written}) if "strict" in one.message or one.path == path]
    assert [one.path for one in found] == [path] and "additionalProperties must be false" in found[0].message


@pytest.mark.parametrize("case", strict_cases(strict=False), ids=lambda case: f"{case[0].__name__}-{case[2][0]}")
def test_a_schema_that_is_not_strict_may_hold_what_it_likes(case: Case) -> None:
    task, written, path = case
    assert path not in [one.path for one in faults_of(task, {"model": "m", **written})]


async def test_the_parsed_answer_stands_beside_the_raw_one(run: Run, server: OpenAIServer) -> None:
    server.answers.extend([Answer('{"n": 3}'), Answer('{"n": 4}')])
    chat = await run(ChatCompletion, prompt="Count", jsonResponseSchema=COUNT)
    response = await run(Responses, input="Count", text=FORMAT)
    assert (chat["jsonOutput"], chat["choices"][0]["message"]["content"]) == ({"n": 3}, '{"n": 3}')
    assert (response["jsonOutput"], response["outputText"]) == ({"n": 4}, '{"n": 4}')


@pytest.mark.parametrize(
    ("task", "asked"),
    [
        (ChatCompletion, {"prompt": "Count", "jsonResponseSchema": COUNT}),
        (Responses, {"input": "Count", "text": FORMAT}),
    ],
)
async def test_an_answer_that_does_not_fit_fails_the_step_and_is_kept(
    run: Run, server: OpenAIServer, task: type, asked: dict[str, Any]
) -> None:
    server.answers.append(Answer("seven"))
    with pytest.raises(TaskFailure, match="does not fit the schema: it is not JSON; it begins: 'seven'") as failed:
        await run(task, **asked)
    assert "seven" in str(failed.value.outputs)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("task", "asked", "turns"),
    [
        (ChatCompletion, {"prompt": "Count", "jsonResponseSchema": COUNT}, "messages"),
        (Responses, {"input": "Count", "text": FORMAT}, "input"),
    ],
)
async def test_it_asks_once_more_with_what_was_wrong_when_told_to(
    run: Run, server: OpenAIServer, context: FakeContext, task: type, asked: dict[str, Any], turns: str
) -> None:
    server.answers.extend([Answer('{"n": "7"}'), Answer('{"n": 7}')])
    out = await run(task, **asked, reask=True)
    assert out["jsonOutput"] == {"n": 7}
    said = server.requests[1].body[turns]
    assert [turn["role"] for turn in said] == ["user", "assistant", "user"]
    assert "n: '7' is not of type 'integer'" in said[2]["content"]
    assert metric(context, "requests") is not None
    assert any("Asking once more" in message for _, message in context.logs)


async def test_it_asks_only_once_more(run: Run, server: OpenAIServer) -> None:
    server.answers.extend([Answer("no"), Answer("still no")])
    with pytest.raises(TaskFailure, match="it begins: 'still no'"):
        await run(ChatCompletion, prompt="Count", jsonResponseSchema=COUNT, reask=True)
    assert len(server.requests) == 2
