"""Every property reaches the request, every output comes back, and only what was written is sent."""

from typing import Any

import pytest

from builder.tasks.api import TaskFailure
from builder.tasks.testing import FakeContext
from tasks_openai.kestra.chat_completion import ChatCompletion
from tests.doubles.openai_answers import Answer, Call, Usage
from tests.doubles.openai_server import OpenAIServer
from tests.tasks_openai.conftest import KEY, Run, metric

REVIEW = {
    "name": "respond_to_review",
    "description": "Judges a review.",
    "parameters": [
        {
            "name": "urgency",
            "type": "string",
            "description": "How urgent.",
            "required": True,
            "enumValues": ["now", "later"],
        },
        {"name": "tags", "type": "array", "description": "Words.", "enumValues": ["a", "b"]},
    ],
}


def sent(server: OpenAIServer) -> dict[str, Any]:
    """The body of the last request without the parameters that ask for a stream."""
    body = server.requests[-1].body
    return {key: value for key, value in body.items() if not key.startswith("stream")}


async def test_a_prompt_becomes_a_users_message_and_nothing_else_is_sent(run: Run, server: OpenAIServer) -> None:
    out = await run(ChatCompletion, prompt="Say hello")
    assert sent(server) == {"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": "Say hello"}]}
    assert out["choices"][0]["message"]["content"] == "Here is an answer to: Say hello"
    assert out["object"] == "chat.completion" and out["model"] == "gpt-4.1-mini" and out["id"].startswith("chatcmpl-")
    assert set(out["usage"]) >= {"prompt_tokens", "completion_tokens", "total_tokens"}


@pytest.mark.parametrize(
    ("written", "parameter", "value"),
    [
        ({"temperature": "0.5"}, "temperature", 0.5),
        ({"temperature": 1}, "temperature", 1),
        ({"topP": 0.9}, "top_p", 0.9),
        ({"maxTokens": "50"}, "max_completion_tokens", 50),
        ({"n": 2}, "n", 2),
        ({"stop": ["END", "\n\n"]}, "stop", ["END", "\n\n"]),
        ({"frequencyPenalty": -2}, "frequency_penalty", -2),
        ({"presencePenalty": "1.5"}, "presence_penalty", 1.5),
        ({"logitBias": {"50256": -100}}, "logit_bias", {"50256": -100}),
        ({"user": "person-7"}, "user", "person-7"),
        ({"promptCaching": True}, "prompt_cache_retention", "24h"),
        ({"functions": [REVIEW], "functionCall": "none"}, "tool_choice", "none"),
        (
            {"functions": [REVIEW], "functionCall": "respond_to_review"},
            "tool_choice",
            {"type": "function", "function": {"name": "respond_to_review"}},
        ),
    ],
)
async def test_each_property_reaches_the_request(
    run: Run, server: OpenAIServer, written: dict[str, Any], parameter: str, value: Any
) -> None:
    await run(ChatCompletion, prompt="Hello", **written)
    assert sent(server)[parameter] == value


async def test_functions_are_folded_into_a_json_schema(run: Run, server: OpenAIServer) -> None:
    await run(ChatCompletion, prompt="Great!", functions=[REVIEW])
    assert sent(server)["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "respond_to_review",
                "description": "Judges a review.",
                "parameters": {
                    "type": "object",
                    "required": ["urgency"],
                    "properties": {
                        "urgency": {"type": "string", "description": "How urgent.", "enum": ["now", "later"]},
                        "tags": {
                            "type": "array",
                            "description": "Words.",
                            "items": {"type": "string", "enum": ["a", "b"]},
                        },
                    },
                },
            },
        }
    ]


async def test_the_arguments_of_a_called_function_are_read_as_an_object(run: Run, context: FakeContext) -> None:
    out = await run(ChatCompletion, prompt="Great!", functions=[REVIEW])
    message = out["choices"][0]["message"]
    assert message["function_call"]["name"] == "respond_to_review"
    assert message["function_call"]["arguments"] == {"urgency": "now", "tags": ["a"]}
    assert message["tool_calls"][0]["function"]["arguments"] == message["function_call"]["raw_arguments"]
    assert "".join(context.streamed) == message["function_call"]["raw_arguments"]


