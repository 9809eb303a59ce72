"""Where the database does not answer, everybody is told so, whichever part of the product asked it first."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.test import Client

from builder.store.accounts import tokens


def away(*_: Any, **__: Any) -> Any:
    raise OperationalError("server closed the connection unexpectedly: s3cr3t-VALUE-42")


def test_a_page_of_a_person_who_is_logged_in_is_one_sentence(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SessionStore, "load", away)
    for headers in ({}, {"hx-request": "true"}):
        answer = browser.get("/flows", headers=headers)
        assert answer.status_code == 503
        assert "The database does not answer now" in answer.content.decode()
        assert "s3cr3t" not in answer.content.decode()


def test_a_call_with_a_token_is_problem_json(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "owner", away)
    answer = Client(raise_request_exception=False).get(
        "/api/v1/main/flows/search", headers={"authorization": "Bearer ms_x"}
    )
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "The database does not answer now" in answer.json()["detail"]
