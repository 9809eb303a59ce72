"""What can be done with executions over the API; a real runner drives them where they must move."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction

from builder.api.executions import dependents
from builder.engine.states import State
from builder.runtime import queue
from builder.runtime.files import storage
from builder.runtime.runner.runner import Runner
from builder.store import executions
from tests.api.conftest import Api
from tests.runtime.conftest import ended, runner, wait_until  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db(transaction=True)

PAUSE = """\
id: ask
namespace: team
tasks:
  - id: wait
    type: io.kestra.plugin.core.flow.Pause
    onResume:
      - {id: answer, type: INT}
  - {id: say, type: io.kestra.plugin.core.debug.Return, format: "{{ outputs.wait.onResume.answer }}"}
"""
FAIL = """\
id: fail
namespace: team
inputs:
  - {id: who, type: STRING, defaults: World}
tasks:
  - {id: first, type: io.kestra.plugin.core.debug.Return, format: "Hello {{ inputs.who }}"}
  - {id: second, type: io.kestra.plugin.core.execution.Fail}
"""
REVIEW = """\
id: review
namespace: team
tasks:
  - id: both
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
      - id: money
        type: io.kestra.plugin.core.flow.Approval
        commentRequired: ON_DENY
        denyBehavior: CONTINUE
        inputs:
          - {id: amount, type: INT}
      - {id: rest, type: io.kestra.plugin.core.flow.Pause}
