"""Who may call, which addresses there are, and what a bad request gets."""

import base64

import pytest

from tests.api.conftest import HELLO, Api


@pytest.mark.parametrize("prefix", ["/api/v1/", "/api/v1/main/"])
def test_both_prefixes_lead_to_the_same(api: Api, hello: str, prefix: str):
    api.prefix = prefix
    assert api.get("flows/team/hello")["id"] == "hello"


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Basic !!", "Bearer ms_" + "x" * 43])
def test_without_a_token_nobody_comes_in(db: None, header: str):
    answer = Api("")("GET", "flows/search", **({"Authorization": header} if header else {}))
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert "token" in answer.json()["message"]


def test_a_token_is_taken_as_the_password_of_basic_too(token: str):
    basic = base64.b64encode(f"ada:{token}".encode()).decode()
    assert Api("").get("flows/search", Authorization=f"Basic {basic}") == {"results": [], "total": 0}


def test_a_browser_session_needs_the_csrf_token(api: Api, hello: str):
    api.headers = {}
    assert api.client.login(username="ada", password="correct horse battery")
    assert api.get("flows/team/hello")["id"] == "hello"
    assert api("DELETE", "flows/team/hello").status_code == 403


def test_a_wrong_method_names_the_right_ones(api: Api):
    answer = api("PATCH", "flows/team/hello")
    assert answer.status_code == 405
    assert answer["Allow"] == "DELETE, GET, HEAD, PUT"
    assert answer["Content-Type"] == "application/problem+json"


def test_an_unknown_address_is_a_problem_in_json(api: Api):
    answer = api("GET", "nothing/here/at/all")
    assert answer.status_code == 404
    assert answer.json()["message"]


BAD = [
    ("POST", "flows", b"{", "application/json"),
    ("POST", "flows", b"[]", "application/json"),
    ("POST", "flows", b"[1]", "application/json"),
    ("POST", "flows", b'"text"', "application/json"),
    ("POST", "flows", b'{"id": NaN}', "application/json"),
    ("POST", "flows", b"[" * 100_000, "application/json"),
    ("POST", "flows", b'{"id": "\\ud800", "namespace": "a", "tasks": []}', "application/json"),
    ("POST", "flows", b'{"id": "\\u0000", "namespace": "a", "tasks": []}', "application/json"),
    ("POST", "flows", b"\xff\xfe\x00", "application/x-yaml"),
    ("POST", "flows", b"", "application/x-yaml"),
    ("POST", "flows", b"\x00", "application/x-yaml"),
    ("PUT", "flows/team/hello", HELLO.encode() + b"---\n" + HELLO.encode(), "application/x-yaml"),
    ("GET", "flows/search?page=99999999999999999999999", b"", ""),
    ("GET", "flows/search?page=0", b"", ""),
    ("GET", "flows/search?size=0", b"", ""),
    ("GET", "flows/search?size=100000", b"", ""),
    ("GET", "flows/search?page=x", b"", ""),
    ("GET", "flows/search?sort=nothing:asc", b"", ""),
    ("GET", "flows/search?sort=id:up", b"", ""),
    ("GET", "flows/search?labels=kind", b"", ""),
    ("GET", "flows/search?q=%00", b"", ""),
    ("GET", "flows/team/hello?revision=-99999999999999", b"", ""),
    ("GET", "flows/team/hello?source=perhaps", b"", ""),
    ("POST", "executions/team/hello", b"junk", "multipart/form-data"),
    ("POST", "executions/team/hello", b"[1]", "application/json"),
    ("POST", "executions/team/hello?labels=x", b"", ""),
    ("POST", "executions/team/hello?scheduleDate=tomorrow", b"", ""),
    ("POST", "executions/team/hello?scheduleDate=0001-01-01T00:00:00%2B14:00", b"", ""),
    ("POST", "executions/team/hello?revision=1.5", b"", ""),
    ("GET", "executions/search?state=HAPPY", b"", ""),
    ("GET", "executions/search?timeRange=soon", b"", ""),
    ("GET", "executions/search?timeRange=P1D&startDate=2026-01-01", b"", ""),
    ("GET", "executions/search?childFilter=x", b"", ""),
    ("GET", "executions", b"", ""),
]


@pytest.mark.parametrize(("method", "path", "body", "kind"), BAD)
def test_bad_input_is_refused_with_a_sentence(api: Api, hello: str, method: str, path: str, body: bytes, kind: str):
    answer = api(method, path, body, kind)
    assert answer.status_code == 422, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert len(answer.json()["message"]) > 10


@pytest.mark.parametrize("path", [
    "flows/te%00am/hello", "flows/%ff%fe/hello", "executions/%00", "executions/" + "x" * 3000,
])  # fmt: skip
def test_names_that_cannot_be_are_not_found(api: Api, path: str):
    assert api("GET", path).status_code == 404


def test_a_body_over_the_limit_is_refused(api: Api, settings):
    settings.MILLSTREAM = {**settings.MILLSTREAM, "BODY_BYTES": 100}
    assert api("POST", "flows", "x" * 200).status_code == 413
