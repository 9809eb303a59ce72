"""The graph of a flow in a real browser: one more view of the draft, and of an execution as it runs."""

import re

import pytest
from playwright.sync_api import expect

from builder.actions import drafts, flows
from tests.doubles.large_flows import nested_flow

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOG = "type: io.kestra.plugin.core.log.Log, message: hi"
TEXT = f"""\
id: sort
namespace: support
inputs:
  - {{id: ticket, type: STRING}}
tasks:
  - {{id: classify, {LOG}}}
  - id: choose
    type: io.kestra.plugin.core.flow.If
    condition: "{{{{ inputs.ticket == 'urgent' }}}}"
    then:
      - {{id: page, {LOG}}}
    else:
      - {{id: save, {LOG}}}
errors:
  - {{id: sorry, {LOG}}}
"""
CHOSEN = '.node[data-id="{}"][aria-current]'


@pytest.fixture
def editor(page):
    flows.save_flow(TEXT, by="ann")
    page.goto("/flows/support/sort/edit#step=classify")
    page.wait_for_selector(".yaml-pane.started")
    page.get_by_role("link", name="Graph").click()
    page.wait_for_selector(CHOSEN.format("classify"))
    return page


def text():
    return drafts.open_draft("support", "sort").text


def test_a_step_chosen_in_the_graph_is_chosen_in_form_and_yaml_and_the_address(editor):
    editor.locator('.node[data-id="save"]').click()
    editor.wait_for_selector(CHOSEN.format("save"))
    expect(editor.locator("#form h2")).to_have_text("save")
    expect(editor).to_have_url(re.compile("#step=save$"))
    expect(editor.locator(".chosen-lines")).not_to_have_count(0)
    editor.evaluate("() => { window.millstreamYaml.focus(); window.millstreamYaml.gotoLine(6, 4); }")
    editor.wait_for_selector(CHOSEN.format("classify"))


def test_the_graph_is_walked_and_changed_by_keyboard_alone(editor):
    editor.locator(CHOSEN.format("classify")).focus()
    editor.keyboard.press("ArrowDown")
    editor.keyboard.press("ArrowDown")
    editor.keyboard.press("ArrowLeft")
    assert editor.evaluate("document.activeElement.dataset.id") == "page"
    editor.keyboard.press("ArrowRight")
    assert editor.evaluate("document.activeElement.dataset.id") == "save"
    editor.keyboard.press("Enter")
    editor.wait_for_selector(CHOSEN.format("save"))
    editor.get_by_role("button", name="Add step", exact=True).first.focus()
    editor.keyboard.press("Enter")
    editor.keyboard.type("return a value")
    editor.keyboard.press("Enter")
    editor.wait_for_selector(CHOSEN.format("return"))
    editor.locator(CHOSEN.format("return")).focus()
    editor.keyboard.press("Alt+ArrowUp")
    editor.wait_for_function("() => /return[^]*id: save/.test(window.millstreamYaml.getValue())")
    editor.locator(CHOSEN.format("return")).focus()
    editor.keyboard.press("Delete")
    editor.wait_for_function("() => !window.millstreamYaml.getValue().includes('id: return')")
    assert text() == TEXT


def test_zooming_keeps_every_box_and_is_kept_when_the_flow_changes(editor):
    def width():
        return float(editor.locator("svg.graph").get_attribute("width"))

    before = width()
    editor.get_by_role("button", name="Larger").click()
    assert width() > before
    larger = width()
    editor.get_by_label("Message").fill("other")
    editor.wait_for_function("() => window.millstreamYaml.getValue().includes('message: other')")
    assert width() == larger
    editor.get_by_role("button", name="Fit").click()
    assert editor.evaluate(
        "() => { const g = document.getElementById('graph'); return g.scrollWidth <= g.clientWidth; }"
    )


def test_a_problem_is_marked_at_its_box(editor):
    editor.get_by_label("Message").fill("")
    editor.wait_for_selector('.node[data-id="classify"] .bad-mark')


def test_broken_yaml_greys_the_graph_and_leaves_it(editor):
    editor.evaluate("() => { window.millstreamYaml.focus(); window.millstreamYaml.gotoLine(16, 0); }")
    editor.keyboard.type("bad: }")
    editor.wait_for_selector("#editor.unreadable")
    expect(editor.locator("#graph")).to_have_js_property("inert", True)
    expect(editor.locator("#graph .node")).to_have_count(6)
    for _ in range(6):
        editor.keyboard.press("Backspace")
    editor.wait_for_selector("#editor:not(.unreadable)")


def test_the_graph_fits_a_phone(editor):
    editor.set_viewport_size({"width": 390, "height": 800})
    editor.get_by_role("button", name="Steps", exact=True).click()
    assert editor.evaluate("document.documentElement.scrollWidth <= 390")
    editor.get_by_role("button", name="Fit").click()
    editor.locator('.node[data-id="page"]').click()
    editor.get_by_label("Message").wait_for()
    expect(editor.locator("#form h2")).to_have_text("page")


def test_without_scripts_the_graph_is_a_page_of_links(page):
    flows.save_flow(TEXT, by="ann")
    state = page.context.storage_state()
    context = page.context.browser.new_context(storage_state=state, java_script_enabled=False)
    plain = context.new_page()
    base = page.url.split("/flows")[0].rstrip("/")
    plain.goto(f"{base}/flows/support/sort/edit?view=graph")
    plain.locator('.node[data-id="save"]').click()
    expect(plain.locator('.node[data-id="save"]')).to_have_attribute("aria-current", "true")
    plain.get_by_role("button", name="Fold choose").click()
    expect(plain.locator(".node")).to_have_count(4)
    plain.get_by_role("button", name="Show the 2 steps inside choose").click()
    expect(plain.locator(".node")).to_have_count(6)
    context.close()


def test_the_insides_of_a_large_flow_are_opened_step_by_step(page):
    flows.save_flow(nested_flow(500, 50), by="ann")
    page.goto("/flows/large/nested/edit?view=graph#step=step_1")
    page.wait_for_selector(CHOSEN.format("step_1"))
    assert page.locator("#graph .node").count() <= 120
    fold = page.locator('#graph .fold[aria-expanded="false"]')
    name = fold.get_attribute("data-fold")
    fold.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#graph .fold[data-fold='{name}'][aria-expanded=\"true\"]")
    page.goto("about:blank")
    page.goto("/flows/large/nested/edit?view=graph#step=step_450")
    page.wait_for_selector(CHOSEN.format("step_450"))