async def test_arguments_that_are_no_json_stay_text(run: Run, server: OpenAIServer) -> None:
    server.answers.append(Answer(calls=(Call("respond_to_review", '{"urgency": "no'),)))
    out = await run(ChatCompletion, prompt="Great!", functions=[REVIEW])
    assert out["choices"][0]["message"]["function_call"]["arguments"] == '{"urgency": "no'


async def test_several_calls_and_several_answers_are_kept_apart(run: Run, server: OpenAIServer) -> None:
    server.answers.append(Answer(calls=(Call("a", {"x": 1}), Call("b", {"y": 2}))))
    out = await run(ChatCompletion, prompt="Go", n=2)
    assert [choice["index"] for choice in out["choices"]] == [0, 1]
    for choice in out["choices"]:
        assert [call["function"] for call in choice["message"]["tool_calls"]] == [
            {"name": "a", "arguments": '{"x": 1}'},
            {"name": "b", "arguments": '{"y": 2}'},
        ]


async def test_a_function_that_is_not_there_cannot_be_forced(run: Run) -> None:
    with pytest.raises(TaskFailure, match=r"'refund', which is not one of the functions \(respond_to_review\)"):
        await run(ChatCompletion, prompt="Go", functions=[REVIEW], functionCall="refund")


async def test_the_prompt_follows_the_messages(run: Run, server: OpenAIServer) -> None:
    rules = {"role": "system", "content": "Be brief."}
    await run(ChatCompletion, prompt="And now?", messages=[rules, {"content": "Hi"}])
    assert sent(server)["messages"] == [
        rules,
        {"role": "user", "content": "Hi"},
        {"role": "user", "content": "And now?"},
    ]


async def test_an_earlier_call_goes_back_as_text(run: Run, server: OpenAIServer) -> None:
    call = {"name": "f", "arguments": {"x": 1}}
    await run(
        ChatCompletion,
        messages=[
            {"role": "user", "content": "Go"},
            {"role": "assistant", "content": None, "function_call": call},
            {"role": "function", "name": "f", "content": "7"},
        ],
    )
    assert sent(server)["messages"][1]["function_call"] == {"name": "f", "arguments": '{"x": 1}'}


async def test_an_answer_can_be_given_back_as_the_next_question(run: Run, server: OpenAIServer) -> None:
    first = await run(ChatCompletion, prompt="Go", functions=[REVIEW])
    await run(
        ChatCompletion,
        messages=[
            {"role": "user", "content": "Go"},
            first["choices"][0]["message"],
            {"role": "tool", "content": "done", "tool_call_id": first["choices"][0]["message"]["tool_calls"][0]["id"]},
        ],
    )
    assert "function_call" not in sent(server)["messages"][1]


async def test_without_a_question_nothing_is_sent(run: Run, server: OpenAIServer) -> None:
    with pytest.raises(TaskFailure, match="write a prompt or messages"):
        await run(ChatCompletion, prompt="")
    assert server.requests == []


async def test_an_answer_can_be_made_to_fit_a_schema(run: Run, server: OpenAIServer) -> None:
    schema = '{"type": "object", "properties": {"n": {"type": "integer"}}}'
    out = await run(ChatCompletion, prompt="Go", jsonResponseSchema=schema)
    assert out["choices"][0]["message"]["content"] == '{"n": 7}'
    wanted = sent(server)["response_format"]
    assert wanted["type"] == "json_schema" and wanted["json_schema"]["strict"] is True


async def test_the_answer_is_shown_as_it_arrives(run: Run, context: FakeContext) -> None:
    out = await run(ChatCompletion, prompt="Tell me")
    assert len(context.streamed) == 5
    assert "".join(context.streamed) == out["choices"][0]["message"]["content"]


async def test_tokens_requests_and_duration_are_measured(run: Run, server: OpenAIServer, context: FakeContext) -> None:
    server.answers.append(Answer("Hi", usage=Usage(input=100, output=40, cached=60, reasoning=30)))
    await run(ChatCompletion, prompt="Hi")
    names = (
        "requests",
        "usage.prompt.tokens",
        "usage.completion.tokens",
        "usage.total.tokens",
        "usage.prompt.cached_tokens",
        "usage.reasoning.tokens",
    )
    assert [metric(context, name) for name in names] == [1, 100, 40, 140, 60, 30]
    assert (metric(context, "duration") or 0) > 0
    assert metric(context, "cost") is None, "a server of one's own has no known price"


