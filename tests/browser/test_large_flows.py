"""A flow of five hundred steps and fifty levels, from its text to SUCCESS, through a browser and the whole product."""

import pytest
from playwright.sync_api import expect

from tests.doubles.large_flows import nested_flow

pytestmark = pytest.mark.browser


def test_a_large_flow_is_edited_published_run_and_looked_at(site):
    site.publish(nested_flow(500, 50, id="large", namespace="company.team"))
    tab = site.tab
    site.edit("large", step="step_450")
    tab.get_by_label("Text").fill("changed in the form")
    site.wait_for_yaml("changed in the form")
    tab.get_by_role("link", name="Graph").click()
    tab.wait_for_selector('.node[data-id="step_450"][aria-current]')
    tab.get_by_role("button", name="Publish").click()
    tab.get_by_text("Published as revision 2.").wait_for()
    site.run("large")
    site.wait_for("SUCCESS")
    expect(tab.locator("table.steps tbody tr")).to_have_count(500)
    last = tab.locator("table.steps a", has_text="step_450")
    last.click()
    tab.get_by_text("changed in the form").first.wait_for()
    tab.get_by_role("link", name="Graph").click()
    tab.wait_for_selector('.node[data-id="step_450"].state-SUCCESS[aria-current]')
