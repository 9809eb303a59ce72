"""A cost is right or unknown, never nought for want of a price."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tasks_openai.prices import Usage, cost_of, cost_of_speech, price_per_million, usage_of
from tasks_openai.wire.connection import OPENAI_URL

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


def tokens(
    sent: int, cached: int, made: int, thought: int, *, of: str = "responses", written: int = 0
) -> dict[str, Any]:
    before, after = ("input", "output") if of == "responses" else ("prompt", "completion")
    return {
        f"{before}_tokens": sent,
        f"{before}_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
        f"{after}_tokens": made,
        f"{after}_tokens_details": {"reasoning_tokens": thought},
        "total_tokens": sent + made,
    }


@pytest.mark.parametrize(
    ("model", "flavor", "usage", "cost"),
    [
        # not cached x price + cached x its price (+ written into the cache x its price) + all that was made x its price
        ("gpt-5.4-mini", "chat", tokens(12_000, 4_000, 3_000, 1_000, of="chat"), "0.0198"),
        ("gpt-5.4", "responses", tokens(100_000, 40_000, 2_000, 1_500), "0.19"),
        ("gpt-5.4", "responses", tokens(300_000, 100_000, 1_000, 0), "1.0725"),  # long prompts cost double
        ("gpt-4.1", "chat", tokens(1_000, 200, 500, 0, of="chat"), "0.0057"),
        ("gpt-4o-mini", "responses", tokens(1_000_000, 400_000, 100_000, 0), "0.18"),
        ("o3", "responses", tokens(5_000, 1_000, 20_000, 19_000), "0.1685"),
        ("gpt-6-luna", "responses", tokens(10_000, 2_000, 4_000, 3_000, written=1_000), "0.002845"),
    ],
)
def test_cached_and_reasoning_tokens_are_right_to_the_last_place(
    model: str, flavor: Any, usage: dict[str, Any], cost: str
) -> None:
    assert cost_of({"model": model, "usage": usage}, flavor, OPENAI_URL, AT) == Decimal(cost)


def test_an_embedding_costs_what_went_in() -> None:
    body = {"model": "text-embedding-3-small", "usage": {"prompt_tokens": 1234, "total_tokens": 1234}}
    assert cost_of(body, "embeddings", OPENAI_URL, AT) == Decimal("0.00002468")


PICTURE = {
    "input_tokens": 100, "output_tokens": 1000, "total_tokens": 1100,
    "input_tokens_details": {"text_tokens": 40, "image_tokens": 60},
}  # fmt: skip
MADE = {"output_tokens_details": {"text_tokens": 100, "image_tokens": 900}}


@pytest.mark.parametrize(
    ("model", "usage", "cost"),
    [
        ("gpt-image-2", PICTURE, Decimal("0.03068")),
        ("gpt-image-1.5", PICTURE | MADE, Decimal("0.03048")),
        ("gpt-image-1.5", PICTURE, None),  # words and pictures have two prices there, and are not told apart
        ("dall-e-3", PICTURE, None),
    ],
)
def test_a_picture_costs_by_its_tokens(model: str, usage: dict[str, Any], cost: Decimal | None) -> None:
    assert cost_of({"model": model, "usage": usage}, "images", OPENAI_URL, AT) == cost


HEARD = {
    "type": "tokens", "input_tokens": 1050, "output_tokens": 200, "total_tokens": 1250,
    "input_token_details": {"audio_tokens": 1000, "text_tokens": 50},
}  # fmt: skip


@pytest.mark.parametrize(
    ("model", "usage", "cost"),
    [
        ("gpt-4o-transcribe", HEARD, Decimal("0.008125")),
        ("gpt-4o-transcribe", {**HEARD, "input_token_details": None}, None),
        ("gpt-4o-transcribe", {**HEARD, "input_token_details": {"audio_tokens": 7}}, None),
        ("whisper-1", {"type": "duration", "seconds": 60}, Decimal("0.006")),
        ("gpt-transcribe", {"type": "duration", "seconds": 2.5}, Decimal("0.0001875")),
        ("gpt-4o-transcribe", {"type": "duration", "seconds": 60}, None),
        ("whisper-1", None, None),
    ],
)
def test_what_is_heard_costs_by_the_second_or_by_its_own_tokens(model: str, usage: Any, cost: Decimal | None) -> None:
    assert cost_of({"model": model, "usage": usage}, "audio", OPENAI_URL, AT) == cost


@pytest.mark.parametrize(
    ("model", "cost"),
    [("tts-1", Decimal("0.015")), ("tts-1-hd", Decimal("0.03")), ("gpt-4o-mini-tts", None), ("nobodys", None)],
)
def test_speech_costs_by_the_letter_where_the_model_is_paid_so(model: str, cost: Decimal | None) -> None:
    assert cost_of_speech(model, 1000, OPENAI_URL, AT) == cost


def test_spoken_words_in_a_chat_are_never_priced_as_written_ones() -> None:
    details = {"prompt_tokens_details": {"audio_tokens": 60}, "completion_tokens_details": {"audio_tokens": 900}}
    usage = {"prompt_tokens": 100, "completion_tokens": 1000, "total_tokens": 1100, **details}
    assert cost_of({"model": "gpt-audio", "usage": usage}, "chat", OPENAI_URL, AT) == Decimal("0.06062")
    assert cost_of({"model": "gpt-4o-audio-preview", "usage": usage}, "chat", OPENAI_URL, AT) is None


def test_what_a_million_tokens_cost_is_known_by_name() -> None:
    assert price_per_million("gpt-5.4", OPENAI_URL, AT) == (Decimal("2.5"), Decimal(15))
    assert price_per_million("text-embedding-3-small", OPENAI_URL, AT) == (Decimal("0.02"), None)
    assert price_per_million("tts-1", OPENAI_URL, AT) is None
    assert price_per_million("gpt-5.4", "http://127.0.0.1:8080/v1", AT) is None
