"""What a webhook makes of its calls: forms with files, binary bodies, signatures, dynamic keys, and many at once."""

import hashlib
import hmac
import json
import threading
import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from builder.access import tries
from builder.actions import secrets
from builder.api.executions import webhooks
from builder.clock import FixedClock, SystemClock
from builder.errors import Conflict, NotFound, Unavailable
from builder.runtime.files import storage
from builder.store import executions, triggers
from builder.store.executions import Filters
from builder.store.triggers import calls as kept
from builder.store.triggers import held_calls
from builder.store.triggers.calls import Noted
from builder.triggers.called import batches
from builder.triggers.called.batches import start_gathered
from builder.triggers.called.webhooks import UNKNOWN, repeat
from tests.api.conftest import Api

FLOW = """\
id: shop
namespace: team
inputs:
  - {id: wanted, type: STRING}
tasks:
  - {id: say, type: io.kestra.plugin.core.log.Log, message: hi}
triggers:
  - id: call
    type: io.kestra.plugin.core.trigger.Webhook
    key: 4wjtkzwVGBM9yKnjm3yv8r
"""
PATH = "/api/v1/executions/webhook/team/shop/4wjtkzwVGBM9yKnjm3yv8r"
KEY = "team/shop/call"
BATCH = FLOW.replace(".Webhook", ".BatchWebhook") + "    eventsCount: 3\n    pollingInterval: PT10M\n"


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def stranger() -> Client:
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


def only() -> Any:
    """What `trigger` holds in the one execution there is, and its id."""
    (item,) = executions.search(Filters(flow_id="shop")).items
    return (executions.load(item.id)[0].trigger or {})["variables"], item.id


def noted() -> list[Noted]:
    """The last calls, newest first."""
    return kept.last([KEY, "team/shop/"])


def test_a_missing_input_keeps_nobody_out(api: Api, stranger: Client):
    api.post("flows", FLOW)
    assert stranger.post(PATH).status_code == 200
    assert executions.load(only()[1])[0].inputs == {}


def test_a_form_gives_its_fields_and_keeps_its_files(api: Api, stranger: Client):
    api.post("flows", FLOW)
    file = SimpleUploadedFile("a b.bin", b"\x00\x01", content_type="image/png")
    assert stranger.post(PATH, {"name": ["x", "y"], "photo": file}).status_code == 200
    seen, execution_id = only()
    assert seen["body"] is None and seen["formFields"] == {"name": ["x", "y"]}
    (part,) = seen["parts"]
    uri = part.pop("uri")
    assert part == {"name": "photo", "filename": "a b.bin", "contentType": "image/png", "size": 2}
    assert storage.read(uri, [execution_id]) == b"\x00\x01"


