"""The OpenAI tasks of the documents' example flows run unchanged, and what follows them reads what it expects."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from builder.tasks.testing import FakeContext, run_task
from tasks_openai.kestra.chat_completion import ChatCompletion
from tasks_openai.kestra.responses import Responses
from tests.doubles.openai_server import OpenAIServer
from tests.tasks_openai.conftest import KEY

FLOWS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus" / "seed_flows"
TYPES = {task.type_name: task for task in (ChatCompletion, Responses)}
pytestmark = pytest.mark.skipif(not FLOWS.exists(), reason="the shared corpus is not here")


async def play(name: str, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> FakeContext:
    """Runs the OpenAI task of a flow; gives a context whose variables hold its outputs."""
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    flow: dict[str, Any] = yaml.safe_load((FLOWS / name).read_text())
    context = FakeContext(variables={"inputs": {one["id"]: one.get("defaults") for one in flow.get("inputs", [])}})
    for task in flow["tasks"]:
        if task["type"] in TYPES:
            written = {**task, "apiKey": KEY}
            if "previousResponseId" in written:  # kv() is the runner's; a key that is not there renders as nothing
                written["previousResponseId"] = ""
            outputs = await run_task(TYPES[task["type"]], written, context)
            context.variables = {**context.variables, "outputs": {task["id"]: outputs}}
    return context


@pytest.mark.parametrize(
    ("name", "expression", "expected"),
    [
        (
            "chat_prompt_log.yaml",
            "{{ outputs.completion.choices[0].message.content }}",
            "Here is an answer to: What is data orchestration?",
        ),
        (
            "chat_return_older_page.yaml",
            "{{ outputs.completion.choices[0].message.content }}",
            "Here is an answer to: What is data orchestration?",
        ),
        (
            "chat_prompt_jq.yaml",
            "{{ outputs.prompt.choices | jq('.[].message.content') | first }}",
            "Here is an answer to: Explain in one sentence why data engineers build data pipelines",
        ),
        (
            "chat_functions_review.yaml",
            "{{ outputs.prioritize_response.choices[0].message.function_call.arguments.response_urgency }}",
            "reply_immediately",
        ),
        (
            "responses_simple_text.yaml",
            "{{ outputs.explain.outputText }}",
            "Here is an answer to: Explain what is Kestra in 3 sentences",
        ),
        ("responses_web_search.yaml", "{{ outputs.trends.sources[0] }}", "https://example.org/news"),
        (
            "responses_local_news_mail.yaml",
            "{{ outputs.news.outputText }}",
            "Here is an answer to: Summarize top 5 news from my region",
        ),
        ("responses_functions.yaml", "{{ fromJson(outputs.openai.outputText).response_urgency }}", "reply_immediately"),
        ("responses_stateful_chat.yaml", "{{ outputs.chat_request.responseId | length > 10 }}", "true"),
        (
            "responses_structured_output.yaml",
            "{{ fromJson(outputs.generate_structured_response.outputText).macronutrients.fats }}",
            "7.5",
        ),
    ],
)
async def test_the_flow_reads_what_it_expects(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch, name: str, expression: str, expected: str
) -> None:
    context = await play(name, server, monkeypatch)
    assert await context.render(expression) == expected
    assert not server.requests[0].faults
