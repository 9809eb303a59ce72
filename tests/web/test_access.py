"""Every address wants a login but the ones that cannot; no page lets foreign script run."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

OPEN = {"login", "health-live", "health-ready", "metrics"}
VALUES = {"namespace": "lab", "flow_id": "x", "execution_id": "x", "trigger_id": "x", "key": "x", "name": "x",
          "number": "1", "ns": "lab", "id": "x"}  # fmt: skip


def addresses(patterns: list[URLPattern | URLResolver] | None = None, prefix: str = "") -> Iterator[tuple[str, str]]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        else:
            path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: VALUES.get(found[1], "x"), route)
            yield f"/{path}", pattern.name or ""


@pytest.mark.django_db
def test_every_address_but_login_health_and_webhooks_wants_a_login() -> None:
    client = Client(raise_request_exception=False)
    checked = 0
    for path, name in addresses():
        if "/executions/webhook/" in path or name in OPEN:
            continue
        answer = client.get(path)
        assert answer.status_code in (302, 401), (path, answer.status_code)
        if answer.status_code == 302:
            assert answer["Location"].startswith("/login"), path
        checked += 1
    assert checked > 30


def test_the_pages_hold_no_inline_script_or_style(browser: Client) -> None:
    for path in (
        "/",
        "/flows",
        "/flows/new",
        "/starters",
        "/executions",
        "/schedules",
        "/kv",
        "/secrets",
        "/account/password",
    ):
        answer = browser.get(path)
        assert answer.status_code == 200, path
        page = answer.content.decode()
        assert not re.search(r"<script(?![^>]*(src=|application/json))|\son\w+=|\sstyle=|<style", page), path
        policy = answer["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "script-src 'self'" in policy


def test_a_form_without_the_csrf_token_is_refused(ada: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    assert client.post("/kv", {"namespace": "lab", "key": "a", "value": "1"}).status_code == 403


@pytest.mark.django_db
def test_ten_wrong_passwords_make_one_wait() -> None:
    User.objects.create_user("bob", password="a long enough password")
    client = Client()
    for _ in range(10):
        assert client.post("/login", {"username": "bob", "password": "wrong"}).status_code == 200
    refused = client.post("/login", {"username": "bob", "password": "a long enough password"})
    assert refused.status_code == 429
    assert "Wait" in refused.content.decode()


@pytest.mark.django_db
def test_an_unknown_host_is_refused() -> None:
    assert Client(raise_request_exception=False).get("/login", headers={"host": "evil.example"}).status_code == 400


def test_a_page_that_is_not_there_is_one_sentence(browser: Client) -> None:
    answer = browser.get("/executions/nowhere")
    assert answer.status_code == 404
    assert "does not exist" in answer.content.decode()


def test_htmx_is_told_of_an_error_in_a_notice(browser: Client) -> None:
    answer = browser.get("/executions/nowhere", headers={"hx-request": "true"})
    assert answer.status_code == 404
    assert answer["HX-Retarget"] == "#notices"


@pytest.mark.django_db
def test_htmx_is_led_to_the_login_page_when_the_session_is_over() -> None:
    answer = Client().get("/flows", headers={"hx-request": "true"})
    assert answer["HX-Redirect"] == "/login"


def test_too_large_a_request_is_refused_by_its_length(browser: Client, settings: object) -> None:
    answer = browser.post("/kv", {}, headers={"content-length": str(10**12)})
    assert answer.status_code == 413
    assert "MILLSTREAM_BODY_BYTES" in answer.content.decode()