def test_a_form_that_is_cut_off_is_no_error_of_ours(api: Api, stranger: Client):
    api.post("flows", FLOW)
    kind = "multipart/form-data; boundary=x"
    for body in (b"", b"--x", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n", b"\xff"):
        assert stranger.generic("PUT", PATH, body, kind).status_code in (200, 422)
    assert stranger.generic("PUT", PATH, b"--x", "multipart/form-data").status_code == 422


def test_a_body_that_is_no_text_comes_in_base64(api: Api, stranger: Client):
    api.post("flows", FLOW)
    stranger.post(PATH, b"\xff\xfe", "application/octet-stream")
    assert only()[0]["body"] == "//4="


@pytest.mark.parametrize("kind", ["STORE", "NONE"])
def test_a_body_may_be_kept_as_a_file_or_dropped(api: Api, stranger: Client, kind: str):
    api.post("flows", FLOW + f"    fetchType: {kind}\n")
    stranger.post(PATH, b'{"a": 1}', "application/json")
    seen, execution_id = only()
    assert seen["body"] is None
    assert [storage.read(seen["uri"], [execution_id])] == [b'{"a": 1}'] if kind == "STORE" else "uri" not in seen


def test_a_key_may_come_of_an_expression(api: Api, stranger: Client):
    key = '"{{ flow.id }}-{{ vars.end }}"'
    api.post("flows", FLOW.replace("4wjtkzwVGBM9yKnjm3yv8r", key) + "variables: {end: x}\n")
    assert stranger.get("/api/v1/main/executions/webhook/team/shop/shop-x").status_code == 200
    assert stranger.get("/api/v1/main/executions/webhook/team/shop/shop-y").status_code == 404


@pytest.mark.parametrize("key", ['"{{ nothing.here }}"', "\"{{ '' }}\""])
def test_a_key_that_cannot_be_told_opens_to_nobody(api: Api, stranger: Client, key: str):
    api.post("flows", FLOW.replace("4wjtkzwVGBM9yKnjm3yv8r", key))
    for guess in ("", " ", "%7B%7B%20nothing.here%20%7D%7D", "nothing"):
        answer = stranger.post(f"/api/v1/main/executions/webhook/team/shop/{guess}")
        assert answer.status_code == 404


BODY = b'{"order": 3}'


def signed(text: bytes) -> str:
    return hmac.new(b"hush-hush", text, hashlib.sha256).hexdigest()


def calls(style: str) -> tuple[dict[str, str], dict[str, str]]:
    """Headers of a right call and of one that is too old, or signed wrongly."""
    now = int(time.time())
    if style == "STRIPE":
        made = lambda at: f"t={at},v1=00,v1={signed(f'{at}.'.encode() + BODY)}"  # noqa: E731
        return {"stripe-signature": made(now)}, {"stripe-signature": made(now - 400)}
    if style == "SLACK":
        made = lambda at: {  # noqa: E731
            "x-slack-request-timestamp": str(at), "x-slack-signature": "v0=" + signed(f"v0:{at}:".encode() + BODY)
        }  # fmt: skip
        return made(now), made(now - 400)
    header = "x-hub-signature-256" if style == "GITHUB" else "x-mine"
    prefix = "sha256=" if style == "GITHUB" else ""
    return {header: prefix + signed(BODY)}, {header: prefix + signed(BODY + b" ")}


@pytest.mark.parametrize("style", ["GITHUB", "STRIPE", "SLACK", "HMAC"])
def test_a_call_must_be_signed_where_that_is_asked(api: Api, stranger: Client, style: str):
    header = ", header: X-Mine" if style == "HMAC" else ""
    secret = "{{ 'hush' ~ '-hush' }}"
    api.post("flows", FLOW + f'    signature: {{style: {style}, secret: "{secret}"{header}}}\n')
    right, wrong = calls(style)
    for headers in ({}, wrong, {**right, next(reversed(right)): "nonsense"}):
        answer = stranger.post(PATH, BODY, "application/json", headers=headers)
        assert answer.status_code == 404 and answer.json()["message"] == UNKNOWN
    assert stranger.post(PATH, BODY, "application/json", headers=right).status_code == 200
    assert executions.search(Filters(flow_id="shop")).total == 1
    assert ["signature" in call.reason for call in noted()] == [False, True, True, True]
    assert [call.can_be_repeated for call in noted()] == [True, False, False, False]


def test_calls_are_gathered_until_there_are_enough(api: Api, stranger: Client):
    inputs = '    inputs: {wanted: "{{ trigger.count }}"}\n'
    api.post("flows", BATCH + '    eventFilter: "{{ trigger.body.n > 0 }}"\n' + inputs)
    answers = [stranger.post(PATH, {"n": n}, "application/json") for n in (1, 0, "x", 2, 3)]
    assert [answer.status_code for answer in answers] == [202, 204, 204, 202, 202]
    assert answers[3].json() == {"status": "buffered", "eventsBuffered": 2}
    seen, execution_id = only()
    lines = [json.loads(line) for line in storage.read(seen["uri"], [execution_id]).splitlines()]
    assert [line["body"]["n"] for line in lines] == [1, 2, 3] and set(lines[0]) >= {"eventId", "eventReceived"}
    assert seen["count"] == 3 and executions.load(execution_id)[0].inputs == {"wanted": "3"}
    assert held_calls.count(triggers.get("team", "shop", "call").key) == 0


def test_gathered_calls_do_not_wait_for_ever(api: Api, stranger: Client):
    api.post("flows", BATCH)
    stranger.post(PATH, "{}", "application/json")
    clock = FixedClock(SystemClock().now() + timedelta(minutes=9))
    assert start_gathered(clock) == 0
    clock.advance(timedelta(minutes=2))
    assert [start_gathered(clock), start_gathered(clock)] == [1, 0]
    assert only()[0]["count"] == 1


def test_gathered_calls_are_dropped_when_the_flow_is_not_meant_to_start(api: Api, stranger: Client):
    api.post("flows", BATCH + '    when: "{{ false }}"\n')
    assert [stranger.post(PATH).status_code for _ in range(4)] == [202] * 4
    assert executions.search(Filters(flow_id="shop")).total == 0
    assert held_calls.count(triggers.get("team", "shop", "call").key) == 1


ANSWERS = '    when: "{{ trigger.body.n != 0 }}"\n    inputs: {wanted: "{{ trigger.body.n / 1 }}"}\n'


def test_each_call_is_noted_with_what_was_answered_and_why(api: Api, stranger: Client):
    api.post("flows", FLOW + ANSWERS)
    stranger.post(PATH + "?a=1", {"n": 3}, "application/json")
    stranger.post(PATH, {"n": 0}, "application/json")
    stranger.put(PATH, {"n": "x"}, "application/json")
    stranger.post(PATH[:-1] + "X", {"n": 3}, "application/json")
    triggers.set_enabled("team", "shop", "call", False, SystemClock().now())
    stranger.post(PATH, "{}", "application/json")
    off, wrong_key, broken, unmet, started = noted()
    assert [one.status for one in (started, unmet, off, wrong_key)] == [200, 204, 404, 404]
    assert started.execution_id == only()[1] and started.method == "POST" and started.size_bytes == 8
    assert "when" in unmet.reason and "switched off" in off.reason and "key" in wrong_key.reason
    assert broken.status >= 400 and broken.method == "PUT" and broken.reason
    assert not wrong_key.can_be_repeated, "what a stranger brings is nobody's"


BETWEEN = "io.kestra.plugin.core.condition.DateTimeBetween"


@pytest.mark.parametrize(("more", "said"), [
    (f"conditions: [{{type: {BETWEEN}, date: \"{{{{ secret('DAY') }}}}\", after: '2027-01-01'}}]", "is not a date"),
    ("inputs: {wanted: \"{{ kv(secret('DAY')) }}\"}", "does not exist"),
])  # fmt: skip
def test_why_a_call_started_nothing_tells_no_secret(api: Api, stranger: Client, more: str, said: str):
    secrets.set_value("team", "DAY", "hush-hush-4711", by="ada")
    api.post("flows", f"{FLOW}    {more}\n")
    stranger.post(PATH)
    (call,) = noted()
    assert said in call.reason and "******" in call.reason and "hush" not in call.reason


def test_what_a_call_brought_is_kept_encrypted_and_within_bounds(api: Api, stranger: Client):
    api.post("flows", FLOW)
    stranger.post(PATH + "?token=hush1", "hush2", "text/plain", headers={"Authorization": "hush3", "X-Key": "hush4"})
    stranger.post(PATH, "x" * 70_000, "text/plain")
    for _ in range(3):
        stranger.post(PATH)
    with connection.cursor() as cursor:
        cursor.execute("SELECT document FROM builder_webhookcall ORDER BY id")
        documents = [row[0] for row in cursor.fetchall()]
    assert "hush" not in documents[0] and documents[1] is None
    came = kept.came(KEY, str(noted()[-1].id))
    assert came.body == b"hush2" and came.parameters == {"token": ["hush1"]} and came.headers["X-Key"] == ["hush4"]
    assert "hush3" not in str(came), "what logs somebody in is for nobody"
    assert not noted()[-2].can_be_repeated and noted()[-2].size_bytes == 70_000


def test_no_more_than_the_last_calls_are_kept(api: Api, stranger: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kept, "KEPT", 3)
    monkeypatch.setattr(kept, "KEPT_STRAY", 2)
    api.post("flows", FLOW)
    started = [stranger.post(PATH).json()["id"] for _ in range(5)]
    for _ in range(4):
        stranger.post(PATH[:-1] + "X")
    assert [one.execution_id for one in kept.last([KEY])] == started[:1:-1]
    assert len(kept.last(["team/shop/"])) == 2
    api("DELETE", "flows/team/shop")
    assert kept.last([KEY]) == []


def test_a_call_can_be_repeated(api: Api, stranger: Client):
    api.post("flows", FLOW + '    signature: {style: GITHUB, secret: "hush-hush"}\n')
    stranger.post(PATH, BODY, "application/json", headers={"x-hub-signature-256": "sha256=" + signed(BODY)})
    (first,) = noted()
    clock = SystemClock()
    again = repeat(triggers.get("team", "shop", "call"), str(first.id), clock, by="ada").execution
    assert again is not None and again.id != first.execution_id
    assert (again.trigger or {})["variables"]["body"] == {"order": 3}
    assert noted()[0].reason == "A call repeated by ada." and noted()[0].execution_id == again.id
    off = triggers.set_enabled("team", "shop", "call", False, clock.now())
    stranger.post(PATH, BODY, "application/json", headers={"x-hub-signature-256": "sha256=" + signed(b"")})
    assert not noted()[0].can_be_repeated, "nobody knows who sent it"
    with pytest.raises(Conflict, match="switched off"):
        repeat(off, str(first.id), clock, by="ada")
    with pytest.raises(NotFound):
        repeat(off, "1000000000", clock, by="ada")


def test_a_form_with_files_can_be_repeated(api: Api, stranger: Client):
    api.post("flows", FLOW)
    stranger.post(PATH, {"name": "x", "photo": SimpleUploadedFile("a.bin", b"\x00\x01")})
    again = repeat(triggers.get("team", "shop", "call"), str(noted()[0].id), SystemClock(), by="ada").execution
    assert again is not None
    seen = (again.trigger or {})["variables"]
    assert seen["formFields"] == {"name": ["x"]}
    assert storage.read(seen["parts"][0]["uri"], [again.id]) == b"\x00\x01"


def test_guesses_are_slowed_down_and_right_calls_are_not(api: Api, stranger: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tries, "time", SimpleNamespace(time=lambda: 999_990.0))
    api.post("flows", FLOW)
    answers = [stranger.post(PATH[:-1] + "X") for _ in range(22)]
    assert [answer.status_code for answer in answers] == [404] * 20 + [429] * 2
    assert answers[-1]["Retry-After"] == "30"
    assert stranger.post(PATH).status_code == 200


def test_a_call_that_finds_too_many_waiting_starts_nothing_and_is_told_to_come_again(api: Api, stranger: Client):
    api.post("flows", FLOW + "concurrency: {limit: 1, queueLimit: 1}\n")
    answers = [stranger.post(PATH) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2]["Retry-After"] == "10" and "queueLimit" in answers[2].json()["message"]
    assert executions.search(Filters(flow_id="shop")).total == 2
    assert noted()[0].status == 429 and noted()[0].execution_id is None


def test_a_call_too_many_is_told_to_come_again(api: Api, stranger: Client, monkeypatch: pytest.MonkeyPatch):
    api.post("flows", FLOW)
    monkeypatch.setattr(webhooks, "_PLACES", threading.BoundedSemaphore(0))
    answer = stranger.post(PATH)
    assert answer.status_code == 429 and answer["Retry-After"] == "1"
    assert executions.search(Filters(flow_id="shop")).total == 0


def test_wrong_calls_that_are_slowed_down_take_no_place(api: Api, stranger: Client, monkeypatch: pytest.MonkeyPatch):
    api.post("flows", FLOW)
    meanwhile: list[int] = []

    def call(_seconds: float) -> None:
        meanwhile.append(stranger.post(PATH).status_code)

    monkeypatch.setattr(webhooks, "_PLACES", threading.BoundedSemaphore(1))
    monkeypatch.setattr(webhooks, "time", SimpleNamespace(monotonic=time.monotonic, sleep=call))
    assert stranger.post(PATH[:-1] + "X").status_code == 404 and meanwhile == [200]
    monkeypatch.setattr(webhooks, "_SLOWED", threading.BoundedSemaphore(0))
    assert stranger.post(PATH[:-1] + "X").status_code == 404 and meanwhile == [200], "too many wait: at once"


@pytest.mark.parametrize("text", [FLOW, BATCH])
def test_what_is_answered_with_503_has_not_run(api: Api, stranger: Client, monkeypatch: pytest.MonkeyPatch, text: str):
    def busy(*_: Any, **__: Any) -> int:
        raise Unavailable("The database is busy.")

    api.post("flows", text)
    monkeypatch.setattr(kept, "add", busy)
    assert stranger.post(PATH).status_code == 503
    assert executions.search(Filters(flow_id="shop")).total == 0
    assert held_calls.count(KEY) == 0


def test_what_has_run_is_not_answered_with_503(api: Api, stranger: Client, monkeypatch: pytest.MonkeyPatch):
    def busy(*_: Any, **__: Any) -> None:
        raise Unavailable("The database is busy.")

    api.post("flows", FLOW + "    responseCode: 201\n")
    monkeypatch.setattr(kept, "answered", busy)
    assert stranger.post(PATH).status_code == 201
    api.post("flows", BATCH.replace("eventsCount: 3", "eventsCount: 1").replace("shop", "many"))
    monkeypatch.setattr(batches, "_start", busy)
    assert stranger.post(PATH.replace("shop", "many")).status_code == 202
    assert held_calls.count("team/many/call") == 1
