"""What a stranger or a careless program may send: each answer is below 500, one sentence, and harmless."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from builder.actions import drafts, flows
from builder.actions import kv as kv_actions
from builder.actions import secrets as secret_actions
from builder.clock import SystemClock
from builder.runtime.files import storage
from builder.store import births, executions

HOSTILE = {
    "two dots": "..",
    "an escaped path": "..%2f..%2fetc%2fpasswd",
    "NUL": "a%00b",
    "a line break": "a%0d%0aSet-Cookie:%20x=1",
    "a very long name": "x" * 5000,
    "other letters": "%E2%80%AE%F0%9F%92%A3%C3%A9",
    "bad UTF-8": "%ff%fe",
    "a quote": "'%20OR%201=1--",
    "markup": "%3Cscript%3Ealert(1)%3C/script%3E",
    "a template": "%7B%7B%207*7%20%7D%7D",
    "a huge number": "9" * 400,
    "a lone surrogate": "%ED%A0%80",
}
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")


def addresses(patterns: list[URLPattern | URLResolver] | None = None, prefix: str = "/") -> Iterator[str]:
    """The routes that hold names, with their places still in them; of the API those with the tenant."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        elif not route.startswith("/api/v1/") or route.startswith("/api/v1/main/"):
            yield route


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    ids: list[str] = []
    monkeypatch.setattr("builder.runtime.queue.ring_on_commit", ids.extend)
    return ids


def sentence(answer: Any) -> str:
    """What an error page says."""
    found = re.search(r"<p>(.*?)</p>", answer.content.decode(), re.DOTALL)
    return found[1] if found else ""


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_name_in_an_address_breaks_any_page(browser: Client, value: str) -> None:
    wrong: list[tuple[str, str, Any]] = []
    tried = 0
    for route in addresses():
        path = re.sub(r"<(?:\w+:)?\w+>", lambda _: value, route)
        if path == route:
            continue
        for method in METHODS:
            tried += 1
            answer = browser.generic(method, path)
            if answer.status_code >= 500 or "x=1" in str(answer.headers.get("Set-Cookie", "")):
                wrong.append((method, route, answer.status_code))
            elif "html" in answer.headers.get("Content-Type", "") and b"<script>alert" in answer.content:
                wrong.append((method, route, "markup"))
    assert not wrong
    assert tried > 300


BODIES = {
    "deep JSON": ("[" * 100_000, "application/json"),
    "deep JSON that ends": ("[" * 50_000 + "]" * 50_000, "application/json"),
    "a number of 6000 digits": ("9" * 6000, "application/json"),
    "no number": ("NaN", "application/json"),
    "half of a character": ('{"do": "text", "force": true, "text": "\\ud800"}', "application/json"),
    "U+0000": ('{"do": "text", "force": true, "text": "a\\u0000b"}', "application/json"),
    "bad UTF-8": (b"\xff\xfe{", "application/json"),
    "an unknown encoding": ("{}", "application/json; charset=none-such"),
    "a form without its boundary": ("x", "multipart/form-data"),
    "a form with a bad boundary": ("x", "multipart/form-data; boundary=\x01"),
    "a form cut short": ('--b\r\nContent-Disposition: form-data; name="n"\r\n\r\nv', "multipart/form-data; boundary=b"),
    "a form with bad base64": (
        '--b\r\nContent-Disposition: form-data; name="n"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n--b--\r\n',
        "multipart/form-data; boundary=b"),
    "thousands of fields": ("&".join(f"a{number}=1" for number in range(6000)), "application/x-www-form-urlencoded"),
    "the same field twice": ("namespace=a&namespace=b&key=k&key=l&value=1", "application/x-www-form-urlencoded"),
    "a form in another encoding": ("n=1", "application/x-www-form-urlencoded; charset=utf-7"),
    "a form with U+0000": ("namespace=a%00b&key=k&value=a%00&text=%00", "application/x-www-form-urlencoded"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "kind"), BODIES.values(), ids=BODIES.keys())
def test_no_body_breaks_any_address(browser: Client, body: str | bytes, kind: str) -> None:
    _published()
    wrong, tried = [], 0
    for route in addresses():
        path = route.replace("<str:namespace>", "lab").replace("<str:flow_id>", "a")
        path = re.sub(r"<(?:\w+:)?\w+>", "1", path)
        for method in ("POST", "PUT"):
            if "logout" in path:
                continue
            tried += 1
            answer = browser.generic(method, path, body, kind)
            if answer.status_code >= 500:
                wrong.append((method, path, answer.status_code, sentence(answer)))
    assert not wrong
    assert tried > 100


def _published(text: str = "") -> None:
    flows.save_flow(
        text or "id: a\nnamespace: lab\ntasks:\n  - {id: log, type: io.kestra.plugin.core.log.Log, message: hi}\n",
        by="ada",
    )


