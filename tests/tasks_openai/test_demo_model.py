"""The tasks against a real, small model on this machine."""

import json
import math
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.conf import settings

from builder.management.demo_model import DemoModel
from builder.runtime.network import Network, addresses
from builder.tasks.api import TaskFailure
from builder.tasks.base import Task
from builder.tasks.testing import FakeContext, run_task
from tasks_openai.kestra.chat_completion import ChatCompletion
from tasks_openai.kestra.responses import Responses
from tasks_openai.toolkit.create_embedding import CreateEmbedding
from tests.tasks_openai.conftest import metric

INSTALLED = Path(os.environ.get("MILLSTREAM_TEST_DEMO_DATA") or settings.BASE_DIR / "data")
pytestmark = pytest.mark.skipif(
    not DemoModel(INSTALLED).installed, reason="the demo model is not installed; manage.py up does it"
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    model = DemoModel(INSTALLED)
    address = model.start()
    addresses.grant(address)
    yield address
    model.stop()


async def ask(task: type[Task], url: str, **written: Any) -> tuple[dict[str, Any], FakeContext]:
    context = FakeContext(at=datetime.now(UTC))
    context.http = Network()  # type: ignore[assignment]
    given = {"apiKey": "none", "model": "smollm2-135m", "baseUrl": url, "clientTimeout": 60}
    return await run_task(task, given | written, context), context


async def test_a_chat_answer_streams_with_its_tokens(url: str) -> None:
    out, context = await ask(ChatCompletion, url, prompt="What is data orchestration?", maxTokens=40, temperature=0)
    assert len(context.streamed) > 2
    assert "".join(context.streamed) == out["choices"][0]["message"]["content"]
    assert "data" in out["choices"][0]["message"]["content"]
    assert metric(context, "usage.completion.tokens") == out["usage"]["completion_tokens"] <= 40
    assert metric(context, "cost") is None


async def test_a_limit_is_kept(url: str) -> None:
    out, context = await ask(ChatCompletion, url, prompt="Tell me a very long story.", maxTokens=8)
    assert out["choices"][0]["finish_reason"] == "length" and out["usage"]["completion_tokens"] == 8
    assert any("maxTokens" in line for _, line in context.logs)


async def test_a_response_streams_too(url: str) -> None:
    out, context = await ask(Responses, url, input="Say hello.", maxOutputTokens=30, temperature=0)
    assert out["outputText"] == "".join(context.streamed) != ""
    assert out["responseId"] and metric(context, "usage.total.tokens")


async def test_an_answer_fits_a_schema(url: str) -> None:
    schema = {
        "type": "object",
        "properties": {"mood": {"type": "string", "enum": ["good", "bad"]}},
        "required": ["mood"],
        "additionalProperties": False,
    }
    out, _ = await ask(ChatCompletion, url, prompt="I love it!", jsonResponseSchema=schema, maxTokens=40)
    assert json.loads(out["choices"][0]["message"]["content"])["mood"] in ("good", "bad")


async def test_texts_of_like_meaning_lie_near_each_other(url: str) -> None:
    texts = ["The cat sleeps on the sofa.", "A kitten naps on the couch.", "Interest rates rose by two percent."]
    context = FakeContext(at=datetime.now(UTC))
    context.http = Network()  # type: ignore[assignment]
    written = {"api_key": "none", "model": "smollm2-135m", "base_url": url, "input": texts}
    out = await run_task(CreateEmbedding, written, context)
    cat, kitten, rates = ([float(one) for one in item["embedding"]] for item in out["data"])
    assert len(cat) == 576 and likeness(cat, kitten) > likeness(cat, rates) + 0.05
    assert metric(context, "usage.prompt.tokens") == out["usage"]["prompt_tokens"] > 20
    with pytest.raises(TaskFailure, match="prompt is too long"):
        await run_task(CreateEmbedding, {**written, "input": "word " * 900}, context)


def likeness(one: list[float], other: list[float]) -> float:
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(left * right for left, right in zip(one, other, strict=True)) / lengths


async def test_tokens_are_what_the_server_reports(url: str) -> None:
    """Asked of the server directly, once more and without our client."""
    question = {"model": "smollm2-135m", "temperature": 0, "max_tokens": 20, "cache_prompt": False,
                "messages": [{"role": "user", "content": "What is data orchestration?"}]}  # fmt: skip
    for task, written in ((ChatCompletion, {"prompt": "What is data orchestration?", "maxTokens": 20}),
                          (Responses, {"input": "What is data orchestration?", "maxOutputTokens": 20})):  # fmt: skip
        _, context = await ask(task, url, temperature=0, **written)
        direct = httpx2.post(f"{url}/chat/completions", json=question, timeout=60, trust_env=False).json()["usage"]
        counted = [metric(context, f"usage.{kind}.tokens") for kind in ("prompt", "completion", "total")]
        assert counted == [direct["prompt_tokens"], direct["completion_tokens"], direct["total_tokens"]]


async def test_a_response_that_its_server_does_not_hold_to_the_schema_is_refused(url: str) -> None:
    """The server knows the schema of chat completions alone."""
    schema = {"type": "object", "properties": {"mood": {"enum": ["good", "bad"]}}, "required": ["mood"]}
    shape = {"format": {"type": "json_schema", "name": "mood", "schema": schema}}
    with pytest.raises(TaskFailure, match="does not fit the schema") as failed:
        await ask(Responses, url, input="I love it!", text=shape, maxOutputTokens=40, temperature=0)
    assert failed.value.outputs and failed.value.outputs["outputText"]


async def test_a_question_that_is_too_long_is_said(url: str) -> None:
    with pytest.raises(TaskFailure, match="prompt is too long"):
        await ask(ChatCompletion, url, prompt="word " * 6000)
