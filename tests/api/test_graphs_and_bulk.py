"""Flows as graphs, what depends on what, many flows at once, parts of flows checked, and what executions left."""

import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.api.conftest import HELLO, Api

CALLER = """\
id: caller
namespace: team
tasks:
  - id: both
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
      - {id: call, type: io.kestra.plugin.core.flow.Subflow, namespace: team, flowId: hello}
      - {id: log, type: io.kestra.plugin.core.log.Log, message: hi}
  - id: choose
    type: io.kestra.plugin.core.flow.If
    condition: "{{ true }}"
    then:
      - {id: yes, type: io.kestra.plugin.core.log.Log, message: hi}
    else:
      - {id: no, type: io.kestra.plugin.core.log.Log, message: hi}
  - id: order
    type: io.kestra.plugin.core.flow.Dag
    tasks:
      - task: {id: a, type: io.kestra.plugin.core.log.Log, message: hi}
      - task: {id: b, type: io.kestra.plugin.core.log.Log, message: hi}
        dependsOn: [a]
errors:
  - {id: sorry, type: io.kestra.plugin.core.log.Log, message: hi}
triggers:
  - {id: daily, type: io.kestra.plugin.core.trigger.Schedule, cron: "0 9 * * *"}
""".replace("{id: yes,", "{id: agreed,").replace("{id: no,", "{id: refused,")


@pytest.fixture
def caller(api: Api, hello: str) -> str:
    api.post("flows", CALLER)
    return CALLER


def edges(graph: dict[str, Any]) -> set[tuple[str, str, str | None]]:
    return {(one["source"], one["target"], one["relation"].get("relationType")) for one in graph["edges"]}


def test_a_flow_is_a_graph(api: Api, caller: str):
    graph = api.get("flows/team/caller/graph")
    assert graph["flowables"] == ["both", "choose", "order"]
    assert {
        ("root.both", "root.both.call", "PARALLEL"),
        ("root.both", "root.both.log", "PARALLEL"),
        ("root.both.log", "root.both.end", None),
        ("root.both.end", "root.choose.root", "SEQUENTIAL"),
        ("root.choose", "root.choose.agreed", "CHOICE"),
        ("root.order.a", "root.order.b", "PARALLEL"),
        ("root.root", "root.sorry", "ERROR"),
        ("root.Triggers.daily", "root.root", None),
    } <= edges(graph)
    known = {node["uid"] for node in graph["nodes"]}
    assert {name for source, target, _ in edges(graph) for name in (source, target)} <= known
    assert {one["cluster"]["uid"] for one in graph["clusters"]} == {
        f"cluster_root.{name}" for name in graph["flowables"]
    }
    assert api("GET", "flows/team/nothing/graph").status_code == 404


def test_the_graph_of_an_execution_is_that_of_its_flow(api: Api, caller: str):
    record = api.form("executions/team/caller").json()
    assert edges(api.get(f"executions/{record['id']}/graph")) == edges(api.get("flows/team/caller/graph"))


def test_what_depends_on_a_flow_is_found(api: Api, caller: str):
    after = HELLO.replace("id: hello", "id: after", 1) + (
        "triggers:\n  - id: end\n    type: io.kestra.plugin.core.trigger.Flow\n    conditions:\n"
        "      - {type: io.kestra.plugin.core.condition.ExecutionFlow, namespace: team, flowId: hello}\n"
    )
    api.post("flows", after)
    found = api.get("flows/team/hello/dependencies")
    assert {(one["source"], one["target"], one["relation"]) for one in found["edges"]} == {
        ("team_caller", "team_hello", "FLOW_TASK"),
        ("team_hello", "team_after", "FLOW_TRIGGER"),
    }
    assert {one["id"] for one in found["nodes"]} == {"after", "caller", "hello"}


def test_flows_are_exported_and_come_back(api: Api, caller: str):
    answer = api("GET", "flows/export/by-query?namespace=team")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == {
            "team.hello.yml": HELLO,
            "team.caller.yml": CALLER,
        }
    assert api("DELETE", "flows/delete/by-query?namespace=team").json() == {"count": 2}
    assert api.get("flows/search")["total"] == 0
    assert api.form("flows/import", {"fileUpload": SimpleUploadedFile("flows.zip", answer.content)}).status_code == 200
    assert api.get("flows/team/caller?source=true")["source"] == CALLER
    one = api("POST", "flows/export/by-ids", [{"namespace": "team", "id": "hello"}])
    assert zipfile.ZipFile(io.BytesIO(one.content)).namelist() == ["team.hello.yml"]


def test_flows_that_a_query_finds_are_switched(api: Api, caller: str):
    assert api.post("flows/disable/by-query?q=call") == {"count": 1}
    assert api.get("flows/team/caller")["disabled"] is True
    assert api.post("flows/enable/by-query?filters[namespace][EQUALS]=team&q=call") == {"count": 1}
    assert api("POST", "flows/disable/by-query").status_code == 422
    assert api("POST", "flows/disable/by-query?namspace=team").status_code == 422


def test_one_task_or_trigger_is_checked(api: Api):
    task = "id: say\ntype: io.kestra.plugin.core.log.Log\n"
    assert api.post("flows/validate/task", task + "message: hi")["constraints"] is None
    assert "message" in api.post("flows/validate/task", task)["constraints"]
    cron = {"id": "daily", "type": "io.kestra.plugin.core.trigger.Schedule", "cron": "every day"}
    assert api.post("flows/validate/trigger", cron)["constraints"].startswith("cron: ")
    assert api.post("flows/validate/task?section=TRIGGERS", cron)["constraints"]
    assert api("POST", "flows/validate/task", "- a list").status_code == 422


def test_the_latest_executions_and_their_outputs_are_listed(api: Api, hello: str):
    record = api.form("executions/team/hello?scheduleDate=2099-01-01T00:00:00Z").json()
    assert record["scheduleDate"] == "2099-01-01T00:00:00Z"
    assert api.get(f"executions/{record['id']}")["scheduleDate"] == record["scheduleDate"]
    asked = [{"namespace": "team", "flowId": "hello"}, {"namespace": "team", "flowId": "never"}]
    assert [one["id"] for one in api.post("executions/latest", asked)] == [record["id"]]
    assert api.get(f"outputs/{record['id']}") == []
    assert api("GET", f"outputs/{record['id']}/nothing").status_code == 404


def test_schemas_tell_flows_tasks_and_triggers(api: Api):
    assert "tasks" in api.get("plugins/schemas/flow")["required"]
    assert "io.kestra.plugin.core.log.Log" in api.get("plugins/schemas/task")["properties"]["type"]["enum"]
    assert "io.kestra.plugin.core.trigger.Schedule" in api.get("plugins/schemas/trigger")["$defs"]
    assert {"name": "secret"}.items() <= next(
        one for one in api.get("pebble/functions") if one["name"] == "secret"
    ).items()
    assert "upper" in api.get("pebble/filters")


def test_a_text_is_a_graph_without_being_stored(api: Api, caller: str):
    graph = api.post("flows/graph", CALLER)
    assert edges(graph) == edges(api.get("flows/team/caller/graph"))
    begun = api.post("flows/graph", "id: new\ntasks:\n  - id: only\n    type: not.yet.Known\n")
    assert ("root.root", "root.only", "SEQUENTIAL") in edges(begun)
    assert api("POST", "flows/graph", "id: [").status_code == 422
    assert api("POST", "flows/graph", "- a").status_code == 422
    assert api("POST", "flows/graph", "").status_code == 200