def test_a_request_that_cannot_be_read_is_one_sentence(browser: Client) -> None:
    answer = browser.generic("POST", "/kv", "x", "multipart/form-data")
    assert answer.status_code == 400
    assert sentence(answer).startswith("The request could not be read")


def test_a_query_with_nul_is_one_sentence(browser: Client) -> None:
    for path in ("/flows?q=a%00b", "/executions?label=a:%00", "/kv?namespace=%00"):
        answer = browser.get(path)
        assert answer.status_code == 422
        assert "NUL" in sentence(answer)


def test_a_method_that_is_not_possible_is_one_sentence(browser: Client) -> None:
    answer = browser.post("/flows", {})
    assert answer.status_code == 405 and answer["Allow"] == "GET"
    assert sentence(answer) == "POST is not possible here; GET is."


MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>"
LINKS = "# Answer\n\n[click](javascript:alert(1)) ![x](data:text/html,<script>alert(1)</script>) <svg onload=alert(1)>"


def _hostile_flow() -> str:
    return f"""\
id: xss
namespace: lab
description: "{MARKUP} {LINKS}"
labels: {{"k{MARKUP}": "{MARKUP}"}}
inputs:
  - {{id: name, type: STRING, displayName: "{MARKUP}", description: "{MARKUP}", defaults: "{MARKUP}"}}
tasks:
  - {{id: log, type: io.kestra.plugin.core.log.Log, description: "{MARKUP}", message: "{MARKUP}"}}
outputs:
  - {{id: o, type: STRING, value: "{MARKUP}"}}
""".replace("\n\n[", " [").replace("# Answer", "Answer")


def test_nothing_that_people_models_or_callers_write_runs_on_any_page(browser: Client) -> None:
    _published(_hostile_flow())
    now = SystemClock().now()
    kv_actions.set_value("lab", "k", MARKUP, description=MARKUP)
    secret_actions.set_value("lab", "K", "long enough", by=MARKUP, description=MARKUP)
    drafts.save_draft("lab", "xss", _hostile_flow() + f"# {MARKUP}\nbad: '{MARKUP}'\n", by=MARKUP)
    found = births.runnable("lab", "xss")
    execution = executions.create(
        births.born(
            found.flow,
            found.revision,
            now,
            inputs={"name": MARKUP, MARKUP: LINKS},
            labels=[(MARKUP, MARKUP)],
            trigger={"id": MARKUP, "type": MARKUP, "variables": {"body": MARKUP}},
        )
    )
    pages = ("/", "/flows", "/flows/lab/xss/edit", "/flows/lab/xss/edit/run", "/flows/lab/xss/revisions", "/executions",
             f"/executions/{execution.id}", f"/executions/{execution.id}/live", "/schedules", "/kv", "/secrets",
             f"/flows?q={MARKUP}", f"/executions?q={MARKUP}&label=a:{MARKUP}", f"/kv?q={MARKUP}", "/starters",
             f"/secrets?key={MARKUP}&namespace={MARKUP}", f"/login?next={MARKUP}", f"/nowhere/{MARKUP}")  # fmt: skip
    for path in pages:
        answer = browser.get(path)
        assert answer.status_code < 500, path
        page = answer.content.decode()
        assert "<script>alert" not in page and "<img src=x" not in page and "<svg onload" not in page, path
        assert not re.search(r"""(href|src)=["']?(javascript|data:text)""", page), path


@pytest.mark.parametrize("link", [
    "[a](javascript:alert(1))", "[a](JaVaScRiPt:alert(1))", "[a](java&#115;cript:alert(1))", "[a](data:text/html,x)",
    "[a](vbscript:x)", "<javascript:alert(1)>", "![a](https://evil.example/x.png)", "<a href='x' onclick='y'>z</a>",
    "[a]: javascript:alert(1)\n\n**b** [a]", "<b hx-get='/logout'>x</b>",
])  # fmt: skip
def test_a_models_markdown_links_nowhere_dangerous_and_loads_nothing(link: str) -> None:
    from builder.web.execution.shapes import markdown

    html = markdown(f"**answer** {link}")
    assert not re.search(r"""=["']?(javascript|data|vbscript):|<img|<[^>]*on\w+=|<[^>]*hx-""", html, re.I), html


def test_every_page_that_changes_something_wants_the_csrf_token(ada: User) -> None:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(ada)
    tried = 0
    for route in addresses():
        if "webhook" in route:
            continue
        path = re.sub(r"<(?:\w+:)?\w+>", "1", route)
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            for kind in ("application/x-www-form-urlencoded", "text/plain", "application/json"):
                tried += 1
                answer = client.generic(method, path, "{}", kind, headers={"origin": "http://evil.example"})
                assert answer.status_code == 403, (method, path, kind, answer.status_code)
    assert tried > 500


@pytest.mark.parametrize(
    "next_",
    [
        "//evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "\\\\evil.example",
        "/\\evil.example",
        "http:evil.example",
        " //evil.example",
    ],
)
def test_the_login_leads_nowhere_else(ada: User, next_: str) -> None:
    answer = Client().post("/login", {"username": "ada", "password": "a long enough password", "next": next_})
    assert answer.status_code == 302 and answer["Location"] == "/"


