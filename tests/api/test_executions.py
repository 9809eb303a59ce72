"""Executions over the API: started, read and found."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from builder.api.execution_json import state_json
from builder.engine.states import State
from builder.runtime.files import storage
from tests.api.conftest import HELLO, Api

FILE = """\
id: files
namespace: team
inputs:
  - {id: paper, type: FILE}
tasks:
  - {id: say, type: io.kestra.plugin.core.log.Log, message: "{{ inputs.paper }}"}
"""


def test_an_execution_is_a_row_a_ring_and_kestras_record(api: Api, hello: str, rung: list[str]):
    record = api.form("executions/team/hello?labels=a:b:c&labels=d:e", {"name": "Ada"}).json()
    assert rung == [record["id"]]
    assert record["inputs"] == {"name": "Ada"}
    assert record["state"]["current"] == "CREATED"
    assert record["state"]["histories"] == [{"state": "CREATED", "date": record["state"]["startDate"]}]
    assert (record["namespace"], record["flowId"], record["flowRevision"]) == ("team", "hello", 1)
    assert {"key": "a", "value": "b:c"} in record["labels"]
    assert {"key": "system.correlationId", "value": record["id"]} in record["labels"]
    assert record["url"] == f"http://testserver/executions/{record['id']}"
    assert api.get(f"executions/{record['id']}") == record


def test_no_body_at_all_takes_the_defaults(api: Api, hello: str):
    assert api.post("executions/team/hello", kind="application/octet-stream")["inputs"] == {"name": "World"}


def test_inputs_may_come_as_json(api: Api, hello: str):
    assert api.post("executions/team/hello", {"name": "Ada"})["inputs"] == {"name": "Ada"}


def test_the_old_address_works_too(api: Api, hello: str):
    assert api.form("executions/trigger/team/hello").json()["flowId"] == "hello"


def test_a_files_name_is_its_input(api: Api, settings: Any, tmp_path: Any):
    settings.MEDIA_ROOT = str(tmp_path)
    api.post("flows", FILE)
    record = api.form("executions/team/files", {"files": SimpleUploadedFile("paper", b"words")}).json()
    assert storage.read(record["inputs"]["paper"], [record["id"]]) == b"words"


def test_a_files_part_may_name_the_input(api: Api, settings: Any, tmp_path: Any):
    settings.MEDIA_ROOT = str(tmp_path)
    api.post("flows", FILE)
    record = api.form("executions/team/files", {"paper": SimpleUploadedFile("a.txt", b"words")}).json()
    assert record["inputs"]["paper"].endswith("/a.txt")


def test_a_file_whose_part_and_name_both_name_inputs_goes_to_that_of_its_part(api: Api, settings: Any, tmp_path: Any):
    settings.MEDIA_ROOT = str(tmp_path)
    api.post("flows", FILE.replace("tasks:", "  - {id: other, type: FILE, required: false}\ntasks:"))
    record = api.form("executions/team/files", {"paper": SimpleUploadedFile("other", b"words")}).json()
    assert record["inputs"] == {"paper": f"kestra:///team/files/executions/{record['id']}/inputs/paper/other",
                                "other": None}  # fmt: skip


def test_a_check_of_inputs_says_which_values_are_defaults(api: Api):
    inputs = "inputs:\n  - {id: a, type: INT, defaults: 1}\n  - {id: b, type: INT, defaults: 2}\n"
    api.post("flows", FILE.replace("inputs:\n", inputs + "  - {id: c, type: INT, required: false}\n")
             .replace("  - {id: paper, type: FILE}\n", "").replace("{{ inputs.paper }}", "hi"))  # fmt: skip
    found = api.form("executions/team/files/validate", {"b": "2"}).json()["inputs"]
    assert [(one["value"], one["isDefault"]) for one in found] == [(1, True), (2, False), (None, False)]


def test_an_execution_can_wait_for_its_date(api: Api, hello: str, rung: list[str]):
    api.form("executions/team/hello?scheduleDate=2099-01-01T00:00:00Z")
    assert rung == []


def test_an_old_revision_can_be_run(api: Api, hello: str):
    api("PUT", "flows/team/hello", HELLO.replace("Hello", "Hi"))
    assert api.form("executions/team/hello?revision=1").json()["flowRevision"] == 1
    assert api.form("executions/team/hello?revision=7").status_code == 404


def test_missing_flows_and_disabled_flows_do_not_run(api: Api, hello: str):
    assert api.form("executions/team/nothing").status_code == 404
    api.post("flows/disable/by-ids", [{"namespace": "team", "id": "hello"}])
    assert api.form("executions/team/hello").status_code == 409


def test_inputs_that_do_not_fit_are_named(api: Api):
    api.post("flows", HELLO.replace("type: STRING\n    defaults: World", "type: INT"))
    answer = api.form("executions/team/hello", {"name": "many"})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("Invalid input for `name`")
    assert answer.json()["message"] == f"Invalid entity: name: {answer.json()['detail']}"
    found = api.form("executions/team/hello/validate", {"name": "many"}).json()
    assert found["inputs"][0]["input"]["id"] == "name"
    assert found["inputs"][0]["errors"][0]["message"] == answer.json()["detail"]
    assert api.form("executions/team/hello/validate", {"name": "3"}).json()["inputs"][0]["value"] == 3


def test_a_secret_input_is_never_shown(api: Api):
    api.post("flows", HELLO.replace("type: STRING\n    defaults: World", "type: SECRET"))
    record = api.form("executions/team/hello", {"name": "tell nobody"}).json()
    assert record["inputs"] == {"name": "******"}
    assert "tell nobody" not in api("GET", f"executions/{record['id']}").content.decode()


def test_executions_are_found_by_everything(api: Api, hello: str):
    first = api.form("executions/team/hello?labels=a:b").json()
    second = api.form("executions/team/hello").json()
    assert [one["id"] for one in api.get("executions/search")["results"]] == [second["id"], first["id"]]
    assert api.get("executions/search?size=1&page=2")["results"][0]["id"] == first["id"]
    year = datetime.now(UTC).year
    for query, count in {
        "namespace=te": 0, "namespace=team": 2, "flowId=hello": 2, "flowId=x": 0, "state=CREATED": 2,
        "state=FAILED,KILLED": 0, "state=FAILED&state=CREATED": 2, "labels=a:b": 1, "q=hell": 2,
        f"startDate={year}-01-01T00:00:00Z": 2, f"endDate={year}-01-01T00:00:00Z": 0, "timeRange=PT1H": 2,
        "childFilter=MAIN": 2, "childFilter=CHILD": 0, f"triggerExecutionId={first['id']}": 0,
        f"startDate={year}-01-01T00:00:00.000%2B02:00": 2,
    }.items():  # fmt: skip
        assert api.get(f"executions/search?{query}")["total"] == count, query
    for query, count in {
        "filters[namespace][PREFIX]=team": 2, "filters[namespace][EQUALS]=tea": 0, "filters[labels][EQUALS][a]=b": 1,
        "filters[state][IN]=CREATED,FAILED&filters[flowId][EQUALS]=hello": 2, "filters[q][EQUALS]=nothing": 0,
        f"filters[startDate][GREATER_THAN_OR_EQUAL_TO]={year}-01-01T00:00:00Z": 2,
        f"filters[startDate][LESS_THAN]={year}-01-01T00:00:00Z": 0, "filters[endDate][GREATER_THAN]=2000-01-01": 0,
        "filters[flowId][IN]=hello,x": 2, "filters[flowId][NOT_IN]=hello,x": 0, "filters[flowId][CONTAINS]=ELL": 2,
        "filters[flowId][REGEX]=^h.*o$": 2, "filters[namespace][STARTS_WITH]=te": 2,
        "filters[namespace][NOT_EQUALS]=team": 0, "filters[namespace][ENDS_WITH]=m": 2,
        "filters[state][NOT_EQUALS]=CREATED": 0, "filters[labels][NOT_EQUALS][a]=b": 1,
        "filters[labels][EQUALS]=a:b": 1, f"filters[id][EQUALS]={first['id']}": 1,
        "filters[scope][EQUALS]=USER": 2,
    }.items():  # fmt: skip
        assert api.get(f"executions/search?{query}")["total"] == count, query
    for query in (
        "filters[x][EQUALS]=1", "filters[state][REGEX]=1", "filters[state]=1", "filters[",
        "filters[startDate][EQUALS]=x",
    ):  # fmt: skip
        assert api("GET", f"executions/search?{query}").status_code == 400
    assert api("GET", "executions/search?filters[flowId][REGEX]=(").status_code == 422
    assert api.get("executions?namespace=team&flowId=hello")["total"] == 2


def test_the_flow_of_an_execution_is_the_one_it_ran(api: Api, hello: str):
    record = api.form("executions/team/hello").json()
    api("PUT", "flows/team/hello", HELLO.replace("Hello", "Hi"))
    assert api.get(f"executions/{record['id']}/flow")["source"] == HELLO


def test_what_processes_with_different_clocks_wrote_lasts_no_less_than_nothing():
    ended = datetime(2027, 1, 1, tzinfo=UTC)
    history = ((State.CREATED, ended + timedelta(hours=2)), (State.SUCCESS, ended))
    assert state_json(history)["duration"] == "PT0S"


def test_the_values_of_a_field_are_listed_for_the_executions_of_a_filter(api: Api, hello: str):
    for _ in range(2):
        api.form("executions/team/hello")
    assert api.get("executions/distinct-field-values?field=NAMESPACE") == ["team"]
    assert api.get("executions/distinct-field-values?field=flowId") == ["hello"]
    assert api.get("executions/distinct-field-values?field=FLOW_ID&filters[namespace][EQUALS]=other") == []
    assert api.get("executions/distinct-field-values?field=state&filters[state][IN]=CREATED,FAILED") == ["CREATED"]
    assert api.get("executions/distinct-field-values?field=triggerExecutionId") == []
    for query in ("", "?field=labels", "?field=state&size=0"):
        assert api("GET", f"executions/distinct-field-values{query}").status_code == 422
