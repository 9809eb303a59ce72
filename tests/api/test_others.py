"""KV, triggers and the catalogue over the API."""

from decimal import Decimal
from typing import Any

import pytest

from builder.actions import kv
from builder.clock import SystemClock
from builder.models import Execution
from builder.store import secrets
from tests.api.conftest import HELLO, Api

DAILY = (
    HELLO
    + """\
triggers:
  - id: daily
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 9 * * *"
"""
)


@pytest.mark.parametrize(("body", "kind", "value"), [
    ('"text"', "STRING", "text"), ("plain words", "STRING", "plain words"), ("1.5", "NUMBER", 1.5),
    ("true", "BOOLEAN", True), ("PT5M", "DURATION", "PT5M"), ("2026-01-31", "DATE", "2026-01-31"),
    ("2026-01-31T09:30:00Z", "DATETIME", "2026-01-31T09:30:00Z"), ('{"a": [1]}', "JSON", {"a": [1]}),
    ("[1, 2]", "JSON", [1, 2]),
])  # fmt: skip
def test_a_value_keeps_its_type(api: Api, body: str, kind: str, value: Any):
    assert api("PUT", "namespaces/team/kv/my-key", body, "text/plain").status_code == 200
    found = api.get("namespaces/team/kv/my-key")
    assert (found["type"], found["value"]) == (kind, value)


def test_a_value_has_a_time_to_live(api: Api):
    assert api("PUT", "namespaces/team/kv/a", "1", ttl="PT1H").json()["expirationDate"]
    kv.set_value("team", "b", 1, ttl_seconds=0)
    assert api("GET", "namespaces/team/kv/b").status_code == 410
    assert api("GET", "namespaces/team/kv/b").status_code == 404
    assert api("PUT", "namespaces/team/kv/a", "1", ttl="soon").status_code == 422
    assert api("PUT", "namespaces/team/kv/a", "1", ttl="-PT1H").status_code == 422


def test_keys_are_listed_and_deleted(api: Api):
    for key in ("a", "b", "c"):
        api("PUT", f"namespaces/team.sub/kv/{key}", "1")
    assert [one["key"] for one in api.get("namespaces/team.sub/kv")] == ["a", "b", "c"]
    assert api.get("namespaces/team/kv") == []
    found = api.get("kv?namespace=team&size=2&page=2")
    assert (found["total"], [one["key"] for one in found["results"]]) == (3, ["c"])
    assert api.get("kv?filters[namespace][EQUALS]=team")["total"] == 0
    assert api("DELETE", "namespaces/team.sub/kv/a").status_code == 200
    assert api("DELETE", "namespaces/team.sub/kv/a").status_code == 404
    assert api("DELETE", "namespaces/team.sub/kv", {"keys": ["b", "x"]}).json()["count"] == 1


@pytest.mark.parametrize(("path", "body", "kind"), [
    ("namespaces/team/kv/-a", "1", "text/plain"), ("namespaces/te am/kv/a", "1", "text/plain"),
    ("namespaces/team/kv/a", "{", "application/json"), ("namespaces/team/kv/a", b"\xff", "text/plain"),
    ("namespaces/team/kv/a", "NaN", "application/json"), (f"namespaces/{'n' * 151}/kv/a", "1", "text/plain"),
])  # fmt: skip
def test_bad_keys_and_values_are_refused(api: Api, path: str, body: Any, kind: str):
    assert api("PUT", path, body, kind).status_code == 422


