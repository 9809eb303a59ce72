"""Every provider and property of the seed document: in the model, in the form, and with an effect on the request."""

from typing import Any

import pytest

from builder.flows.document import parse
from builder.tasks.catalogue import catalogue
from builder.tasks.check import check_written
from builder.tasks.fields.form import fields_of
from builder.web.editor.fields.view import form_of
from tasks_openai.ai.chat_completion import ChatCompletion
from tasks_openai.ai.image_generation import ImageGeneration
from tasks_openai.providers import VENDORS
from tests.doubles.vendor_server import VendorServer
from tests.tasks_openai import seeds
from tests.tasks_openai.ai.conftest import RunAt, provider

TASKS = seeds.tasks_of("kestra-plugin-ai")
PROVIDERS = {one["type"]: one["properties"] for task in TASKS for one in task["providers"]}
PAIRS = [(kind, one) for kind, properties in PROVIDERS.items() for one in properties]
IDS = [f"{kind.rpartition('.')[2]}-{one['name']}" for kind, one in PAIRS]
HELLO = [{"type": "USER", "content": "Hi"}]
ELSEWHERE = {"type", "baseUrl", "caPem", "clientPem", "endpoint", "apiKey", "accessKeyId", "secretAccessKey"}
ELSEWHERE |= {"clientId", "clientSecret", "tenantId", "serviceVersion", "authProvider", "compartmentId", "maxRetries"}
"""What shows in addresses, headers and signatures is tried in test_connecting and test_calls; below: the rest."""
EFFECTS: dict[tuple[str, str], tuple[Any, str, Any]] = {
    ("Anthropic", "maxTokens"): (77, "max_tokens", 77),
    ("DashScope", "enableSearch"): (True, "enable_search", True),
    ("DashScope", "maxTokens"): ("77", "max_tokens", 77),
    ("DashScope", "repetitionPenalty"): ("1.1", "repetition_penalty", 1.1),
    ("ZhiPuAI", "maxToken"): (77, "max_tokens", 77),
    ("ZhiPuAI", "stops"): (["END"], "stop", ["END"]),
}
IN_ADDRESSES = {"region", "location", "project", "accountId"}
WITHOUT_EFFECT = {("AmazonBedrock", "modelType")}
"""For embeddings only, and says so."""


@pytest.mark.skipif(not PROVIDERS, reason="the shared catalogue is not here")
def test_all_16_providers_with_their_114_properties_are_counted() -> None:
    assert len(PROVIDERS) == 16 and len(PAIRS) == 114
    assert {kind.rpartition(".")[2] for kind in PROVIDERS} <= VENDORS.keys()


@pytest.mark.parametrize("task", TASKS, ids=[one["name"] for one in TASKS])
def test_the_task_is_there_with_its_names_and_outputs(task: dict[str, Any]) -> None:
    for name in (task["name"], *task["aliases"]):
        assert catalogue().task_class(name) is ImageGeneration
    shown = {one.name: one for one in fields_of(ImageGeneration)}
    assert all(shown[one["name"]].required is one["required"] for one in task["properties"])
    assert set(shown["provider"].variants) >= set(PROVIDERS)


@pytest.mark.parametrize(("kind", "one"), PAIRS, ids=IDS)
def test_the_form_shows_the_property_of_the_chosen_provider(kind: str, one: dict[str, Any]) -> None:
    (section,) = (field for field in fields_of(ImageGeneration) if field.name == "provider")
    (shown,) = (field for field in section.variants[kind] if field.name == one["name"])
    assert section.control == "section"
    assert shown.label and shown.description and shown.required is one["required"]
    assert shown.secret is bool(one.get("secret")) or one["name"] in ("apiKey", "accessKeyId")


@pytest.mark.parametrize(("kind", "one"), PAIRS, ids=IDS)
async def test_the_property_takes_effect(run_at: RunAt, vendors: VendorServer, kind: str, one: dict[str, Any]) -> None:
    name, key = kind.rpartition(".")[2], one["name"]
    if key in ELSEWHERE or (name, key) in WITHOUT_EFFECT:
        return
    if key == "modelName":
        await run_at(ChatCompletion, provider(name, vendors, modelName="some-model"), messages=HELLO)
        assert "some-model" in vendors.last.target + vendors.last.content.decode()
    elif key in IN_ADDRESSES:
        value, usual = "some/where", provider(name, vendors)
        await run_at(ChatCompletion, {**usual, key: value}, messages=HELLO)
        assert "some%2Fwhere" in vendors.last.target or key == "region", "a region stands in the host"
    else:
        value, parameter, sent = EFFECTS[name, key]
        await run_at(ChatCompletion, provider(name, vendors, **{key: value}), messages=HELLO)
        assert vendors.last.json[parameter] == sent


async def test_max_retries_bounds_the_tries(run_at: RunAt, vendors: VendorServer) -> None:
    vendors.answer("/chat/completions", {"error": {"message": "busy"}}, status=503)
    with pytest.raises(Exception, match="Tried 3 times"):
        await run_at(ChatCompletion, provider("ZhiPuAI", vendors, maxRetries=2), messages=HELLO)
    assert len(vendors.got) == 3


def test_a_misspelt_provider_is_told_with_the_nearest() -> None:
    written = {"type": "io.kestra.plugin.ai.provider.Openai", "apiKey": "{{ vars.key }}", "modelName": "m"}
    task = {"id": "a", "type": ImageGeneration.type_name, "prompt": "A cat", "provider": written}
    (fault,) = check_written(ImageGeneration, task)
    assert fault.path == ("provider", "type")
    assert fault.message == "provider knows no type io.kestra.plugin.ai.provider.Openai"
    assert fault.hint == "Did you mean io.kestra.plugin.ai.provider.OpenAI?"


@pytest.mark.parametrize("kind", sorted(PROVIDERS))
def test_a_provider_chosen_in_the_editor_begins_with_what_it_needs(kind: str) -> None:
    (section,) = (field for field in fields_of(ImageGeneration) if field.name == "provider")
    begun = {one.name: next(iter(one.examples), "") for one in section.variants[kind] if one.required}
    assert all(begun[name] for name in begun if name != "type")


def test_an_older_name_shows_the_same_fields_in_the_editor() -> None:
    text = """\
id: pictures
namespace: company.team
tasks:
  - id: draw
    type: io.kestra.plugin.langchain4j.ImageGeneration
    prompt: A cat
    provider:
      type: io.kestra.plugin.langchain4j.provider.OpenAI
      apiKey: "{{ secret('A') }}"
      modelName: dall-e-3
"""
    document = parse(text)
    form = form_of(document, [], ("tasks", 0), catalogue())
    assert form is not None
    (view,) = (one for group in form.groups for one in group.fields if one.field.name == "provider")
    assert view.variant == "io.kestra.plugin.ai.provider.OpenAI"
    assert {one.field.name for one in (*view.nested, *view.more)} >= {"apiKey", "modelName", "baseUrl", "caPem"}