async def test_what_openai_is_asked_for_has_a_price(
    run: Run, server: OpenAIServer, context: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    server.answers.append(Answer("Hi", usage=Usage(input=1_000_000, output=0)))
    await run(ChatCompletion, prompt="Hi", baseUrl="")
    assert metric(context, "cost") == pytest.approx(0.4)


async def test_a_server_that_counts_no_tokens_leaves_them_unknown(
    run: Run, server: OpenAIServer, context: FakeContext
) -> None:
    server.answers.append(Answer("Hi", usage=None))
    assert (await run(ChatCompletion, prompt="Hi"))["usage"] is None
    assert metric(context, "usage.total.tokens") is None and metric(context, "cost") is None


async def test_the_request_is_recorded_without_the_key(run: Run, server: OpenAIServer, context: FakeContext) -> None:
    await run(ChatCompletion, prompt="Say hello", temperature=0)
    (record,) = context.requests
    assert record["url"] == f"{server.url}/chat/completions"
    assert record["messages"][0]["content"] == "Say hello" and record["temperature"] == 0
    assert KEY not in str(record)
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


async def test_pictures_of_the_execution_are_sent_as_data(run: Run, server: OpenAIServer, context: FakeContext) -> None:
    uri = await context.files.put("cat.png", b"\x89PNG" + bytes(400))
    await run(
        ChatCompletion,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": uri}},
                ],
            }
        ],
    )
    assert sent(server)["messages"][0]["content"][1]["image_url"]["url"].startswith("data:image/png;base64,iVBOR")
    assert len(str(context.requests[0])) < 600, "the record shortens what is not for reading"


async def test_a_server_that_does_not_stream_is_read_all_the_same(
    run: Run, server: OpenAIServer, context: FakeContext
) -> None:
    server.streams = False
    out = await run(ChatCompletion, prompt="Hi", functions=[REVIEW])
    assert out["choices"][0]["message"]["function_call"]["arguments"]["urgency"] == "now"
    assert metric(context, "usage.total.tokens")


@pytest.mark.parametrize(
    ("complaint", "then"),
    [
        ("Unrecognized request argument supplied: stream_options", {"stream": True}),
        ("Your organization must be verified to stream this model.", {}),
    ],
)
async def test_a_server_that_refuses_streams_is_asked_without(
    run: Run, server: OpenAIServer, context: FakeContext, complaint: str, then: dict[str, Any]
) -> None:
    server.answers.append(Answer(complaint, status=400))
    await run(ChatCompletion, prompt="Hi")
    assert {key: value for key, value in server.requests[-1].body.items() if key.startswith("stream")} == then
    assert metric(context, "requests") == 2


async def test_an_answer_that_reached_its_limit_is_kept_with_a_warning(
    run: Run, server: OpenAIServer, context: FakeContext
) -> None:
    server.answers.append(Answer("Once upon a", finish_reason="length"))
    assert (await run(ChatCompletion, prompt="Hi", maxTokens=3))["choices"][0]["finish_reason"] == "length"
    assert any(level == "WARN" and "maxTokens" in line for level, line in context.logs)


async def test_a_refusal_is_kept_with_a_warning(run: Run, server: OpenAIServer, context: FakeContext) -> None:
    server.answers.append(Answer(refusal="I will not."))
    assert (await run(ChatCompletion, prompt="Hi"))["choices"][0]["message"]["refusal"] == "I will not."
    assert ("WARN", "The model refused: I will not.") in context.logs


async def test_a_filtered_answer_is_a_failure_that_keeps_what_came(run: Run, server: OpenAIServer) -> None:
    server.answers.append(Answer("Once", finish_reason="content_filter"))
    with pytest.raises(TaskFailure, match="content filter") as failure:
        await run(ChatCompletion, prompt="Hi")
    assert failure.value.outputs is not None


async def test_what_looks_like_a_template_in_an_answer_stays_text(run: Run, server: OpenAIServer) -> None:
    text = "{{ secret('TEST') }} {{ 7*7 }}"
    server.answers.append(Answer(text))
    assert (await run(ChatCompletion, prompt="Hi"))["choices"][0]["message"]["content"] == text