def test_triggers_are_found_and_switched(api: Api):
    api.post("flows", DAILY)
    found = api.get("triggers/search?namespace=team&q=dai&flowId=hello")
    assert found["total"] == 1
    assert api.get("triggers/search?filters[namespace][EQUALS]=tea")["total"] == 0
    assert found["results"][0]["abstractTrigger"]["cron"] == "0 9 * * *"
    assert found["results"][0]["triggerContext"]["disabled"] is False
    named = {"namespace": "team", "flowId": "hello", "triggerId": "daily", "disabled": True}
    assert api("PUT", "triggers", named).json()["disabled"] is True
    assert api("PUT", "triggers/set-disabled", [{**named, "disabled": False}]).json()[0]["disabled"] is False
    assert api.get("triggers/team/hello")["results"][0]["triggerId"] == "daily"
    assert api("PUT", "triggers", {**named, "triggerId": "x"}).status_code == 404
    assert api("PUT", "triggers", {**named, "disabled": "yes"}).status_code == 422
    assert api("PUT", "triggers", {}).status_code == 422


def test_the_types_are_listed_with_their_schemas(api: Api):
    groups = api.get("plugins")
    names = [task["cls"] for group in groups for task in group["tasks"]]
    assert "io.kestra.plugin.core.log.Log" in names
    for name in names:
        assert api.get(f"plugins/schemas/{name}")["properties"]["type"] == {"const": name}
    shown = api.get("plugins/io.kestra.core.tasks.log.Log")
    assert shown["cls"] == "io.kestra.plugin.core.log.Log"
    assert "message" in shown["schema"]["properties"]["properties"]
    assert api("GET", "plugins/nothing").status_code == 404
    assert "INT" in [one["type"] for one in api.get("plugins/inputs")]


def test_a_client_learns_what_it_talks_to(api: Api, settings: Any):
    settings.MILLSTREAM = {**settings.MILLSTREAM, "URL": "https://flows.example.com", "ENVIRONMENT": "lab"}
    found = api.get("configs")
    assert found["version"] == "0.1.0" and found["environment"] == {"name": "lab"}
    assert found["url"] == "https://flows.example.com"


def test_expressions_are_rendered_with_a_flow_or_its_text(api: Api, hello: str):
    asked = {
        "expressions": ["{{ flow.id }} {{ inputs.name }}", "{{ nothing }}"],
        "namespace": "team",
        "flowId": "hello",
    }
    found = api.post("expressions/render", asked)
    assert found["rendered"] == ["hello World", None] and "nothing" in found["errors"]["1"]
    asked = {"expressions": {"a": "{{ inputs.name | upper }}"}, "flow": hello, "inputs": {"name": "Ada"}}
    assert api.post("expressions/render", asked) == {"rendered": {"a": "ADA"}, "errors": {}}


@pytest.mark.parametrize("body", [
    {}, {"expressions": "x"}, {"expressions": ["{{ 1 }}"]}, {"expressions": [1], "flow": "x"},
    {"expressions": ["a"] * 101, "flow": "x"}, {"expressions": ["a"], "flow": "id: broken"},
    {"expressions": ["a"], "flow": HELLO, "inputs": [1]},
])  # fmt: skip
def test_what_cannot_be_rendered_at_all_is_refused(api: Api, body: dict[str, Any]):
    assert api("POST", "expressions/render", body).status_code == 422


def test_expressions_of_an_execution_see_no_secret(api: Api, hello: str):
    secrets.set_value("team", "KEY", "s3cr3t-VALUE", by="ada", now=SystemClock().now())
    made = api.post("executions/team/hello", {})
    asked = {"expressions": ["{{ execution.id }}", "{{ secret('KEY') }}"], "executionId": made["id"]}
    assert api.post("expressions/render", asked)["rendered"] == [made["id"], "******"]


def test_the_record_says_what_its_models_used(api: Api, hello: str):
    made = api.post("executions/team/hello", {})
    assert "usage" not in api.get(f"executions/{made['id']}")
    Execution.objects.filter(id=made["id"]).update(tokens=120, cost=Decimal("0.0042"), unpriced=1)
    wanted = {"tokens": 120, "cost": 0.0042, "currency": "USD", "unpriced": 1}
    assert api.get(f"executions/{made['id']}")["usage"] == wanted
    assert api.get("executions/search")["results"][0]["usage"] == wanted
