"""An execution as a graph in a real browser: the state of each step, live, and the way into it."""

import pytest
from playwright.sync_api import expect

from tests.doubles.patience import wait_until

pytestmark = pytest.mark.browser

TEXT = """\
id: graphed
namespace: company.team
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: [1, 2, 3]
    tasks:
      - {id: say, type: io.kestra.plugin.core.log.Log, message: "{{ taskrun.value }}"}
  - {id: wait, type: io.kestra.plugin.core.flow.Pause}
  - {id: never, type: io.kestra.plugin.core.execution.Fail, errorMessage: on purpose}
  - {id: after, type: io.kestra.plugin.core.log.Log, message: not reached}
errors:
  - {id: sorry, type: io.kestra.plugin.core.log.Log, message: sorry}
"""


def test_the_graph_follows_the_execution_and_leads_to_each_step(site):
    site.publish(TEXT)
    execution = site.start("graphed")
    tab = site.tab
    tab.goto(f"/executions/{execution}?view=graph")
    tab.wait_for_selector('.node[data-id="wait"].state-PAUSED')
    expect(tab.locator('.node[data-id="say"].state-SUCCESS .node-state')).to_have_text("✓3")
    assert not tab.locator('.node[data-id="after"].ran').count()
    drawing = tab.locator("svg.graph").element_handle()
    site.post(f"/executions/{execution}/resume")
    tab.wait_for_selector('.node[data-id="never"].state-FAILED')
    tab.wait_for_selector('.node[data-id="sorry"].state-SUCCESS')
    assert drawing.evaluate("svg => svg.isConnected"), "only the states were painted anew"
    tab.get_by_text("on purpose").first.wait_for()
    site.wait_for("FAILED")
    tab.reload()
    tab.wait_for_selector('.node[tabindex="0"]')
    assert tab.locator('.node[data-id="sorry"].state-SUCCESS').count(), "what the server drew stays"
    tab.locator('.node[data-id="say"]').click()
    tab.wait_for_selector('.node[data-id="say"][aria-current]')
    tab.locator(".detail-head h2", has_text="say").wait_for()
    tab.get_by_role("link", name="Table").click()
    tab.wait_for_selector("table.steps tr.chosen")


def test_the_graph_of_an_execution_fits_a_phone_and_is_walked_by_keyboard(site, open_tab):
    site.publish(TEXT.replace("graphed", "graphed_phone"))
    execution = site.start("graphed_phone")
    phone = open_tab(width=390, height=800)
    phone.goto(f"/executions/{execution}?view=graph")
    phone.wait_for_selector('.node[data-id="wait"].state-PAUSED')
    assert phone.evaluate("document.documentElement.scrollWidth <= 390")
    phone.locator('.node[tabindex="0"]').focus()
    for key in ("ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp"):
        phone.keyboard.press(key)
    assert phone.evaluate("document.activeElement.dataset.id") == "each"
    phone.keyboard.press("Enter")
    phone.wait_for_selector('.node[data-id="each"][aria-current]')
    site.post(f"/executions/{execution}/kill")


def test_the_last_states_are_painted_though_they_come_while_the_page_is_asking_already(site, tab):
    again = "  - {id: again, type: io.kestra.plugin.core.flow.Pause}\n"
    site.publish(TEXT.replace("graphed", "graphed_late").replace("  - {id: never", f"{again}  - {{id: never"))
    execution = site.run("graphed_late")
    site.wait_for("PAUSED")
    tab.goto(f"/executions/{execution}?view=graph")
    held = []
    tab.route("**/live?**", lambda route: route.continue_() if held else held.append((route, route.fetch())))
    site.post(f"/executions/{execution}/resume")
    while not held:
        tab.wait_for_timeout(20)  # hears what the browser tells
    query = "SELECT state FROM builder_taskrun WHERE execution_id = ? AND task_id = 'again'"
    wait_until(lambda: site.rows(query, execution) == [("PAUSED",)])
    site.post(f"/executions/{execution}/resume")
    expect(tab.locator("[data-announce]")).to_have_text("failed")
    ((route, answer),) = held
    route.fulfill(response=answer)
    tab.wait_for_selector('.node[data-id="sorry"].state-SUCCESS')
