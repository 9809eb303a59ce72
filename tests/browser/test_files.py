"""The Files page in a real browser: written, coloured, saved by a key, uploaded, deleted after a question."""

import pytest
from playwright.sync_api import expect

from builder.clock import SystemClock
from builder.store import namespace_files
from tests.browser.site import wait_for_scripts

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


def test_a_file_is_written_saved_uploaded_and_deleted(page):
    namespace_files.put("lab", "old.txt", b"old", SystemClock().now())
    page.goto("/files?namespace=lab&new=1")
    page.get_by_label("Path of the new file").fill("prompts/query.sql")
    page.get_by_label("Path of the new file").press("Tab")
    page.wait_for_function("() => window.millstreamCode?.session.getMode().$id === 'ace/mode/sql'")
    page.locator(".ace_text-input").focus()
    page.keyboard.type("select 1")
    page.keyboard.press("Control+s")
    expect(page.get_by_role("heading", name="prompts/query.sql")).to_be_visible()
    expect(page.locator(".ace_keyword")).to_have_text("select")
    wait_for_scripts(page)
    page.locator("input[type=file]").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"})
    expect(page.get_by_role("heading", name="prompts/a.csv")).to_be_visible()
    wait_for_scripts(page)
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("navigation", name="Files of lab").get_by_text("a.csv")).to_have_count(0)
    found = [item.path for item in namespace_files.listed("lab") if not item.is_folder]
    assert found == ["old.txt", "prompts/query.sql"]