"""
Start = Callable[[str], dict[str, Any]]


@pytest.fixture
def start(api: Api, runner: Runner) -> Start:  # noqa: F811
    def begin(flow: str) -> dict[str, Any]:
        if api("GET", f"flows/team/{flow}").status_code == 404:
            api.post("flows", {"ask": PAUSE, "fail": FAIL, "review": REVIEW}[flow])
        record = api.form(f"executions/team/{flow}").json()
        runner.take([record["id"]])
        return record

    return begin


def is_paused(execution_id: str) -> bool:
    item = executions.item(execution_id)
    return item.state is State.PAUSED and not item.owner


def failed(api: Api, start: Start) -> dict[str, Any]:
    record = start("fail")
    assert ended(record["id"]).state is State.FAILED
    return api.get(f"executions/{record['id']}")


def test_a_record_tells_runs_attempts_and_states(api: Api, start: Start):
    record = failed(api, start)
    assert record["state"]["current"] == "FAILED"
    assert record["state"]["duration"].startswith("PT")
    assert record["state"]["endDate"] == record["state"]["histories"][-1]["date"]
    first, second = record["taskRunList"]
    assert (first["taskId"], first["outputs"]) == ("first", {"value": "Hello World"})
    assert (first["executionId"], first["flowId"]) == (record["id"], "fail")
    assert [at["state"] for at in first["attempts"][0]["state"]["histories"]] == ["CREATED", "RUNNING", "SUCCESS"]
    assert second["state"]["current"] == "FAILED"


def test_a_failed_execution_is_restarted_and_replayed(api: Api, start: Start, runner: Runner):  # noqa: F811
    record = failed(api, start)
    assert api.post(f"executions/{record['id']}/restart")["state"]["current"] == "RESTARTED"
    runner.take([record["id"]])
    assert ended(record["id"]).state is State.FAILED
    run = record["taskRunList"][1]["id"]
    copy = api.post(f"executions/{record['id']}/replay?taskRunId={run}")
    assert (copy["parentId"], copy["originalId"]) == (record["id"], record["id"])
    assert [one["state"]["current"] for one in copy["taskRunList"]] == ["SUCCESS", "RESTARTED"]
    other = api.form(f"executions/{record['id']}/replay-with-inputs", {"who": "Ada"}).json()
    assert other["inputs"] == {"who": "Ada"}
    assert api.form(f"executions/{record['id']}/replay?taskRunId=nothing").status_code == 404


def test_a_paused_execution_asks_for_its_answer_and_goes_on(api: Api, start: Start, runner: Runner):  # noqa: F811
    record = start("ask")
    wait_until(lambda: is_paused(record["id"]))
    path = f"executions/{record['id']}/resume"
    assert api.form(f"{path}/validate").json()["inputs"][0]["errors"]
    assert api.form(path, {"answer": "many"}).status_code == 422
    assert api.form(f"{path}/validate", {"answer": "42"}).json()["inputs"][0]["value"] == 42
    assert api.form(path, {"answer": "42"}).status_code == 204
    runner.take([record["id"]])
    assert ended(record["id"]).runs["say"].outputs == {"value": "42"}


def test_a_review_wants_a_decision_a_reason_and_its_inputs(api: Api, start: Start, runner: Runner):  # noqa: F811
    record = start("review")
    wait_until(lambda: is_paused(record["id"]))
    path = f"executions/{record['id']}/actions/review"
    assert api.form(path, {"amount": "3"}).status_code == 422
    assert api.form(path, {"decision": "MAYBE", "amount": "3"}).status_code == 422
    assert api.form(path, {"decision": "DENY", "amount": "3"}).status_code == 422
    assert api.form(path, {"decision": "APPROVE", "amount": "much"}).status_code == 422
    rest = {"decision": "APPROVE"}
    assert api.form(f"{path}?taskRunId=both/rest", rest).status_code == 409
    assert api.form(path, {"decision": "DENY", "comment": "Too much.", "amount": "3"}).status_code == 204
    assert api.form(f"executions/{record['id']}/resume?taskRunId=both/rest").status_code == 204
    runner.take([record["id"]])
    outputs = ended(record["id"]).runs["both/money"].outputs or {}
    assert (outputs["decision"], outputs["comment"], outputs["inputs"]) == ("DENIED", "Too much.", {"amount": 3})


def test_a_paused_execution_is_killed(api: Api, start: Start, runner: Runner):  # noqa: F811
    record = start("ask")
    wait_until(lambda: is_paused(record["id"]))
    assert api("DELETE", f"executions/{record['id']}/kill").status_code == 202
    runner.take([record["id"]])
    assert ended(record["id"]).state is State.KILLED
    assert api("DELETE", f"executions/{record['id']}/kill").status_code == 409
    assert api.form(f"executions/{record['id']}/resume", {"answer": "1"}).status_code == 409


def test_a_task_run_is_marked(api: Api, start: Start):
    record = failed(api, start)
    run = record["taskRunList"][1]["id"]
    marked = api.post(f"executions/{record['id']}/state", {"taskRunId": run, "state": "SUCCESS"})
    assert marked["state"]["current"] == "RESTARTED"
    assert api("POST", f"executions/{record['id']}/state", {"taskRunId": run, "state": "GOOD"}).status_code == 422


def test_an_ended_execution_is_labelled_and_deleted(api: Api, start: Start):
    record = failed(api, start)
    labels = api.post(f"executions/{record['id']}/actions/labels", [{"key": "seen", "value": True}])["labels"]
    assert {"key": "seen", "value": "true"} in labels
    assert api("POST", f"executions/{record['id']}/labels", [{"key": "system.x", "value": "y"}]).status_code == 422
    assert api("POST", f"executions/{record['id']}/labels", [{"key": 1}]).status_code == 422
    assert api("DELETE", f"executions/{record['id']}").status_code == 204
    assert api("GET", f"executions/{record['id']}").status_code == 404


def test_expressions_are_tried_on_an_execution(api: Api, start: Start, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SECRET_KEY_OF_MINE", "bm9ib2R5IHNlZXM=")
    record = failed(api, start)
    path = f"executions/{record['id']}/eval"

    def tried(expression: str, run: str = "") -> dict[str, Any]:
        return api.post(f"{path}/{run}" if run else path, expression, "text/plain")

    assert tried("{{ outputs.first.value | upper }}")["result"] == "HELLO WORLD"
    assert tried("{{ taskrun.attemptsCount }}", record["taskRunList"][0]["id"])["result"] == "1"
    assert tried("{{ secret('KEY_OF_MINE') }} {{ secret('KEY_OF_MINE') | base64encode }}")["result"] == (
        "****** KioqKioq"
    )
    assert "nothing" in tried("{{ nothing.here }}")["error"]
    assert tried("{{ 1 +")["result"] is None
    assert api("POST", f"{path}/nothing", "x").status_code == 404


def test_many_are_done_at_once_and_what_cannot_be_is_named(api: Api, start: Start):
    one, two = failed(api, start), failed(api, start)
    assert api.post("executions/restart/by-ids", [one["id"]]) == {"count": 1}
    answer = api("DELETE", "executions/by-ids", [one["id"], two["id"], "nothing"])
    assert answer.status_code == 400
    assert answer.json()["count"] == 1 + 1
    assert [found["invalidValue"] for found in answer.json()["invalids"]] == [one["id"]]


def test_many_are_found_and_done(api: Api, start: Start):
    failed(api, start)
    assert api.post("executions/replay/by-query?state=FAILED&flowId=fail") == {"count": 1}
    assert api("DELETE", "executions/by-query?state=FAILED").json() == {"count": 1}
    assert api.get("executions/search")["total"] == 1


@pytest.mark.parametrize("query", ["", "?stat=FAILED", "?q=", "?state=", "?namespace=&flowId="])
def test_a_query_that_filters_nothing_does_nothing(api: Api, query: str):
    assert api("DELETE", f"executions/by-query{query}").status_code == 422


def test_a_file_is_downloaded_by_its_execution_alone(api: Api, start: Start):
    record = failed(api, start)
    uri = storage.put(record["id"], "a.txt", b"words")
    answer = api("GET", f"executions/{record['id']}/file?path={uri}")
    assert b"".join(answer) == b"words"  # type: ignore[call-overload]
    assert "attachment" in answer["Content-Disposition"]
    answer.close()
    assert api.get(f"executions/{record['id']}/file/metas?path={uri}") == {"size": 5}
    other = failed(api, start)
    assert api("GET", f"executions/{other['id']}/file?path={uri}").status_code == 403
    assert api("GET", f"executions/{other['id']}/file?path=kestra:///../etc/passwd").status_code == 404
    assert api("GET", f"executions/{other['id']}/file").status_code == 404


def test_logs_and_metrics_are_read(api: Api, start: Start):
    record = failed(api, start)
    lines = api.get(f"logs/{record['id']}")
    assert {line["taskId"] for line in lines} == {"second"}
    assert lines[0]["level"] == "ERROR" and lines[0]["attemptNumber"] == 0
    assert api.get(f"logs/{record['id']}?taskId=first") == []
    assert len(api.get(f"logs/{record['id']}?attempt=0&minLevel=error&taskRunId={lines[0]['taskRunId']}")) == len(lines)
    assert lines[0]["message"] in api("GET", f"logs/{record['id']}/download").content.decode()
    found = api.get("logs/search?minLevel=ERROR&namespace=team&flowId=fail&size=1")
    assert found["results"][0]["executionId"] == record["id"]
    assert api("GET", f"logs/{record['id']}?minLevel=LOUD").status_code == 422
    assert api("GET", f"logs/{record['id']}?attempt=-1").status_code == 422
    assert api("GET", "logs/nothing").status_code == 404
    assert api.get(f"metrics/{record['id']}")["total"] >= 0
    assert api("DELETE", f"logs/{record['id']}").status_code == 204
    assert api.get(f"logs/{record['id']}") == []


def streamed(answer: Any) -> str:
    """All that an answer sends, as a server in an event loop would send it."""

    async def read() -> str:
        return b"".join([part async for part in answer.streaming_content]).decode()

    return async_to_sync(read)()


def events(api: Api, path: str) -> list[tuple[str, dict[str, Any]]]:
    """The name and the data of each event, pings left out."""
    answer = api("GET", path)
    assert answer["Content-Type"] == "text/event-stream"
    parts = [part for part in streamed(answer).split("\n\n") if part.startswith("id: ")]
    return [(part.split("\n")[0][4:], json.loads(part.split("\n")[1][6:])) for part in parts]


def test_an_execution_is_followed_to_its_end(api: Api, start: Start):
    record = start("fail")
    found = events(api, f"executions/{record['id']}/follow")
    assert {name for name, _ in found[:-1]} <= {"progress"}
    assert found[-1][0] == "end"
    assert found[-1][1]["state"]["current"] == "FAILED"
    assert [run["taskId"] for run in found[-1][1]["taskRunList"]] == ["first", "second"]
    assert api("GET", "executions/nothing/follow").status_code == 404


CALLS = """\
id: {id}
namespace: team
tasks:
  - {{id: call, type: io.kestra.plugin.core.flow.Subflow, namespace: team, flowId: {called}, runIf: "{{{{ false }}}}"}}
