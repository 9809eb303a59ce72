"""The forms of triggers in a real browser, for people who do not read cron."""

import pytest
from playwright.sync_api import expect

from builder.actions import flows
from tests.browser.test_editor import draft, until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEXT = """\
id: hello
namespace: company.team
tasks:
  - id: greet
    type: io.kestra.plugin.core.log.Log
    message: Hello
triggers:
  - id: daily
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 9 * * *"
"""


def test_a_schedule_is_chosen_by_keyboard_without_reading_cron(page):
    flows.save_flow(TEXT, by="ann")
    page.goto("/flows/company.team/hello/edit#step=daily")
    page.wait_for_selector('.step[data-id="daily"][aria-current]')
    often = page.get_by_role("combobox", name="How often")
    often.focus()
    often.select_option(label="on days of the week")
    until(page, 'cron: "0 9 * * 1-5"')
    expect(often).to_be_focused()
    page.get_by_label("Fri").uncheck()
    until(page, 'cron: "0 9 * * 1-4"')
    page.get_by_label("at", exact=True).fill("07:30")
    until(page, 'cron: "30 7 * * 1-4"')
    expect(page.get_by_role("textbox", name="Cron")).to_have_value("30 7 * * 1-4")
    zone = page.get_by_label("Time zone")
    zone.fill("Europe/Berlin")
    zone.press("Tab")
    until(page, "timezone: Europe/Berlin")
    expect(page.locator(".words")).to_have_text("At 07:30 on Monday through Thursday, Europe/Berlin time.")
    expect(page.locator(".runs li")).to_have_count(10)
    page.get_by_role("textbox", name="Cron").fill("*/7 * * * *")
    expect(often).to_have_value("text")
    until(page, "*/7 * * * *")
    assert "*/7 * * * *" in draft()


def test_what_a_trigger_tells_is_offered_only_where_it_can_be_read(page):
    flows.save_flow(TEXT + '    when: "{{ true }}"\n', by="ann")
    page.goto("/flows/company.team/hello/edit#step=daily")
    page.wait_for_selector('.step[data-id="daily"][aria-current]')
    chips = page.locator("[data-chips]")
    page.get_by_role("textbox", name="Cron").focus()
    expect(page.locator('.field[id$="-cron"] [data-chips]')).to_have_count(0)
    page.get_by_role("textbox", name="Only when").focus()
    expect(page.locator('.field[id$="-when"] [data-chip="trigger.date"]')).to_be_visible()
    expect(chips).to_have_count(1)
