"""Every property reaches the request; outputs are read out of the response as flows expect them."""

from typing import Any

import pytest

from builder.tasks.api import TaskFailure
from builder.tasks.testing import FakeContext
from tasks_openai.kestra.responses import Responses
from tests.doubles.openai_answers import Answer, Call, Usage
from tests.doubles.openai_server import OpenAIServer
from tests.doubles.openai_store import png
from tests.tasks_openai.conftest import Run, metric


def sent(server: OpenAIServer) -> dict[str, Any]:
    return {key: value for key, value in server.requests[-1].body.items() if key != "stream"}


async def test_only_what_was_written_is_sent(run: Run, server: OpenAIServer, context: FakeContext) -> None:
    out = await run(Responses, input="Explain")
    assert sent(server) == {"model": "gpt-4.1-mini", "input": "Explain"}
    assert out["outputText"] == "Here is an answer to: Explain" == "".join(context.streamed)
    assert out["responseId"].startswith("resp_") and out["rawResponse"]["status"] == "completed"
    assert out["sources"] == []


TOOLS: list[dict[str, Any]] = [
    {
        "type": "web_search_preview",
        "search_context_size": "low",
        "user_location": {"type": "approximate", "city": "Berlin", "region": "Berlin", "country": "DE"},
    },
    {"type": "file_search", "vector_store_ids": ["vs_1"], "max_num_results": 3},
    {"type": "code_interpreter", "container": {"type": "auto"}},
    {"type": "mcp", "server_label": "docs", "server_url": "https://example.org/mcp", "require_approval": "never"},
    {"type": "image_generation", "quality": "low", "size": "1024x1024"},
    {"type": "local_shell"},
    {"type": "computer_use_preview", "environment": "browser", "display_width": 800, "display_height": 600},
]


@pytest.mark.parametrize(
    ("written", "parameter", "value"),
    [
        ({"maxOutputTokens": "100"}, "max_output_tokens", 100),
        ({"parallelToolCalls": "false"}, "parallel_tool_calls", False),
        ({"store": False}, "store", False),
        ({"temperature": "0.2"}, "temperature", 0.2),
        ({"topP": 0.5}, "top_p", 0.5),
        ({"user": "person-7"}, "user", "person-7"),
        ({"reasoning": {"effort": "low", "summary": "auto"}}, "reasoning", {"effort": "low", "summary": "auto"}),
        ({"text": {"verbosity": "low"}}, "text", {"verbosity": "low"}),
        (
            {"promptId": "pmpt_1", "promptVariables": {"city": "Berlin"}},
            "prompt",
            {"id": "pmpt_1", "variables": {"city": "Berlin"}},
        ),
        ({"promptCaching": "true"}, "prompt_cache_retention", "24h"),
        ({"toolChoice": "REQUIRED", "tools": TOOLS[:1]}, "tool_choice", "required"),
        ({"toolChoice": "none"}, "tool_choice", "none"),
        *[({"tools": [tool]}, "tools", [tool]) for tool in TOOLS],
    ],
)
async def test_each_property_reaches_the_request(
    run: Run, server: OpenAIServer, written: dict[str, Any], parameter: str, value: Any
) -> None:
    await run(Responses, input="Hello", **written)
    assert sent(server)[parameter] == value


async def test_an_empty_previous_response_begins_a_new_conversation(run: Run, server: OpenAIServer) -> None:
    first = await run(Responses, input="Hello", previousResponseId="")
    assert "previous_response_id" not in sent(server)
    await run(Responses, input="And?", previousResponseId=first["responseId"])
    assert sent(server)["previous_response_id"] == first["responseId"]


async def test_a_forgotten_conversation_is_said(run: Run) -> None:
    with pytest.raises(TaskFailure, match=r"Previous response with id 'resp_gone' not found\. Begin a new one"):
        await run(Responses, input="And?", previousResponseId="resp_gone")


