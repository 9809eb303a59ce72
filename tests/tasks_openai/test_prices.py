"""A cost is right or unknown, never nought for want of a price."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tasks_openai.connection import OPENAI_URL
from tasks_openai.prices import Usage, cost_of, usage_of

AT = datetime(2026, 11, 21, tzinfo=UTC)
CHAT = {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500}
RESPONSE = {"input_tokens": 1000, "output_tokens": 500, "total_tokens": 1500}


def chat(model: str, **usage: Any) -> dict[str, Any]:
    return {"model": model, "usage": CHAT | usage}


def test_tokens_are_priced_exactly() -> None:
    assert cost_of(chat("gpt-4.1-mini"), "chat", OPENAI_URL, AT) == Decimal("0.0012")


def test_cached_tokens_are_cheaper() -> None:
    body = chat("gpt-4.1-mini", prompt_tokens_details={"cached_tokens": 1000})
    assert cost_of(body, "chat", OPENAI_URL, AT) == Decimal("0.0009")


def test_the_version_a_service_answers_with_is_known_too() -> None:
    assert cost_of(chat("gpt-4o-2024-08-06"), "chat", OPENAI_URL, AT) == Decimal("0.0075")


@pytest.mark.parametrize(
    "body",
    [
        chat("gpt-of-tomorrow"),
        chat("tts-1"),
        {"model": "gpt-4o"},
        {"model": "gpt-4o", "usage": None},
        {"model": "gpt-4o", "usage": "x"},
        {"model": 7, "usage": CHAT},
        chat("gpt-4o", prompt_tokens=-1),
        chat("gpt-4o", prompt_tokens=True),
    ],
)
def test_what_has_no_price_is_unknown(body: dict[str, Any]) -> None:
    assert cost_of(body, "chat", OPENAI_URL, AT) is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:11434/v1", "https://models.example.org/v1"])
def test_a_server_of_ones_own_has_no_known_price(url: str) -> None:
    assert cost_of(chat("gpt-4o"), "chat", url, AT) is None


def test_searches_cost_by_the_call() -> None:
    body = {"model": "gpt-4.1-mini", "usage": RESPONSE, "output": [{"type": "web_search_call"}] * 2}
    assert cost_of(body, "responses", OPENAI_URL, AT) == Decimal("0.0212")


def test_a_tool_without_a_known_price_makes_the_cost_unknown() -> None:
    body = {"model": "gpt-4.1-mini", "usage": RESPONSE, "output": [{"type": "code_interpreter_call"}]}
    assert cost_of(body, "responses", OPENAI_URL, AT) is None


def test_another_service_tier_has_another_price() -> None:
    body = chat("gpt-4.1-mini") | {"service_tier": "priority"}
    assert cost_of(body, "chat", OPENAI_URL, AT) == Decimal("0.0021")


def test_usage_is_read_in_both_protocols() -> None:
    details = {"prompt_tokens_details": {"cached_tokens": 7}, "completion_tokens_details": {"reasoning_tokens": 9}}
    assert usage_of(CHAT | details, "chat") == Usage(1000, 500, 1500, 7, 9)
    assert usage_of(RESPONSE | {"input_tokens_details": None}, "responses") == Usage(1000, 500, 1500, 0, 0)
