"""Webhooks: whoever knows the key starts the flow; nobody else learns anything."""

import threading
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from builder.api.executions import following
from builder.runtime import queue
from builder.runtime.runner.runner import Runner
from builder.store import executions
from tests.api.conftest import Api
from tests.runtime.conftest import runner  # noqa: F401 - a fixture

FLOW = """\
id: shop
namespace: team
inputs:
  - {id: order, type: INT, defaults: 0}
tasks:
  - {id: say, type: io.kestra.plugin.core.debug.Return, format: "order {{ inputs.order }}"}
outputs:
  - {id: said, type: STRING, value: "{{ outputs.say.value }}"}
triggers:
  - id: call
    type: io.kestra.plugin.core.trigger.Webhook
    key: k3y
    inputs:
      order: "{{ trigger.body.order ?? 7 }}"
"""
PATH = "/api/v1/main/executions/webhook/team/shop/k3y"
WHEN = FLOW.replace("    key: k3y\n", '    key: k3y\n    when: "{{ trigger.parameters.go is defined }}"\n')


@pytest.fixture
def stranger() -> Client:
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_a_call_without_login_starts_the_flow(api: Api, stranger: Client, rung: list[str], method: str):
    api.post("flows", FLOW)
    answer = stranger.generic(method, PATH + "?a=1&a=2", '{"order": 3}', "application/json")
    assert answer.status_code == 200
    record = answer.json()
    assert rung == [record["id"]]
    assert record["trigger"]["id"] == "call"
    assert record["trigger"]["variables"]["body"] == {"order": 3}
    assert record["trigger"]["variables"]["parameters"] == {"a": ["1", "2"]}
    assert "inputs" not in record
    assert api.get(f"executions/{record['id']}")["inputs"] == {"order": 3}


@pytest.mark.parametrize("path", [
    "team/shop/wrong", "team/nothing/k3y", "nobody/shop/k3y", "team/off/k3y", "team/off/wrong",
])  # fmt: skip
def test_all_that_is_no_webhook_gets_the_same_answer(api: Api, stranger: Client, path: str):
    api.post("flows", FLOW + "---\n" + FLOW.replace("id: shop", "id: off\ndisabled: true"))
    answer = stranger.post(f"/api/v1/executions/webhook/{path}")
    assert answer.status_code == 404
    assert answer.json()["message"] == "There is no webhook at this address."
    other = stranger.post("/api/v1/executions/webhook/far/longer/than-the-others")
    assert (answer.content, dict(answer.headers)) == (other.content, dict(other.headers))


def test_an_unmet_condition_answers_without_an_execution(api: Api, stranger: Client, rung: list[str]):
    api.post("flows", WHEN)
    assert stranger.post(PATH).status_code == 204
    assert rung == []
    assert stranger.post(PATH + "?go=1").status_code == 200


def test_values_that_do_not_fit_are_told(api: Api, stranger: Client):
    api.post("flows", FLOW)
    answer = stranger.post(PATH, '{"order": "many"}', "application/json")
    assert answer.status_code == 422
    assert "order" in answer.json()["message"]


def test_a_condition_that_does_not_hold_answers_204_without_an_execution(api: Api, stranger: Client):
    condition = "io.kestra.plugin.core.condition.Expression"
    api.post(
        "flows",
        FLOW.replace(
            "    key: k3y\n",
            "    key: k3y\n    conditions:\n"
            f'      - type: {condition}\n        expression: "{{{{ trigger.body.order > 5 }}}}"\n',
        ),
    )
    assert stranger.post(PATH, '{"order": 3}', "application/json").status_code == 204
    assert stranger.post(PATH, "no map at all", "text/plain").status_code == 204
    assert executions.search(executions.Filters()).items == ()
    assert stranger.post(PATH, '{"order": 7}', "application/json").status_code == 200


