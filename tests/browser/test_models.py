"""A model is chosen from those that its server has, with price and end beside the name, by mouse and by keys."""

import pytest
from playwright.sync_api import expect

from builder.actions import drafts, flows, offers
from builder.runtime.network import addresses

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FLOW = """\
id: models
namespace: company.team
tasks:
  - id: ask
    type: io.kestra.plugin.openai.ChatCompletion
    apiKey: "{{ secret('OPENAI_API_KEY') }}"
    model: gpt-4o
    prompt: Hi
"""


@pytest.fixture
def server(openai, monkeypatch):
    """OpenAI, as far as this installation knows."""
    monkeypatch.setenv("OPENAI_BASE_URL", openai.url)
    monkeypatch.setenv("SECRET_OPENAI_API_KEY", "sk-test-0123456789")
    monkeypatch.setattr(offers, "_kept", {})
    addresses.grant(openai.url)
    return openai


def edit(page, text):
    """The field of the model, entered."""
    flows.save_flow(text, by="ann")
    page.goto("/flows/company.team/models/edit#step=ask")
    page.wait_for_selector(".yaml-pane.started")
    page.wait_for_selector('.step[data-id="ask"][aria-current]')
    field = page.get_by_role("combobox", name="Model")
    field.focus()
    return field


def until(page, words):
    page.wait_for_function("words => window.millstreamYaml.getValue().includes(words)", arg=words)
    page.wait_for_function("() => !document.getElementById('editor').dataset.saving")
    assert words in drafts.open_draft("company.team", "models").text


def test_a_model_is_chosen_with_its_price_in_sight(page, server):
    field = edit(page, FLOW)
    options = page.get_by_role("option")
    expect(options.filter(has_text="gpt-4o-mini").first).to_contain_text("$0.15 in")
    expect(page.locator(".offers-box")).to_contain_text("As the model server")
    expect(page.locator(".offers li[aria-selected=true]")).to_contain_text("shuts down 2027-01-14")

    field.fill("mini")
    expect(page.locator(".offers li:not([hidden])")).to_have_count(4)
    field.press("ArrowDown")
    field.press("Enter")
    until(page, "model: gpt-5.4-mini")
    expect(page.locator(".offers-box")).to_be_hidden()

    field.click()
    options.filter(has_text="gpt-4.1-mini").click()
    until(page, "model: gpt-4.1-mini")
    field.fill("a-model-of-my-own")
    field.press("Tab")
    until(page, "model: a-model-of-my-own")
    expect(page.locator(".offers-box")).to_have_count(0)
    assert [request.path for request in server.requests] == ["/v1/models"]


def test_a_server_that_the_flow_names_is_asked_when_told_to(page, server):
    edit(page, FLOW + f"    baseUrl: {server.url}\n")
    tell = page.get_by_role("button", name="Ask for its models")
    expect(tell).to_be_visible()
    assert not server.requests
    tell.click()
    expect(page.locator(".offers li").first).to_be_visible()
    assert [request.path for request in server.requests] == ["/v1/models"]