"""


def test_what_goes_with_an_execution_is_followed_until_nothing_can_follow(api: Api, runner: Runner):  # noqa: F811
    for text in (FAIL, CALLS.format(id="middle", called="fail"), CALLS.format(id="outer", called="middle")):
        api.post("flows", text)
    first = api.form("executions/team/outer").json()
    together = f"?labels=system.correlationId:{first['id']}"
    others = [api.form(f"executions/team/{flow}{together}").json() for flow in ("middle", "fail")]
    for record in (first, *others):
        runner.take([record["id"]])
        ended(record["id"])
    (start, *told, (last, nothing)) = events(api, f"executions/{first['id']}/follow-dependencies?expandAll=true")
    assert start == ("start", {"executionId": first["id"]}) and (last, nothing) == ("end-all", start[1])
    assert {name for name, _ in told} == {"end"}
    assert {(one["flowId"], one["state"]["current"]) for _, one in told} == {
        ("outer", "SUCCESS"), ("middle", "SUCCESS"), ("fail", "FAILED")
    }  # fmt: skip
    assert {one["tenantId"] for _, one in told} == {"main"} and {one["namespace"] for _, one in told} == {"team"}
    beside = events(api, f"executions/{first['id']}/follow-dependencies")
    assert {one["flowId"] for name, one in beside if name == "end"} == {"outer", "middle"}
    child = next(one["executionId"] for _, one in told if one["flowId"] == "middle")
    after = events(api, f"executions/{child}/follow-dependencies?destinationOnly=true&expandAll=true")
    assert {one["flowId"] for name, one in after if name == "end"} == {"middle", "fail"}
    assert api("GET", "executions/nothing/follow-dependencies").status_code == 404


def test_an_execution_that_still_moves_is_followed_with_those_beside_it(
    api: Api, start: Start, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(dependents, "LOOK_SECONDS", 0.02)
    record = start("ask")
    wait_until(lambda: is_paused(record["id"]))
    looked = []

    def kill_at_the_second_look(ids: Any, **more: Any) -> Any:
        looked.append(ids)
        if len(looked) == 2:
            assert api("DELETE", f"executions/{record['id']}/kill").status_code == 202
        return load_many(ids, **more)

    load_many = executions.load_many
    monkeypatch.setattr(executions, "load_many", kill_at_the_second_look)
    found = events(api, f"executions/{record['id']}/follow-dependencies")
    names = [name for name, _ in found]
    assert names[:2] == ["start", "progress"] and names[-2:] == ["end", "end-all"]
    assert [one["state"]["current"] for name, one in found if name in ("progress", "end")][-1] == "KILLED"


def test_logs_are_followed_to_the_end(api: Api, start: Start):
    record = start("fail")
    *lines, (last, _) = events(api, f"logs/{record['id']}/follow?minLevel=ERROR")
    assert last == "end"
    assert lines[0][1]["taskId"] == "second"


def test_a_start_may_wait_for_the_end(api: Api, runner: Runner, monkeypatch: pytest.MonkeyPatch):  # noqa: F811
    monkeypatch.setattr(queue, "ring_on_commit", lambda ids: transaction.on_commit(lambda: runner.take(ids)))
    api.post("flows", FAIL)
    record = json.loads(streamed(api.form("executions/team/fail?wait=true")))
    assert record["state"]["current"] == "FAILED"
    assert len(record["taskRunList"]) == 2


def test_an_end_is_changed_alone_or_in_bulk(api: Api, start: Start) -> None:
    one, other = failed(api, start), failed(api, start)
    record = api("POST", f"executions/{one['id']}/change-status?status=SUCCESS").json()
    assert record["state"]["current"] == "SUCCESS"
    assert api("POST", f"executions/{one['id']}/change-status?status=LOST").status_code == 422
    answer = api("POST", "executions/change-status/by-query?flowId=fail&state=FAILED&newStatus=CANCELLED")
    assert answer.json() == {"count": 1}
    assert executions.item(other["id"]).state is State.CANCELLED
    assert api("POST", f"executions/{one['id']}/force-run").status_code == 422


def test_a_validation_tells_the_checks_that_do_not_hold(api: Api) -> None:
    api.post("flows", FAIL + "checks: [{when: \"{{ inputs.who == 'Ann' }}\", message: Only Ann}]\n")
    answer = api.form("executions/team/fail/validate").json()
    assert answer["checks"] == [{"message": "Only Ann", "style": "INFO", "behavior": "BLOCK_EXECUTION"}]
    assert api.form("executions/team/fail/validate", {"who": "Ann"}).json()["checks"] == []
    assert api.form("executions/team/fail").status_code == 422
