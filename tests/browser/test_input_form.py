"""The run form in a real browser: fields come and go as values change, faults stand at their field, nothing is lost."""

import pytest
from playwright.sync_api import expect

from builder.actions import flows
from tests.web.test_input_form import FLOW

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def dialog(page, monkeypatch):
    monkeypatch.setattr("builder.runtime.queue.ring_on_commit", lambda ids: None)
    flows.save_flow(FLOW, by="ann")
    page.goto("/flows/team/form/edit")
    page.wait_for_selector(".yaml-pane.started")
    page.keyboard.press("Control+Enter")
    found = page.locator("#run-dialog")
    expect(found.get_by_role("heading", name="Run form")).to_be_visible()
    expect(found.locator("[data-island=rows][data-started]")).to_have_count(1)  # its scripts hear clicks
    return found


def test_a_field_comes_and_goes_as_what_it_depends_on_changes(dialog):
    reason = dialog.locator('[data-input="reason"]')
    expect(reason).to_be_hidden()
    dialog.get_by_text("With reason").click()
    expect(reason).to_be_visible()
    expect(dialog.locator('[name="size"] option')).to_have_text(["", "L", "XL"])
    dialog.locator('[name="reason"]').fill("because")
    dialog.get_by_text("plain", exact=True).click()
    expect(reason).to_be_hidden()
    dialog.get_by_text("With reason").click()
    expect(dialog.locator('[name="reason"]')).to_have_value("because")


def test_a_fault_stands_at_its_field_and_the_chosen_file_stays(dialog, tmp_path):
    paper = tmp_path / "a.csv"
    paper.write_text("x")
    dialog.locator('[name="paper"]').set_input_files(paper)
    dialog.locator('[name="about.mail"]').fill("no")
    dialog.get_by_role("button", name="Run", exact=True).click()
    expect(dialog.locator('[data-input="about.mail"] [data-fault]')).to_contain_text("must be a valid email")
    assert dialog.locator('[name="paper"]').evaluate("one => one.files.length") == 1
    dialog.locator('[name="about.mail"]').fill("a@b.c")
    expect(dialog.locator('[data-input="about.mail"] [data-fault]')).to_be_hidden()
    dialog.page.route("**/follow*", lambda route: route.fulfill(status=204))  # the server of this test cannot stream
    dialog.get_by_role("button", name="Run", exact=True).click()
    expect(dialog).to_be_hidden()


def test_rows_are_added_and_taken_away(dialog):
    lines = dialog.locator("[data-table-line]")
    expect(lines).to_have_count(1)
    dialog.get_by_role("button", name="Add a row").click()
    dialog.locator('[name="lines:1:item"]').fill("pen")
    dialog.locator('[name="lines:1:count"]').fill("0")
    dialog.locator('[name="about.mail"]').click()
    expect(dialog.locator('[data-input="lines"] > [data-fault]')).to_contain_text("row 1: its column `count`")
    dialog.get_by_role("button", name="Remove this row").nth(1).click()
    expect(lines).to_have_count(1)
    expect(dialog.locator('[data-input="lines"] > [data-fault]')).to_be_hidden()
