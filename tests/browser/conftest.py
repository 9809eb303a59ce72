"""A real chromium, on a live server (`page`) or on a whole product (`tab`); without one the tests skip and say so."""

import os
import shutil

import pytest

from tests.browser.site import Site, wait_for_scripts
from tests.doubles.openai_server import OpenAIServer
from tests.doubles.product import Product

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "no chromium here; on Debian and Ubuntu: sudo apt install chromium"
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
KEY = "sk-test-browser"
PATIENCE_SECONDS = 90
"""A bound that a busy machine keeps too; nothing waits so long when all is well."""


def pytest_terminal_summary(terminalreporter):
    """Says in one line what the skipped tests lack."""
    if any(MISSING in str(report.longrepr) for report in terminalreporter.stats.get("skipped", ())):
        terminalreporter.write_line(f"Browser tests were skipped: {MISSING}")


@pytest.fixture(scope="session")
def chromium():
    """The browser, for all tests of the session."""
    path = os.environ.get("MILLSTREAM_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not path:
        if os.environ.get("MILLSTREAM_BROWSER") == "required":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def new_page(context):
    """A page that goes on only when the scripts of what it went to have started: before, they hear no key or click."""
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    page = context.new_page()
    page.goto, page.reload = wait_for_scripts_after(page, page.goto), wait_for_scripts_after(page, page.reload)
    return page


def wait_for_scripts_after(page, going):
    def go(*arguments, **options):
        answer = going(*arguments, **options)
        wait_for_scripts(page)
        return answer

    return go


def listen(page):
    """Gives a list that gets what the browser complains about: errors of scripts, of the policy, of addresses."""
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    return complaints


@pytest.fixture
def page(chromium, live_server):
    """A page of somebody who is logged in; what the browser complains about fails the test."""
    from django.contrib.auth.models import User

    User.objects.create_user("ann", password="millstream-ann")
    context = chromium.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 860})
    page = new_page(context)
    complaints = listen(page)
    page.goto("/login")
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill("millstream-ann")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/")
    page.complaints = complaints
    yield page
    context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def openai_server():
    """The server that speaks OpenAI's protocol, for all tests of the session."""
    with OpenAIServer(chunks=12) as server:
        yield server


@pytest.fixture
def openai(openai_server):
    """The same, as nobody had used it."""
    openai_server.requests.clear()
    openai_server.answers.clear()
    yield openai_server
    openai_server.holds = False


@pytest.fixture(scope="session")
def product(openai_server, tmp_path_factory):
    """`manage.py up`, for all tests of the session."""
    environment = {
        "OPENAI_BASE_URL": openai_server.url,
        "SECRET_OPENAI_API_KEY": KEY,
        "SECRET_EMAIL_PASSWORD": "pw",
        "MILLSTREAM_ALLOW_NETWORKS": "127.0.0.0/8",
        "MILLSTREAM_LEASE_SECONDS": "2",
        "MILLSTREAM_SWEEP_SECONDS": "1",
    }
    with Product(tmp_path_factory.mktemp("product"), environment=environment) as product:
        yield product


@pytest.fixture(scope="session")
def logged_in(chromium, product):
    """The cookies of the first account."""
    context = chromium.new_context(base_url=product.url)
    page = new_page(context)
    page.goto("/login")
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(product.password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(product.url + "/")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def open_tab(chromium, product, logged_in):
    """Opens tabs of the product, each of a browser of its own; what a browser complains about fails the test.

    A test that provokes an answer such as 404 clears `tab.complaints` after it.
    """
    tabs = []

    def open_tab(width=1440, height=860, **options):
        options = {"storage_state": logged_in, **options}
        context = chromium.new_context(base_url=product.url, viewport={"width": width, "height": height}, **options)
        tab = new_page(context)
        tab.complaints = listen(tab)
        tabs.append(tab)
        return tab

    yield open_tab
    for tab in tabs:
        tab.context.close()
    assert [tab.complaints for tab in tabs if tab.complaints] == []


@pytest.fixture
def tab(open_tab):
    """A tab of somebody who is logged in at the product."""
    return open_tab()


@pytest.fixture
def site(tab, product):
    """What a person does at the product again and again, in `tab`."""
    return Site(tab, product)