@pytest.mark.parametrize(("body", "read"), [
    (b'{"a": NaN}', '{"a": NaN}'), (b"[-Infinity]", "[-Infinity]"), (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
    (b"\xef\xbb\xbfhi", "hi"), (b'[1e999]', "[1e999]"), (b'[1e9]', [1e9]),
])  # fmt: skip
def test_a_body_is_read_as_json_where_it_is_json(api: Api, stranger: Client, body: bytes, read: Any):
    api.post("flows", FLOW.replace('      order: "{{ trigger.body.order ?? 7 }}"\n', "      order: 1\n"))
    answer = stranger.generic("POST", PATH, body, "application/json")
    assert answer.json()["trigger"]["variables"]["body"] == read


@pytest.mark.parametrize(("behavior", "state"), [("CANCEL", "CANCELLED"), ("FAIL", "FAILED")])
def test_an_execution_that_the_limit_ends_at_once_is_no_error_of_the_call(
    api: Api, stranger: Client, behavior: str, state: str
):
    api.post("flows", FLOW.replace("inputs:\n", f"concurrency: {{limit: 1, behavior: {behavior}}}\ninputs:\n", 1))
    assert stranger.post(PATH).json()["state"]["current"] == "CREATED"
    answer = stranger.post(PATH)
    assert (answer.status_code, answer.json()["state"]["current"]) == (200, state)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"\x00", b"[" * 50_000, b"", b'"text"', b"NaN", b'{"order": 1e999}'])
def test_odd_bodies_never_break_it(api: Api, stranger: Client, body: bytes):
    api.post("flows", FLOW)
    answer = stranger.generic("POST", PATH, body, "application/json")
    assert answer.status_code in (200, 422)


def test_a_body_over_the_limit_is_refused(api: Api, stranger: Client, settings: Any):
    api.post("flows", FLOW)
    settings.MILLSTREAM = {**settings.MILLSTREAM, "BODY_BYTES": 10}
    assert stranger.post(PATH, "x" * 11, "text/plain").status_code == 413


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("fields", "status", "said"), [
    ("returnOutputs: true", 200, b'{"said": "order 5"}'),
    ("returnOutputs: true\n    responseContentType: text/plain\n    responseCode: 202", 202, b"order 5"),
    ('responseCode: "{{ outputs.said == "order 5" ? 201 : 400 }}"', 201, b'"current": "SUCCESS"'),
    ("responseCode: 204", 204, b""),
])  # fmt: skip
def test_a_call_may_wait_for_the_end_and_take_the_outputs(
    api: Api, stranger: Client, runner: Runner, monkeypatch: pytest.MonkeyPatch,  # noqa: F811
    fields: str, status: int, said: bytes,
):  # fmt: skip
    monkeypatch.setattr(queue, "ring_on_commit", lambda ids: transaction.on_commit(lambda: runner.take(ids)))
    api.post(
        "flows",
        FLOW.replace("    key: k3y\n", f"    key: k3y\n    wait: true\n    {fields}\n").replace(
            '"{{ outputs.said == "order 5" ? 201 : 400 }}"', "\"{{ outputs.said == 'order 5' ? 201 : 400 }}\""
        ),
    )
    answer = stranger.post(PATH, '{"order": 5}', "application/json")
    assert answer.status_code == status, answer.content
    assert said in answer.content
    assert [item.state.value for item in executions.search(executions.Filters()).items] == ["SUCCESS"]


def test_when_too_many_wait_already_the_answer_is_that_it_runs(
    api: Api, stranger: Client, rung: list[str], monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    monkeypatch.setattr(following, "_WAITING", threading.BoundedSemaphore(0))
    api.post("flows", FLOW.replace("    key: k3y\n", "    key: k3y\n    wait: true\n"))
    answer = stranger.post(PATH, "{}", "application/json")
    assert answer.status_code == 202
    assert rung == [answer.json()["id"]]


def test_a_call_is_held_no_longer_than_its_trigger_says(api: Api, stranger: Client, rung: list[str], valkey: str):
    api.post("flows", FLOW.replace("    key: k3y\n", "    key: k3y\n    wait: true\n    waitTimeout: PT0.2S\n"))
    answer = stranger.post(PATH, "{}", "application/json")
    assert answer.status_code == 202
    assert rung == [answer.json()["id"]]


def test_other_methods_are_refused(api: Api, stranger: Client):
    assert stranger.delete(PATH).status_code == 405
