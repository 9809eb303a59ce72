"""A client with a token, a published flow, and a doorbell that remembers who was rung."""

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from builder.actions import accounts, flows
from builder.runtime import queue

HELLO = """\
id: hello
namespace: team
labels:
  kind: greeting
inputs:
  - id: name
    type: STRING
    defaults: World
tasks:
  - id: say
    type: io.kestra.plugin.core.log.Log
    message: "Hello {{ inputs.name }}"
"""


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the executions that workers were asked to run."""
    ids: list[str] = []
    monkeypatch.setattr(queue, "ring_on_commit", ids.extend)
    monkeypatch.setattr(queue, "notify", ids.append)
    return ids


class Api:
    """Calls addresses below /api/v1 as a client with a token does."""

    def __init__(self, token: str, prefix: str = "/api/v1/main/") -> None:
        self.client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.prefix = prefix

    def __call__(self, method: str, path: str, body: Any = b"", kind: str = "", **headers: str) -> HttpResponse:
        """`body`: text or bytes as they are, everything else as JSON."""
        if not isinstance(body, str | bytes):
            body, kind = json.dumps(body), kind or "application/json"
        return self.client.generic(
            method, self.prefix + path, body, kind or "application/x-yaml", headers={**self.headers, **headers}
        )

    def get(self, path: str, **headers: str) -> Any:
        """The JSON of a 200."""
        answer = self("GET", path, **headers)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def post(self, path: str, body: Any = b"", kind: str = "", **headers: str) -> Any:
        """The JSON of a 200."""
        answer = self("POST", path, body, kind, **headers)
        assert answer.status_code == 200, answer.content
        return answer.json() if answer.content else None

    def form(self, path: str, parts: dict[str, Any] | None = None) -> HttpResponse:
        """A multipart form."""
        return self.client.post(self.prefix + path, parts or {}, headers=self.headers)


@pytest.fixture
def token(db: None) -> str:
    accounts.create_user("ada", "correct horse battery")
    return accounts.create_token("ada", "tests")[1]


@pytest.fixture
def api(token: str) -> Api:
    return Api(token)


@pytest.fixture
def hello(api: Api) -> str:
    flows.create_flow(HELLO, by="ada")
    return HELLO
