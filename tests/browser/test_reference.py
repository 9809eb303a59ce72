"""The reference in a browser: a search that answers while one types, a template tried, a link into a fold."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_the_search_answers_while_one_types(page):
    page.goto("/help/reference")
    page.get_by_label("Search types").fill("dateAd")
    expect(page.get_by_role("list", name="Results").get_by_role("link")).to_have_count(1)
    expect(page).to_have_url("/help/reference?q=dateAd")
    page.get_by_role("link", name="dateAdd").click()
    expect(page.locator("#filter-dateAdd")).to_be_in_viewport()


def test_an_expression_is_tried_without_leaving_the_page(page):
    page.goto("/help/reference/expressions")
    page.get_by_role("link", name="try it (slugify)").click()
    expect(page.get_by_label("Template")).to_have_value("{{ 'Crème brûlée, 2 pièces' | slugify }}")
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.locator("#tried")).to_have_text("creme-brulee-2-pieces")
    page.get_by_label("Template").fill("{{ inputs.nme }}")
    page.get_by_label("Variables").fill('{"inputs": {"name": "Ada"}}')
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.locator("#tried")).to_contain_text("did you mean name?")


def test_a_link_to_a_nested_property_opens_what_it_stands_in(page):
    page.goto("/help/reference/types/io.kestra.plugin.core.http.Request#property-options.auth.token")
    expect(page.get_by_text("The token to sign in with.")).to_be_in_viewport()


def test_the_reference_is_found_by_keyboard_alone(page):
    page.goto("/help/reference", wait_until="networkidle")
    page.keyboard.press("/")
    page.keyboard.type("slugi")
    results = page.get_by_role("list", name="Results").get_by_role("link")
    expect(results.first).to_contain_text("slugify")
    page.keyboard.press("ArrowDown")
    expect(results.first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("Search types")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#filter-slugify")).to_be_in_viewport()


def test_an_example_opens_as_a_new_flow(page):
    page.goto("/help/reference/types/io.kestra.plugin.core.execution.Labels")
    page.get_by_role("link", name="Open as a new flow").click()
    page.locator("#id").fill("labelled")
    page.locator("#namespace").fill("lab")
    page.get_by_role("button", name="Open the editor").click()
    expect(page).to_have_url("/flows/lab/labelled/edit")
    expect(page.get_by_text("label", exact=True).first).to_be_visible()
