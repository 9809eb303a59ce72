"""The tasks against a real, small model on this machine."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from builder.management.demo_model import DemoModel
from builder.runtime.network import Network, addresses
from builder.tasks.api import TaskFailure
from builder.tasks.base import Task
from builder.tasks.testing import FakeContext, run_task
from tasks_openai.kestra.chat_completion import ChatCompletion
from tasks_openai.kestra.responses import Responses
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


async def test_a_question_that_is_too_long_is_said(url: str) -> None:
    with pytest.raises(TaskFailure, match="prompt is too long"):
        await ask(ChatCompletion, url, prompt="word " * 6000)
