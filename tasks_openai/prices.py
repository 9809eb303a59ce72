"""What a call cost, by the dated prices of genai-prices; None where the price or one of its units is not known."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

Flavor = Literal["chat", "responses", "embeddings", "images", "audio"]
_SENT_AND_MADE: Mapping[Flavor, tuple[str, str | None]] = {
    "chat": ("prompt", "completion"),
    "responses": ("input", "output"),
    "embeddings": ("prompt", None),
    "images": ("input", "output"),
    "audio": ("input", "output"),
}
"""What the tokens that went in and came out are called; an embedding has none that came out."""

_TOOL_UNITS = {"web_search_call": "web_searches", "file_search_call": "storage_searches"}
"""Output items of the Responses API that cost by the call, and the unit they are priced in."""
_UNPRICED_ITEMS = {"code_interpreter_call", "image_generation_call", "computer_call"}
"""Output items with a price of their own that the tables do not hold."""

_UNITS_OF_SENSES = {
    "input_audio_tokens": "input_audio_mtok",
    "output_audio_tokens": "output_audio_mtok",
    "cache_audio_read_tokens": "cache_audio_read_mtok",
}
"""Tokens of sound cost more than words: a model whose price for them is not known would come out too cheap."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens of one call, as the server counted them."""

    input: int
    output: int
    total: int
    cached: int
    reasoning: int


def usage_of(counted: object, flavor: Flavor) -> Usage | None:
    """Reads the `usage` object of an answer; None when the server sent none or something else."""
    if not isinstance(counted, Mapping):
        return None
    sent, answered = _SENT_AND_MADE[flavor]
    given = _count(counted, f"{sent}_tokens")
    made = _count(counted, f"{answered}_tokens") if answered else 0
    if given is None or made is None:
        return None
    return Usage(
        given,
        made,
        _count(counted, "total_tokens") or given + made,
        _count(counted.get(f"{sent}_tokens_details"), "cached_tokens") or 0,
        _count(counted.get(f"{answered}_tokens_details"), "reasoning_tokens") or 0,
    )


def cost_of(body: Mapping[str, Any], flavor: Flavor, base_url: str, at: datetime) -> Decimal | None:
    """The price in US dollars of an answer (`model`, `usage`, `output`, `service_tier`) of the server at `base_url`."""
    from genai_prices import data_snapshot

    if flavor == "audio":
        return _cost_of_listening(str(body.get("model", "")), body.get("usage"), base_url, at)
    if usage_of(body.get("usage"), flavor) is None:
        return None
    snapshot = data_snapshot.get_snapshot()
    kinds = _item_kinds(body.get("output"))
    try:
        provider, model = snapshot.find_provider_model(str(body.get("model", "")), None, None, base_url)
        _, usage = provider.extract_usage(dict(body), api_flavor=flavor)
        for kind, unit in _TOOL_UNITS.items():
            if kinds[kind]:
                setattr(usage, unit, kinds[kind])
        tier = body.get("service_tier")
        price = model.calc_price(
            usage, provider, genai_request_timestamp=at, price_context={"service_tier": tier} if tier else None
        )
    except (LookupError, ValueError):
        return None
    priced = {key for key, value in price.model_price.__dict__.items() if value is not None}
    needed = {"input_mtok"} | ({"output_mtok"} if _SENT_AND_MADE[flavor][1] else set())
    needed |= {f"{_TOOL_UNITS[kind]}_kcount" for kind in kinds if kind in _TOOL_UNITS}
    needed |= {unit for count, unit in _UNITS_OF_SENSES.items() if getattr(usage, count, None)}
    if flavor == "images" and "output_image_mtok" in priced and not usage.output_image_tokens:
        return None  # words and pictures that were made have two prices, and the server did not tell them apart
    return price.total_price if needed <= priced and not kinds.keys() & _UNPRICED_ITEMS else None


def cost_of_tokens(model: str, tokens: Usage, base_url: str, at: datetime) -> Decimal | None:
    """The price in US dollars of tokens that were counted already, of the server at `base_url`."""
    from genai_prices import Usage as Counted
    from genai_prices import data_snapshot

    counted = Counted(input_tokens=tokens.input, output_tokens=tokens.output, cache_read_tokens=tokens.cached or None)
    try:
        provider, known = data_snapshot.get_snapshot().find_provider_model(model, None, None, base_url)
        price = known.calc_price(counted, provider, genai_request_timestamp=at)
    except (LookupError, ValueError):
        return None
    priced = {key for key, value in price.model_price.__dict__.items() if value is not None}
    return price.total_price if {"input_mtok", "output_mtok"} <= priced else None


def cost_of_speech(model: str, letters: int, base_url: str, at: datetime) -> Decimal | None:
    """The price of a text that is spoken, for the models that are paid by the letter."""
    per_million = _prices(model, base_url, at).get("input_mchars")
    return None if per_million is None else per_million * letters / 1_000_000


def price_per_million(model: str, base_url: str, at: datetime) -> tuple[Decimal, Decimal | None] | None:
    """US dollars for a million tokens that go in, and that come out where the model makes some; None: unknown."""
    known = _prices(model, base_url, at)
    return (known["input_mtok"], known.get("output_mtok")) if "input_mtok" in known else None


def _cost_of_listening(model: str, counted: object, base_url: str, at: datetime) -> Decimal | None:
    """A transcription counts seconds, or tokens with those of sound apart."""
    known = _prices(model, base_url, at)
    seconds = counted.get("seconds") if isinstance(counted, Mapping) else None
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds >= 0 and "audio_hours" in known:
        return known["audio_hours"] * Decimal(str(seconds)) / 3600
    usage = usage_of(counted, "audio")
    if usage is None or not isinstance(counted, Mapping):
        return None
    details = counted.get("input_token_details")
    sound, words = _count(details, "audio_tokens"), _count(details, "text_tokens") or 0
    units = ("input_audio_mtok", "input_mtok", "output_mtok")
    if sound is None or sound + words != usage.input or not known.keys() >= set(units):
        return None
    paid = [known[unit] * count for unit, count in zip(units, (sound, words, usage.output), strict=True)]
    return sum(paid, Decimal(0)) / 1_000_000


def _prices(model: str, base_url: str, at: datetime) -> dict[str, Decimal]:
    """The prices of a model by their units, for a call of usual size; empty where it is unknown."""
    from genai_prices import data_snapshot

    try:
        _, found = data_snapshot.get_snapshot().find_provider_model(model, None, None, base_url)
    except (LookupError, ValueError):
        return {}
    prices = {unit: getattr(price, "base", price) for unit, price in found.get_prices(at).__dict__.items()}
    return {unit: price for unit, price in prices.items() if isinstance(price, Decimal)}


def _item_kinds(output: object) -> Counter[str]:
    items: Iterable[Any] = output if isinstance(output, list) else ()
    return Counter(str(item.get("type")) for item in items if isinstance(item, Mapping))


def _count(counted: object, key: str) -> int | None:
    value = counted.get(key) if isinstance(counted, Mapping) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
