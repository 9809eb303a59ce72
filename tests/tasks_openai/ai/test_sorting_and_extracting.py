"""Classification and JSONStructuredExtraction."""

import json
from typing import Any

import pytest

from builder.tasks.api import TaskFailure
from tasks_openai.ai.classification import Classification
from tasks_openai.ai.json_structured_extraction import JSONStructuredExtraction
from tests.doubles.vendor_server import VendorServer
from tests.tasks_openai.ai.conftest import OPENAI_SAYS, RunAt, provider

CLASSES = ["positive", "negative", "neutral"]


def says(text: str) -> dict[str, Any]:
    return {**OPENAI_SAYS, "choices": [{"message": {"content": text}, "finish_reason": "stop"}]}


@pytest.mark.parametrize("said", ["positive", " Positive.\n", '"positive"', "**POSITIVE**"])
async def test_a_text_is_sorted_into_a_class_as_it_is_written(run_at: RunAt, vendors: VendorServer, said: str) -> None:
    vendors.answer("/chat/completions", says(said))
    out = await run_at(Classification, provider("OpenAI", vendors), prompt="I love it", classes=CLASSES)
    assert out["classification"] == "positive" and out["finishReason"] == "STOP"
    assert out["tokenUsage"]["totalTokenCount"] == 15
    rules, text = vendors.last.json["messages"]
    assert rules["content"].endswith('typing just the exact class name: ["positive","negative","neutral"]')
    assert text == {"role": "user", "content": "I love it"}


async def test_another_answer_fails_and_is_kept(run_at: RunAt, vendors: VendorServer) -> None:
    vendors.answer("/chat/completions", says("great"))
    with pytest.raises(TaskFailure, match="'great', which is none of the classes") as failure:
        await run_at(Classification, provider("OpenAI", vendors), prompt="I love it", classes=CLASSES)
    assert failure.value.outputs == {"classification": "great", "finishReason": "STOP"}


async def test_the_rules_can_be_written(run_at: RunAt, vendors: VendorServer) -> None:
    vendors.answer("/chat/completions", says("neutral"))
    rules = "Choose: {{ classes | join(' or ') }}"
    await run_at(Classification, provider("OpenAI", vendors), prompt="x", classes=CLASSES, systemMessage=rules)
    assert vendors.last.json["messages"][0]["content"] == "Choose: positive or negative or neutral"


async def test_fields_are_picked_out_of_a_text(run_at: RunAt, vendors: VendorServer) -> None:
    vendors.answer("/chat/completions", says('{"name": "Jörg", "city": ""}'))
    written = {"prompt": "I am Jörg", "schemaName": "Person", "jsonFields": ["name", "city"]}
    out = await run_at(JSONStructuredExtraction, provider("OpenAI", vendors), **written)
    assert out["schemaName"] == "Person" and json.loads(out["extractedJson"]) == {"name": "Jörg", "city": ""}
    shape = vendors.last.json["response_format"]["json_schema"]
    assert shape["name"] == "Person" and shape["schema"]["required"] == ["name", "city"]
    assert vendors.last.json["messages"][0]["content"].startswith("You are a structured JSON extraction assistant.")


async def test_what_lacks_a_field_fails(run_at: RunAt, vendors: VendorServer) -> None:
    vendors.answer("/chat/completions", says('{"name": "Jörg"}'))
    written = {"prompt": "I am Jörg", "schemaName": "Person", "jsonFields": ["name", "city"]}
    with pytest.raises(TaskFailure, match="does not fit the schema"):
        await run_at(JSONStructuredExtraction, provider("OpenAI", vendors), **written)
