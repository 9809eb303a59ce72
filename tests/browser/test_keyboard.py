"""By keys alone: from a new flow to its execution, and through the forms of several controls for one property."""

import pytest
from playwright.sync_api import expect

from builder.actions import drafts, flows
from tests.browser.site import wait_for_scripts

pytestmark = pytest.mark.browser

BLOCKS = """\
id: blocks
namespace: company.team
labels:
  team: red   # ours
tasks:
  - id: graph
    type: io.kestra.plugin.core.flow.Dag
    tasks:
      - task: {id: first, type: io.kestra.plugin.core.log.Log, message: a}
      - task: {id: second, type: io.kestra.plugin.core.log.Log, message: b}
  - id: choose
    type: io.kestra.plugin.core.flow.Switch
    value: "{{ labels.team }}"
    cases:
      red: []
"""


def tab_to(page, name):
    """Goes on by Tab until the control of this name has the focus."""
    here = "(e => e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent)(document.activeElement)"
    for _ in range(40):
        page.keyboard.press("Tab")
        if name in (page.evaluate(here) or ""):
            return
    raise AssertionError(f"Tab does not lead to {name}")


def test_a_flow_is_made_published_run_and_looked_at(site, tab):
    tab.goto("/flows/new")
    expect(tab.locator("#id")).to_be_focused()
    tab.keyboard.type("by_keys")
    tab.keyboard.press("Tab")
    tab.keyboard.type("company.team")
    tab.keyboard.press("Enter")
    tab.wait_for_selector(".yaml-pane.started")
    wait_for_scripts(tab)
    tab.keyboard.press("Control+k")
    tab.keyboard.type("return")
    tab.keyboard.press("Enter")
    tab.wait_for_selector('.step[data-id="return"][aria-current]')
    expect(tab.locator("#form textarea:focus, #form input:focus")).to_have_count(1)
    tab.keyboard.type("done by keys")
    site.wait_for_yaml("done by keys")
    tab.keyboard.press("Control+Shift+s")
    tab.get_by_text("Published as revision 1.").wait_for()
    tab.keyboard.press("Control+Enter")
    expect(tab.get_by_role("dialog", name="Run").get_by_role("button", name="Run")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator(".run-panel")).to_be_focused()
    tab.wait_for_selector('.step[data-id="return"] .step-state.state-SUCCESS')
    tab_to(tab, "Execution")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/executions/*")
    site.wait_for("SUCCESS")


@pytest.mark.django_db(transaction=True)
def test_choices_cases_and_entries_are_filled_in(page):
    flows.save_flow(BLOCKS, by="ann")
    page.goto("/flows/company.team/blocks/edit#step=second")
    page.wait_for_selector(".yaml-pane.started")
    page.wait_for_selector('.step[data-id="second"][aria-current]')

    def written(words):
        page.wait_for_function("words => window.millstreamYaml.getValue().includes(words)", arg=words)

    page.locator("#field-tasks-0-tasks-1-dependsOn input").focus()
    page.keyboard.press("Space")
    written("dependsOn:\n          - first\n")
    expect(page.locator("#field-tasks-0-tasks-1-dependsOn input")).to_be_focused()

    page.locator('.step[data-id="second"]').focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_selector('.step[data-id="choose"][aria-current]')
    page.wait_for_selector("#field-tasks-1-cases")
    tab_to(page, "Another case")
    page.keyboard.type("on")
    page.keyboard.press("Enter")
    written('      "on": []\n')
    expect(page.get_by_label("Another case")).to_be_focused()
    page.get_by_label("Name 1 of Cases").fill("blue")
    page.keyboard.press("Tab")
    written("      blue: []\n")

    page.locator(".flow-step").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Another name for Labels")).to_be_attached()
    tab_to(page, "Another name for Labels")
    page.keyboard.type("cost")
    page.keyboard.press("Tab")
    page.keyboard.type("007")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    written('  team: red   # ours\n  cost: "007"\n')
    page.get_by_label("Value of team").fill("blue")
    written("team: blue   # ours")
    assert 'cost: "007"' in drafts.open_draft("company.team", "blocks").text
