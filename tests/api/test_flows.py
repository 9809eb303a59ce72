"""Flows over the API: made, read, changed, deleted, checked and found."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.api.conftest import HELLO, Api

TWO = HELLO + "---\n" + HELLO.replace("id: hello", "id: other")
BROKEN = "id: bad\nnamespace: team\ntasks:\n  - id: a\n    type: io.kestra.plugin.core.log.Lug\n"


def test_a_flow_is_created_from_yaml(api: Api):
    made = api.post("flows", HELLO)
    assert (made["id"], made["namespace"], made["revision"], made["deleted"]) == ("hello", "team", 1, False)
    assert made["source"] == HELLO
    assert made["labels"] == [{"key": "kind", "value": "greeting"}]
    assert made["tasks"][0]["message"] == "Hello {{ inputs.name }}"


def test_a_flow_is_created_from_json_and_its_text_is_yaml(api: Api):
    task = {"id": "say", "type": "io.kestra.plugin.core.log.Log", "message": "one\ntwo"}
    made = api.post("flows", {"id": "j", "namespace": "team.sub", "disabled": False, "tasks": [task]})
    assert made["tasks"] == [task]
    assert "message: |-\n" in made["source"]


def test_several_flows_are_created_all_or_none(api: Api):
    assert [one["id"] for one in api.post("flows", TWO)] == ["hello", "other"]
    assert api("POST", "flows", HELLO.replace("hello", "third") + "---\n" + HELLO).status_code == 409
    assert api("GET", "flows/team/third").status_code == 404


def test_a_flow_that_exists_is_not_created_again(api: Api, hello: str):
    answer = api("POST", "flows", HELLO)
    assert answer.status_code == 409
    assert answer.json()["message"] == "Flow id already exists"
    assert answer["Content-Type"] == "application/problem+json"


def test_a_bad_flow_is_refused_with_all_its_problems(api: Api):
    answer = api("POST", "flows", BROKEN)
    assert answer.status_code == 422
    assert answer.json()["message"].startswith("Invalid entity: tasks")
    assert answer.json()["problems"][0]["line"] == 5


def test_the_source_and_old_revisions_are_read_on_request(api: Api, hello: str):
    changed = HELLO.replace("Hello", "Good day")
    assert api("PUT", "flows/team/hello", changed).json()["revision"] == 2
    assert "source" not in api.get("flows/team/hello")
    assert api.get("flows/team/hello?source=true")["source"] == changed
    assert api.get("flows/team/hello?source=true&revision=1")["source"] == HELLO
    assert [one["revision"] for one in api.get("flows/team/hello/revisions")] == [1, 2]


def test_an_update_may_not_rename_the_flow(api: Api, hello: str):
    answer = api("PUT", "flows/team/hello", HELLO.replace("id: hello", "id: renamed"))
    assert answer.status_code == 422
    assert "Illegal flow id update" in answer.json()["message"]


def test_a_deleted_flow_is_read_only_when_asked_for(api: Api, hello: str):
    assert api("DELETE", "flows/team/hello").status_code == 204
    assert api("GET", "flows/team/hello").status_code == 404
    assert api.get("flows/team/hello?allowDeleted=true&source=true")["deleted"] is True
    assert api("DELETE", "flows/team/hello").status_code == 404


def test_flows_are_listed_and_found(api: Api):
    api.post("flows", TWO)
    api.post("flows", HELLO.replace("namespace: team", "namespace: team.sub"))
    assert [one["id"] for one in api.get("flows/team")] == ["hello", "other"]
    found = api.get("flows/search?namespace=team&size=2&sort=id:desc")
    assert (found["total"], [one["id"] for one in found["results"]]) == (3, ["other", "hello"])
    assert api.get("flows/search?q=oth")["total"] == 1
    assert api.get("flows/search?filters[namespace][EQUALS]=team")["total"] == 2
    assert api.get("flows/search?labels=kind:greeting")["total"] == 3
    assert api.get("flows/search?labels=kind:other")["total"] == 0
    assert api.get("flows/distinct-namespaces") == ["team", "team.sub"]
    assert api.get("flows/source?q=hello%20%7B%7B")["results"][0]["fragments"] == [
        'message: "[mark]Hello {{[/mark] inputs.name }}"'
    ]


def test_validation_answers_in_kestras_shape_for_each_flow(api: Api, hello: str):
    good, bad = api.post("flows/validate", HELLO + "---\n" + BROKEN)
    assert good["constraints"] is None
    assert (good["flow"], good["namespace"], good["index"], good["outdated"]) == ("hello", "team", 0, False)
    assert (good["warnings"], good["infos"], good["deprecationPaths"]) == ([], [], [])
    assert bad["index"] == 1
    assert bad["constraints"].startswith("tasks[0].type: ")
    assert bad["problems"][0]["hint"]


@pytest.mark.parametrize("name", ["[hello]", "{hello: 1}"])
def test_a_flow_whose_id_is_no_text_is_told_among_others(api: Api, name: str):
    bad, good = api.post("flows/validate", HELLO.replace("id: hello", f"id: {name}") + "---\n" + HELLO)
    assert bad["constraints"].startswith("id: ") and good["constraints"] is None


def test_flows_that_are_checked_together_know_each_other(api: Api):
    def after(name: str, other: str) -> str:
        waits = f"{{id: t, type: io.kestra.plugin.core.trigger.Flow, dependsOn: [{{flowId: {other}}}]}}"
        return HELLO.replace("id: hello", f"id: {name}") + f"triggers:\n  - {waits}\n"

    found = api.post("flows/validate", after("ping", "pong") + "---\n" + after("pong", "ping"))
    assert [len(one["warnings"]) for one in found] == [1, 1]
    assert "start each other in a circle: the end of team.ping starts team.pong" in found[0]["warnings"][0]


def test_bulk_creates_and_updates(api: Api, hello: str):
    assert [(one["id"], one["revision"]) for one in api.post("flows/bulk", TWO.replace("Hello {{", "Hi {{"))] == [
        ("hello", 2),
        ("other", 1),
    ]


def test_files_are_imported(api: Api):
    texts = (TWO, HELLO.replace("hello", "c"))
    files = [SimpleUploadedFile("same.yaml", text.encode()) for text in texts]
    made = api.form("flows/import", {"fileUpload": files}).json()
    assert sorted(one["id"] for one in made) == ["c", "hello", "other"]
    assert api.form("flows/import", {"fileUpload": "text"}).status_code == 422
    assert api.form("flows/import", {"fileUpload": SimpleUploadedFile("a.zip", b"PK\xff")}).status_code == 422


def test_flows_are_switched_and_deleted_by_name(api: Api, hello: str):
    named = [{"namespace": "team", "id": "hello"}]
    assert api.post("flows/disable/by-ids", named) == {"count": 1}
    assert api.get("flows/team/hello")["disabled"] is True
    assert api.post("flows/enable/by-ids", named) == {"count": 1}
    assert api("DELETE", "flows/delete/by-ids", named).json() == {"count": 1}


def test_names_may_hold_dots(api: Api):
    api.post("flows", HELLO.replace("namespace: team", "namespace: a.b.c").replace("id: hello", "id: v1.2"))
    assert api.get("flows/a.b.c/v1.2")["id"] == "v1.2"


def test_old_revisions_are_deleted_but_the_latest(api: Api, hello: str):
    for number in (2, 3):
        api("PUT", "flows/team/hello", HELLO + f"description: number {number}\n")
    assert api("DELETE", "flows/team/hello/revisions?revisions=1").status_code == 204
    answer = api("DELETE", "flows/team/hello/revisions?revisions=2,3")
    assert answer.status_code == 409 and "Revision 3 of the flow" in answer.json()["message"]
    assert [one["revision"] for one in api.get("flows/team/hello/revisions")] == [3]
    assert api("DELETE", "flows/team/hello/revisions").status_code == 422
    assert api("DELETE", "flows/team/nothing/revisions?revisions=1").status_code == 404
