"""The models of a provider: offered where a step names one, and warned of where their end is announced."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

from builder.tasks.api import Fault, Offering, Outside, Question, Render, prepare_properties
from tasks_openai import model_names
from tasks_openai.ai.provider.base import ModelProvider
from tasks_openai.ai.provider.connecting import address_of, called, connect
from tasks_openai.ai.provider.fields import AnyProvider, OpenAI
from tasks_openai.model_names import Kind
from tasks_openai.offered_models import Shelf, digest, listed, offering
from tasks_openai.providers import VENDORS

PLACE = ("provider", "modelName")
_TYPES: Mapping[str, type[ModelProvider]] = {
    name: provider
    for provider in get_args(get_args(AnyProvider)[0])
    for name in get_args(provider.model_fields["type"].annotation)
}


def provider_of(written: Mapping[str, Any]) -> tuple[type[ModelProvider], Mapping[str, Any]] | None:
    """The provider that a step has, with its properties as they are written; None where that cannot be told."""
    inside = written.get("provider")
    found = _TYPES.get(str(inside.get("type"))) if isinstance(inside, Mapping) else None
    return None if found is None or not isinstance(inside, Mapping) else (found, inside)


def advice_on_model(written: Mapping[str, Any]) -> list[Fault]:
    """A warning of the end of a model of OpenAI."""
    found = provider_of(written)
    if found is None or found[0] is not OpenAI or found[1].get("baseUrl"):
        return []
    return model_names.advice_on(found[1].get("modelName"), PLACE)


def offered_models(kind: Kind, written: Mapping[str, Any], now: datetime) -> Offering | None:
    """The provider's models of a kind, as far as they can be told apart."""
    found = provider_of(written)
    if found is None:
        return None
    provider, inside = found
    own = inside.get("baseUrl") or inside.get("endpoint")
    names = model_names.known(kind) if provider is OpenAI else provider.model_fields["model_name"].examples or ()
    home = VENDORS[provider.__name__].root
    shelf = Shelf(kind, "" if own or "{" in home else home, now, tuple(names))
    return offering(shelf, lambda render: _question(shelf, provider, inside, render))


def _question(
    shelf: Shelf, provider: type[ModelProvider], inside: Mapping[str, Any], render: Render
) -> Question | None:
    if not VENDORS[provider.__name__].lists_at:
        return None
    made = prepare_properties(provider, {**inside, "modelName": inside.get("modelName") or "any"}, render)
    address = address_of(made, "models")

    async def ask(outside: Outside) -> list[str]:
        return await listed(outside, await connect(outside, made, "models"), made.vendor.lists_at)

    key = digest(made.type, address, made.key(), made.ca_pem, made.client_pem, shelf.kind)
    elsewhere = made.own_server or bool(getattr(made, "endpoint", None))
    return Question(called(made), key, elsewhere, ask, shelf.offers)
