"""Schedules in a browser: the calendar by keyboard and on a phone, and what is asked when one is switched on."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from builder.actions import drafts, flows
from builder.clock import FixedClock, SystemClock
from builder.store import triggers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FLOW = """
id: report
namespace: lab
tasks:
  - {id: log, type: io.kestra.plugin.core.log.Log, message: hi}
triggers:
  - {id: mondays, type: io.kestra.plugin.core.trigger.Schedule, cron: "0 9 * * 1", timezone: Europe/Paris}
"""


@pytest.fixture(autouse=True)
def published(transactional_db):
    flows.create_flow(FLOW, by="ann")


def head(page, day):
    return page.locator(".day-head", has=page.locator(f'time[datetime="{day}"]'))


def test_the_calendar_is_walked_by_keyboard(page):
    page.goto("/schedules/calendar?view=month&date=2030-02-14")
    head(page, "2030-02-14").focus()
    for key, day in (("ArrowRight", "15"), ("ArrowDown", "22"), ("ArrowLeft", "21"), ("ArrowUp", "14")):
        page.keyboard.press(key)
        expect(head(page, f"2030-02-{day}")).to_be_focused()
    page.keyboard.press("PageDown")
    page.wait_for_url("**date=2030-03-01**")
    head(page, "2030-03-04").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**view=day&date=2030-03-04**")
    expect(page.locator(".plans")).to_contain_text("report")
    expect(page.locator(".times")).to_contain_text("09:00")


def test_on_a_phone_the_calendar_lists_the_days_on_which_something_runs(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/schedules/calendar?view=month&date=2030-02-14")
    shown = page.locator(".day:visible time").evaluate_all("all => all.map(time => time.dateTime)")
    assert shown == ["2030-02-04", "2030-02-11", "2030-02-18", "2030-02-25"]
    head(page, "2030-02-04").focus()
    page.keyboard.press("ArrowDown")
    expect(head(page, "2030-02-11")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_switching_on_asks_about_the_times_that_passed(page):
    triggers.set_enabled("lab", "report", "mondays", False, SystemClock().now() - timedelta(days=15))
    page.goto("/schedules")
    page.get_by_role("switch", name="mondays of report is on").click()
    page.wait_for_url("**/schedules/lab/report/mondays#passed")
    page.get_by_role("button", name="Switch on, run the last one").click()
    expect(page.get_by_role("switch")).to_have_attribute("aria-checked", "true")
    expect(page.get_by_text("0 started of 1")).to_be_visible()
    expect(page.locator(".badge.kind-missed")).to_have_count(2)


def test_publishing_that_switches_a_schedule_on_asks_the_same(page, monkeypatch):
    monkeypatch.setattr(flows, "_CLOCK", FixedClock(SystemClock().now() - timedelta(days=15)))
    flows.set_disabled("lab", "report", True, by="ann")
    monkeypatch.undo()
    drafts.save_draft("lab", "report", FLOW.replace("hi}", "hello}"), by="ann")
    page.goto("/flows/lab/report/edit")
    page.wait_for_selector(".yaml-pane.started")
    page.get_by_role("button", name="Publish").click()
    dialog = page.get_by_role("dialog", name="Before it is published")
    expect(dialog).to_contain_text("mondays: 2 times after")
    dialog.get_by_role("button", name="Publish, run all").click()
    expect(page.get_by_text("Published as revision 3.")).to_be_visible()
    trigger = triggers.get("lab", "report", "mondays")
    assert trigger.active and trigger.backfill.total == 2
