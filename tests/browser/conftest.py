"""A real chromium on a live server; without one the tests skip and say how to get it."""

import os
import shutil

import pytest

ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def chromium():
    """The browser, for all tests of the session."""
    path = os.environ.get("MILLSTREAM_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        pytest.skip("no chromium here; install one (apt-get install chromium) or name it in MILLSTREAM_CHROMIUM")
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(chromium, live_server):
    """A page of somebody who is logged in; what the browser complains about fails the test."""
    from django.contrib.auth.models import User

    User.objects.create_user("ann", password="millstream-ann")
    context = chromium.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 860})
    page = context.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto("/login")
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill("millstream-ann")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/")
    page.complaints = complaints
    yield page
    context.close()
    assert complaints == []