async def test_messages_pass_as_they_are_and_a_single_one_as_a_list(run: Run, server: OpenAIServer) -> None:
    message = {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
    await run(Responses, input=[message])
    assert sent(server)["input"] == [message]
    await run(Responses, input=message)
    assert sent(server)["input"] == [message]


async def test_a_file_of_a_namespace_is_seen_like_one_of_the_execution(
    run: Run, server: OpenAIServer, context: FakeContext
) -> None:
    context.files.contents |= {"nsfile:///logo.png": png(), "nsfile://company/terms.pdf": b"%PDF-1.4 terms"}
    content = [
        {"type": "input_image", "detail": "auto", "image_url": "nsfile:///logo.png"},
        {"type": "input_file", "file_url": "nsfile://company/terms.pdf"},
    ]
    await run(Responses, input=[{"role": "user", "content": content}])
    picture, file = sent(server)["input"][0]["content"]
    assert picture["image_url"].startswith("data:image/png;base64,")
    assert file["filename"] == "terms.pdf" and file["file_data"].startswith("data:application/pdf;base64,")


async def test_cited_pages_are_the_sources(run: Run, server: OpenAIServer) -> None:
    server.answers.append(Answer("News", sources=("https://a.example", "https://b.example", "https://a.example")))
    out = await run(Responses, input="News?", tools=TOOLS[:1])
    assert out["sources"] == ["https://a.example", "https://b.example"]


async def test_texts_and_calls_are_joined_in_the_output_text(
    run: Run, server: OpenAIServer, context: FakeContext
) -> None:
    server.answers.append(Answer("Done.", calls=(Call("f", {"x": 1}), Call("g", {"y": 2}))))
    out = await run(Responses, input="Go")
    assert out["outputText"] == '{"x": 1}\n{"y": 2}\nDone.'
    assert "".join(context.streamed) == '{"x": 1}{"y": 2}Done.'


async def test_an_answer_fits_the_schema_that_text_format_asks_for(run: Run) -> None:
    schema = {"type": "object", "properties": {"food": {"type": "string"}}, "required": ["food"]}
    shape = {"format": {"type": "json_schema", "name": "food", "schema": schema}}
    out = await run(Responses, input="Avocado", text=shape)
    assert out["outputText"] == '{"food": "An example of text"}'


async def test_tokens_are_measured_and_searches_priced(
    run: Run, server: OpenAIServer, context: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    server.answers.append(
        Answer("News", sources=("https://a.example",), usage=Usage(input=1_000_000, output=0, cached=0, reasoning=0))
    )
    await run(Responses, input="News?", baseUrl=None, tools=TOOLS[:1])
    assert metric(context, "usage.prompt.tokens") == 1_000_000
    assert metric(context, "cost") == pytest.approx(0.41), "0.40 for the tokens, 0.01 for the search"


async def test_a_server_that_does_not_stream_is_read_all_the_same(
    run: Run, server: OpenAIServer, context: FakeContext
) -> None:
    server.streams = False
    assert (await run(Responses, input="Hi"))["outputText"] == "Here is an answer to: Hi" == "".join(context.streamed)


async def test_an_answer_that_reached_its_limit_is_kept_with_a_warning(
    run: Run, server: OpenAIServer, context: FakeContext
) -> None:
    server.answers.append(Answer("Once upon a", finish_reason="length"))
    assert (await run(Responses, input="Hi", maxOutputTokens=16))["outputText"] == "Once upon a"
    assert any(level == "WARN" and "maxOutputTokens" in line for level, line in context.logs)


async def test_a_failed_response_says_why(run: Run, server: OpenAIServer) -> None:
    server.answers.append(Answer("", failed="The model is overloaded."))
    with pytest.raises(TaskFailure, match=r"could not finish the answer: The model is overloaded\."):
        await run(Responses, input="Hi")


async def test_half_a_response_is_a_failure(run: Run, server: OpenAIServer) -> None:
    server.answers.append(Answer("0123456789", cut_after=4))
    with pytest.raises(TaskFailure, match="broke after 4 characters"):
        await run(Responses, input="Hi")


async def test_the_credentials_of_tools_are_not_recorded(run: Run, server: OpenAIServer, context: FakeContext) -> None:
    tool = {**TOOLS[3], "headers": {"X-Key": "s3cr3t"}}
    await run(Responses, input="Hi", tools=[tool])
    assert sent(server)["tools"] == [tool]
    assert "s3cr3t" not in str(context.requests)


async def test_files_of_the_execution_are_sent_as_data(run: Run, server: OpenAIServer, context: FakeContext) -> None:
    uri = await context.files.put("cat.webp", b"RIFF0000WEBPVP8 ")
    picture = {"type": "input_image", "image_url": uri, "detail": "auto"}
    await run(Responses, input=[{"role": "user", "content": [picture]}])
    assert sent(server)["input"][0]["content"][0]["image_url"].startswith("data:image/webp;base64,")


async def test_a_document_of_the_execution_goes_with_its_name(
    run: Run, server: OpenAIServer, context: FakeContext
) -> None:
    uri = await context.files.put("letter.pdf", b"%PDF-1.7 ...")
    await run(Responses, input=[{"role": "user", "content": [{"type": "input_file", "file_url": uri}]}])
    (part,) = sent(server)["input"][0]["content"]
    assert part["filename"] == "letter.pdf" and part["file_data"].startswith("data:application/pdf;base64,")
    assert "file_url" not in part
