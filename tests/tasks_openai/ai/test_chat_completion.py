"""Conversations with every provider: configuration, shapes, thinking, files, and what the answers become."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from builder.tasks.api import TaskFailure
from builder.tasks.check import check_written
from builder.tasks.testing import FakeContext
from tasks_openai.ai.chat_completion import ChatCompletion
from tests.doubles.openai_store import png
from tests.doubles.vendor_server import VendorServer
from tests.tasks_openai.ai.conftest import (
    BEDROCK_SAYS,
    EVENTS,
    GOOGLE_SAYS,
    NEEDED,
    OPENAI_SAYS,
    PREFIX,
    RunAt,
    provider,
)
from tests.tasks_openai.conftest import metric

TALK = [
    {"type": "SYSTEM", "content": "Be brief."},
    {"type": "user", "content": "Hi"},
    {"type": "AI", "content": "Hello."},
    {"type": "USER", "content": "And now?"},
]
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
JSON = {"type": "JSON", "jsonSchema": SCHEMA, "jsonSchemaDescription": "A number."}
PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"


def at(body: Any, path: str) -> Any:
    for part in path.split("."):
        body = body[int(part)] if part.isdigit() else body[part]
    return body


@pytest.mark.parametrize(
    ("name", "rules", "turns"),
    [
        ("OpenAI", "messages.0.content", ["messages.1.content", "messages.2.content", "messages.3.content"]),
        ("Anthropic", "system", ["messages.0.content", "messages.1.content", "messages.2.content"]),
        (
            "GoogleGemini",
            "systemInstruction.parts.0.text",
            ["contents.0.parts.0.text", "contents.1.parts.0.text", "contents.2.parts.0.text"],
        ),
        (
            "AmazonBedrock",
            "system.0.text",
            ["messages.0.content.0.text", "messages.1.content.0.text", "messages.2.content.0.text"],
        ),
        (
            "OciGenAI",
            "chatRequest.messages.0.content.0.text",
            [f"chatRequest.messages.{number}.content.0.text" for number in (1, 2, 3)],
        ),
    ],
)
async def test_a_conversation_goes_in_each_protocols_words(
    run_at: RunAt, vendors: VendorServer, name: str, rules: str, turns: list[str]
) -> None:
    await run_at(ChatCompletion, provider(name, vendors), messages=TALK)
    sent = vendors.last.json
    assert at(sent, rules) == "Be brief."
    assert [at(sent, path) for path in turns] == ["Hi", "Hello.", "And now?"]


async def test_coheres_models_at_oci_are_asked_in_their_own_form(run_at: RunAt, vendors: VendorServer) -> None:
    answer = {"chatResponse": {"apiFormat": "COHERE", "text": "Hello.", "finishReason": "COMPLETE"}}
    vendors.answer("/actions/chat", answer)
    out = await run_at(ChatCompletion, provider("OciGenAI", vendors, modelName="cohere.command-a"), messages=TALK)
    asked = vendors.last.json["chatRequest"]
    assert (
        asked["apiFormat"] == "COHERE" and asked["message"] == "And now?" and asked["preambleOverride"] == "Be brief."
    )
    assert asked["chatHistory"] == [{"role": "USER", "message": "Hi"}, {"role": "CHATBOT", "message": "Hello."}]
    assert out["textOutput"] == "Hello." and out["finishReason"] == "STOP" and out["tokenUsage"] is None


HOW = {"temperature": "0.5", "topP": 0.9, "topK": 40, "seed": 7, "maxToken": 100}
SENT: dict[str, dict[str, Any]] = {
    "OpenAI": {"temperature": 0.5, "top_p": 0.9, "seed": 7, "max_completion_tokens": 100},
    "MistralAI": {"temperature": 0.5, "top_p": 0.9, "random_seed": 7, "max_tokens": 100},
    "OpenRouter": {"temperature": 0.5, "top_p": 0.9, "top_k": 40, "seed": 7, "max_tokens": 100},
    "Anthropic": {"temperature": 0.5, "top_p": 0.9, "top_k": 40, "max_tokens": 100},
    "GoogleGemini": {
        "generationConfig": {"temperature": 0.5, "topP": 0.9, "topK": 40, "seed": 7, "maxOutputTokens": 100}
    },
    "AmazonBedrock": {
        "inferenceConfig": {"temperature": 0.5, "topP": 0.9, "maxTokens": 100},
        "additionalModelRequestFields": {"top_k": 40},
    },
}


@pytest.mark.parametrize("name", SENT)
async def test_the_configuration_goes_in_each_protocols_words(name: str, run_at: RunAt, vendors: VendorServer) -> None:
    probe = {key: value for key, value in HOW.items() if key not in cannot(name)}
    await run_at(ChatCompletion, provider(name, vendors), messages=TALK, configuration=probe)
    assert SENT[name].items() <= vendors.last.json.items()


def cannot(name: str) -> set[str]:
    return {"OpenAI": {"topK"}, "MistralAI": {"topK"}, "Anthropic": {"seed"}, "AmazonBedrock": {"seed"}}.get(
        name, set()
    )


@pytest.mark.parametrize(("name", "key"), [("OpenAI", "topK"), ("Anthropic", "seed"), ("AmazonBedrock", "seed")])
def test_what_a_provider_has_no_setting_for_is_said_before_the_run(name: str, key: str) -> None:
    task = {"id": "a", "type": ChatCompletion.type_name, "messages": TALK, "configuration": {key: 5}}
    named = {"type": f"io.kestra.plugin.ai.provider.{name}", **NEEDED[name]}
    with pytest.raises(ValidationError, match="has no such setting; leave it out"):
        ChatCompletion.read(task | {"provider": named})


def says(text: str) -> dict[str, Any]:
    return {**OPENAI_SAYS, "choices": [{"message": {"content": text}, "finish_reason": "stop"}]}


async def test_a_schema_is_sent_and_the_answer_held_against_it(run_at: RunAt, vendors: VendorServer) -> None:
    vendors.answer("/chat/completions", says('{"n": 7}'), says('{"n": "seven"}'))
    how = {"responseFormat": JSON}
    out = await run_at(ChatCompletion, provider("OpenAI", vendors), messages=TALK, configuration=how)
    assert out["jsonOutput"] == {"n": 7} and out["textOutput"] is None
    shape = {"name": "output", "description": "A number.", "schema": SCHEMA, "strict": False}
    assert vendors.last.json["response_format"] == {"type": "json_schema", "json_schema": shape}
    with pytest.raises(TaskFailure, match="does not fit the schema: n") as failure:
        await run_at(ChatCompletion, provider("OpenAI", vendors), messages=TALK, configuration=how)
    assert "reask" not in failure.value.message
    assert failure.value.outputs == {"textOutput": '{"n": "seven"}', "finishReason": "STOP"}


async def test_strict_is_passed_on(run_at: RunAt, vendors: VendorServer) -> None:
    vendors.answer("/chat/completions", says('{"n": 7}'))
    how = {"responseFormat": {**JSON, "strictJson": True}}
    await run_at(ChatCompletion, provider("Ollama", vendors), messages=TALK, configuration=how)
    assert vendors.last.json["response_format"]["json_schema"]["strict"] is True


@pytest.mark.parametrize("name", ["DeepSeek", "ZhiPuAI", "DashScope"])
async def test_who_takes_no_schema_is_told_in_words(name: str, run_at: RunAt, vendors: VendorServer) -> None:
    vendors.answer("/chat/completions", says('```json\n{"n": 7}\n```'))
    how = {"responseFormat": JSON}
    out = await run_at(ChatCompletion, provider(name, vendors), messages=TALK, configuration=how)
    assert out["jsonOutput"] == {"n": 7}, "a fence around the data is taken off"
    assert vendors.last.json["response_format"] == {"type": "json_object"}
    rules = vendors.last.json["messages"][0]["content"]
    assert rules.startswith("Be brief.") and json.dumps(SCHEMA) in rules and "A number." in rules


async def test_anthropic_gives_a_shape_as_a_tools_input(
    run_at: RunAt, vendors: VendorServer, context: FakeContext
) -> None:
    vendors.answer(
        "/messages",
        [
            {"type": "message_start", "message": {"usage": {"input_tokens": 5, "cache_read_input_tokens": 7}}},
            {
                "type": "content_block_start",
                "index": 0,
                "content_block": {"type": "tool_use", "name": "answer", "input": {}},
            },
            {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": '{"n"'}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": ": 7}"}},
            {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 3}},
            {"type": "message_stop"},
        ],
        kind=EVENTS,
    )
    how = {"responseFormat": JSON}
    out = await run_at(ChatCompletion, provider("Anthropic", vendors), messages=TALK, configuration=how)
    assert out["jsonOutput"] == {"n": 7} and out["finishReason"] == "STOP"
    assert vendors.last.json["tools"] == [{"name": "answer", "description": "A number.", "input_schema": SCHEMA}]
    assert vendors.last.json["tool_choice"] == {"type": "tool", "name": "answer"}
    assert metric(context, "input.token.count") == 12, "cached tokens count too"


async def test_gemini_and_bedrock_are_asked_for_shapes(run_at: RunAt, vendors: VendorServer) -> None:
    how = {"responseFormat": JSON}
    end = {"candidates": [{"content": {"parts": [{"text": '{"n": 7}'}]}, "finishReason": "STOP"}]}
    vendors.answer(":streamGenerateContent", [end], kind=EVENTS)
    out = await run_at(ChatCompletion, provider("GoogleGemini", vendors), messages=TALK, configuration=how)
    assert out["jsonOutput"] == {"n": 7}
    assert vendors.last.json["generationConfig"] == {
        "responseMimeType": "application/json",
        "responseJsonSchema": SCHEMA,
    }
    vendors.answer("/converse", {**BEDROCK_SAYS, "output": {"message": {"content": [{"text": '{"n": 7}'}]}}})
    out = await run_at(ChatCompletion, provider("AmazonBedrock", vendors), messages=TALK, configuration=how)
    assert out["jsonOutput"] == {"n": 7} and json.dumps(SCHEMA) in vendors.last.json["system"][0]["text"]


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("DashScope", {"enable_thinking": True, "thinking_budget": 2000}),
        ("ZhiPuAI", {"thinking": {"type": "enabled"}}),
        ("OpenRouter", {"reasoning": {"enabled": True, "max_tokens": 2000}}),
        ("Anthropic", {"thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 4096}),
        ("GoogleGemini", {"generationConfig": {"thinkingConfig": {"thinkingBudget": 2000, "includeThoughts": True}}}),
        (
            "AmazonBedrock",
            {"additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 2000}}},
        ),
    ],
)
async def test_thinking_is_switched_in_each_protocols_words(
    name: str, sent: dict[str, Any], run_at: RunAt, vendors: VendorServer
) -> None:
    how = {"thinkingEnabled": True, "thinkingBudgetTokens": 2000, "returnThinking": True}
    await run_at(ChatCompletion, provider(name, vendors), messages=TALK, configuration=how)
    assert sent.items() <= vendors.last.json.items()


async def test_who_has_no_switch_for_thinking_is_told_of(
    run_at: RunAt, vendors: VendorServer, context: FakeContext
) -> None:
    await run_at(ChatCompletion, provider("OpenAI", vendors), messages=TALK, configuration={"thinkingEnabled": True})
    assert ("WARN", "OpenAI has no switch for thinking: the model decides by itself.") in context.logs


async def test_thoughts_are_kept_when_they_are_wanted(run_at: RunAt, vendors: VendorServer) -> None:
    thinking = {"message": {"content": "Yes.", "reasoning_content": "Hm."}, "finish_reason": "stop"}
    vendors.answer("/chat/completions", {**OPENAI_SAYS, "choices": [thinking]})
    deepseek = provider("DeepSeek", vendors)
    kept = await run_at(ChatCompletion, deepseek, messages=TALK, configuration={"returnThinking": True})
    assert (await run_at(ChatCompletion, deepseek, messages=TALK))["thinking"] is None
    assert kept["thinking"] == "Hm." and kept["textOutput"] == "Yes."
    parts = [{"text": "Hm.", "thought": True}, {"text": "Yes."}]
    vendors.answer(
        ":streamGenerateContent",
        [{"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}],
        kind=EVENTS,
    )
    out = await run_at(
        ChatCompletion, provider("GoogleGemini", vendors), messages=TALK, configuration={"returnThinking": True}
    )
    assert out["thinking"] == "Hm." and out["textOutput"] == "Yes."


async def test_anthropics_rules_can_be_cached(run_at: RunAt, vendors: VendorServer) -> None:
    await run_at(ChatCompletion, provider("Anthropic", vendors), messages=TALK, configuration={"promptCaching": True})
    block = {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}
    assert vendors.last.json["system"] == [block]


@pytest.mark.parametrize("name", ["OpenAI", "Anthropic", "GoogleGemini", "AmazonBedrock", "OciGenAI"])
async def test_pictures_and_pdfs_are_sent_along(
    name: str, run_at: RunAt, vendors: VendorServer, context: FakeContext
) -> None:
    context.files.contents |= {"kestra:///a.png": png(), "kestra:///b.pdf": PDF}
    blocks = [
        {"text": "What is this?"},
        {"type": "IMAGE", "uri": "kestra:///a.png"},
        {"type": "PDF", "uri": "kestra:///b.pdf"},
    ]
    await run_at(ChatCompletion, provider(name, vendors), messages=[{"type": "USER", "contentBlocks": blocks}])
    sent = vendors.last.content.decode()
    assert "What is this?" in sent and "iVBORw0KGgo" in sent and "JVBERi0xLjQK" in sent


async def test_a_file_that_is_no_picture_is_refused(run_at: RunAt, vendors: VendorServer, context: FakeContext) -> None:
    context.files.contents |= {"kestra:///b.pdf": PDF}
    turn = {"type": "USER", "contentBlocks": [{"type": "IMAGE", "uri": "kestra:///b.pdf"}]}
    with pytest.raises(TaskFailure, match="is no picture but application/pdf"):
        await run_at(ChatCompletion, provider("OpenAI", vendors), messages=[turn])
    assert vendors.got == []


@pytest.mark.parametrize("name", ["OpenAI", "Anthropic", "GoogleGemini", "GoogleVertexAI", "Ollama"])
async def test_an_answer_is_shown_as_it_arrives(
    name: str, run_at: RunAt, vendors: VendorServer, context: FakeContext
) -> None:
    pieces = [{"choices": [{"index": 0, "delta": {"content": text}}]} for text in ("Hel", "lo.")]
    ends = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    vendors.answer("/chat/completions", [*pieces, ends], kind=EVENTS)
    out = await run_at(ChatCompletion, provider(name, vendors), messages=TALK)
    assert context.streamed == ["Hel", "lo."] and out["textOutput"] == "Hello."


async def test_an_answer_that_is_cut_off_is_none(run_at: RunAt, vendors: VendorServer) -> None:
    for name, ending, said in (("GoogleGemini", ":streamGenerateContent", GOOGLE_SAYS[:1]),):
        vendors.answer(ending, said, kind=EVENTS)
        with pytest.raises(TaskFailure, match="broke after 3 characters"):
            await run_at(ChatCompletion, provider(name, vendors), messages=TALK)


async def test_requests_and_answers_are_logged_when_asked(
    run_at: RunAt, vendors: VendorServer, context: FakeContext
) -> None:
    how = {"logRequests": True, "logResponses": True}
    await run_at(ChatCompletion, provider("OpenAI", vendors), messages=TALK, configuration=how)
    lines = [line for level, line in context.logs if level == "INFO"]
    assert lines[0].startswith("Request: ") and "Be brief." in lines[0]
    assert lines[1].startswith("Answer: ") and "Hello." in lines[1]


async def test_tokens_are_measured_by_kestras_names(run_at: RunAt, vendors: VendorServer, context: FakeContext) -> None:
    out = await run_at(ChatCompletion, provider("MistralAI", vendors), messages=TALK)
    names = ("input.token.count", "output.token.count", "total.token.count")
    assert [metric(context, name) for name in names] == [12, 3, 15]
    assert metric(context, "cost") is None, "a server of one's own has no known price"
    assert out["requestDuration"] >= 0 and out["toolExecutions"] == []


async def test_a_filtered_answer_is_a_failure(run_at: RunAt, vendors: VendorServer) -> None:
    vendors.answer(":streamGenerateContent", [{"promptFeedback": {"blockReason": "SAFETY"}}], kind=EVENTS)
    with pytest.raises(TaskFailure, match="The content filter of Google Gemini stopped the answer"):
        await run_at(ChatCompletion, provider("GoogleGemini", vendors), messages=TALK)


async def test_a_whole_answer_of_another_shape_may_have_been_paid_for(
    run_at: RunAt, vendors: VendorServer, context: FakeContext
) -> None:
    vendors.answer("/converse", {"output": {"message": "text"}})
    with pytest.raises(TaskFailure, match="was not understood"):
        await run_at(ChatCompletion, provider("AmazonBedrock", vendors), messages=TALK)
    assert metric(context, "cost.unknown") == 1


REFUSALS: list[tuple[str, str, int, Any, str]] = [
    ("AmazonBedrock", "/converse", 403, {"message": "The token is invalid."}, "The token is invalid."),
    ("AmazonBedrock", "/converse", 400, {"Message": "No such model."}, "No such model."),
    (
        "Anthropic", "/messages", 401, {"type": "error", "error": {"type": "auth_error", "message": "bad key"}},
        "Anthropic at http.* refused the API key .*bad .* Check apiKey",
    ),
    ("GoogleGemini", "Content", 400, [{"error": {"code": 400, "message": "Bad model."}}], "Bad model."),
    ("WorkersAI", "s", 400, {"success": False, "errors": [{"code": 7000, "message": "No route"}]}, "No route"),
    ("HuggingFace", "s", 400, {"error": "Model not supported"}, "Model not supported"),
    ("DashScope", "s", 400, {"code": "InvalidParameter", "message": "Wrong size."}, "Wrong size."),
    ("OciGenAI", "/chat", 401, {"code": "NotAuthenticated", "message": "no"}, "Check authProvider and the OCI config"),
    ("MistralAI", "s", 422, {"object": "error", "message": "Bad input"}, "Bad input"),
    ("ZhiPuAI", "s", 429, {"error": {"code": "1113", "message": "No balance"}}, "rate limit of .*No balance"),
    ("GitHubModels", "s", 401, {"error": {"message": "no"}}, "Check gitHubToken"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "ending", "status", "said", "sentence"), REFUSALS)
async def test_each_vendors_refusal_becomes_a_sentence(
    run_at: RunAt, vendors: VendorServer, name: str, ending: str, status: int, said: Any, sentence: str
) -> None:
    vendors.answers.clear()
    vendors.answer(ending, said, status=status)
    with pytest.raises(TaskFailure, match=sentence) as failure:
        await run_at(ChatCompletion, provider(name, vendors), messages=TALK)
    assert "{" not in failure.value.message


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ([], "at least one message"),
        ([TALK[0], TALK[0], TALK[1]], "only one system message"),
        ([TALK[1], TALK[2]], "the last message must be of type USER"),
        ([{"type": "USER"}], "either content or contentBlocks"),
        ([{"type": "USER", "contentBlocks": [{"type": "IMAGE"}]}], "needs uri"),
    ],
)
async def test_what_is_no_conversation_is_refused(
    run_at: RunAt, vendors: VendorServer, messages: list[Any], sentence: str
) -> None:
    with pytest.raises(TaskFailure, match=sentence):
        await run_at(ChatCompletion, provider("OpenAI", vendors), messages=messages)


async def test_a_schema_without_json_is_refused(run_at: RunAt, vendors: VendorServer) -> None:
    how = {"responseFormat": {"jsonSchema": SCHEMA}}
    with pytest.raises(TaskFailure, match="only allowed when type is JSON"):
        await run_at(ChatCompletion, provider("OpenAI", vendors), messages=TALK, configuration=how)


async def test_mistrals_thoughts_come_as_parts_and_its_words_as_they_are(
    run_at: RunAt, vendors: VendorServer, context: FakeContext
) -> None:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}
    deltas: list[Any] = [[thought], [{"type": "text", "text": "Y"}], "es."]
    pieces = [{"choices": [{"index": 0, "delta": {"content": one}}]} for one in deltas]
    vendors.answer("/chat/completions", [*pieces, {"choices": [{"index": 0, "finish_reason": "stop"}]}], kind=EVENTS)
    how = {"returnThinking": True}
    out = await run_at(ChatCompletion, provider("MistralAI", vendors), messages=TALK, configuration=how)
    assert (out["thinking"], out["textOutput"]) == ("Hm.", "Yes.")
    assert context.streamed == ["Y", "es."]
    assert vendors.last.json["stream"] is True and "stream_options" not in vendors.last.json, "it refuses to be asked"


@pytest.mark.parametrize("name", ["tools", "guardrails", "contentRetrievers"])
def test_what_belongs_to_agents_is_refused_by_name(name: str) -> None:
    step = {"id": "a", "type": ChatCompletion.type_name, "messages": TALK}
    chosen = {"type": f"{PREFIX}OpenAI", "apiKey": "{{ secret('K') }}", "modelName": "gpt-5.4"}
    found = check_written(ChatCompletion, {**step, "provider": chosen, name: [{"type": "x"}]})
    assert [one.path for one in found] == [(name,)] and "agents, which are not built here yet" in found[0].message