def test_a_login_makes_a_new_session_and_its_cookies_are_shut(ada: User) -> None:
    client = Client()
    client.cookies["millstream_session"] = "fixed0by0a0stranger0fixed0by0abc"
    answer = client.post("/login", {"username": "ada", "password": "a long enough password"})
    cookie = answer.cookies["millstream_session"]
    assert cookie.value != "fixed0by0a0stranger0fixed0by0abc"
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    assert client.post("/logout").status_code == 302
    again = Client()
    again.cookies["millstream_session"] = cookie.value
    assert again.get("/flows").status_code == 302


def test_an_unknown_name_costs_a_login_as_much_as_a_known_one(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    real = User.set_password

    def counted(user: User, password: str) -> None:
        hashed.append(password)
        real(user, password)

    monkeypatch.setattr(User, "set_password", counted)
    page = Client().post("/login", {"username": "nobody", "password": "guessed"}).content.decode()
    assert hashed == ["guessed"]
    known = Client().post("/login", {"username": "ada", "password": "guessed"}).content.decode()
    assert re.findall(r'role="alert".*?</', page) == re.findall(r'role="alert".*?</', known)


def test_spaces_around_a_name_give_no_more_tries(ada: User) -> None:
    client = Client()
    for number in range(10):
        client.post("/login", {"username": " " * number + "ada" + " " * number, "password": "wrong"})
    assert client.post("/login", {"username": "ada ", "password": "a long enough password"}).status_code == 429


def test_a_file_of_another_execution_is_not_given_out(browser: Client, settings: object, tmp_path: object) -> None:
    settings.MEDIA_ROOT = str(tmp_path)  # type: ignore[attr-defined]
    _published()
    found, now = births.runnable("lab", "a"), SystemClock().now()
    mine, other = (executions.create(births.born(found.flow, found.revision, now, inputs={})).id for _ in range(2))
    theirs = storage.put(other, "theirs.txt", b"theirs")
    own = storage.put(mine, 'a"\r\nX-Evil: 1<b>.html', b"<script>alert(1)</script>")
    answer = browser.get(f"/executions/{mine}/file", {"path": own})
    assert answer.getvalue() == b"<script>alert(1)</script>"
    assert answer.status_code == 200 and answer["Content-Disposition"].startswith("attachment")
    assert "X-Evil" not in answer.headers and answer["Content-Type"] == "application/octet-stream"
    assert "sandbox" in answer["Content-Security-Policy"] and answer["X-Content-Type-Options"] == "nosniff"
    traps = (theirs, theirs.replace(other, f"{mine}/../{other}"), own.rpartition("/")[0] + "/../../../../../etc/passwd",
             own.rpartition("/")[0] + "/..%2f..%2fx", "kestra:///../../etc/passwd", "/etc/passwd", "file:///etc/passwd",
             f"kestra:///executions/{mine}/x/%00", f"kestra:///executions/{mine}/..", "", "x" * 10_000)  # fmt: skip
    for trap in traps:
        refused = browser.get(f"/executions/{mine}/file", {"path": trap})
        assert refused.status_code in (403, 404, 422), trap
        assert sentence(refused), trap


def test_following_an_execution_that_is_not_there_ends_at_once(browser: Client) -> None:
    answer = browser.get("/executions/nowhere/follow")
    assert answer.status_code == 404 and not answer.streaming
    assert "does not exist" in sentence(answer)


def test_a_file_name_of_an_upload_cannot_break_the_answer(browser: Client) -> None:
    upload = SimpleUploadedFile(f'{MARKUP}"\r\nX: 1.yaml', b"\xff\xfe", "application/x-yaml")
    answer = browser.post("/flows/import", {"file": upload})
    assert answer.status_code == 422 and "<script>" not in answer.content.decode()


@pytest.mark.django_db
def test_no_header_changes_who_one_is_or_where_one_comes_from() -> None:
    tricks = {"x-forwarded-user": "ada", "remote-user": "ada", "x-original-url": "/login", "x-rewrite-url": "/login",
              "x-http-method-override": "GET", "x-forwarded-host": "evil.example", "x-forwarded-proto": "https",
              "authorization": "Basic YWRhOg=="}  # fmt: skip
    answer = Client().get("/flows", headers=tricks)
    assert answer.status_code == 302
    assert answer["Location"] == "/login?next=/flows"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header", ["Basic \u00e9==", "Basic OgAA", "Basic", "Bearer \u00ff\u00fe", "Bearer " + "x" * 9000, "x"]
)
def test_a_token_that_is_none_is_refused_like_any_other(header: str) -> None:
    answer = Client(raise_request_exception=False).get("/api/v1/main/flows/search", headers={"authorization": header})
    assert answer.status_code == 401
    assert "API token" in answer.json()["message"]
