"""Triggers over the API: their state is changed one by one, as a list or by a search; backfills come and go."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from builder.actions import flows
from builder.clock import FixedClock, SystemClock
from builder.engine.states import State
from builder.store import executions, triggers
from builder.store.executions import NewExecution
from builder.store.triggers import history
from builder.triggers.schedule import backfilling
from builder.triggers.schedule.backfilling import run_backfills
from tests.api.conftest import Api
from tests.store.conftest import NOW, an_execution

FLOW = """\
id: nightly
namespace: team
inputs:
  - {id: size, type: INT, defaults: 1}
tasks:
  - {id: say, type: io.kestra.plugin.core.log.Log, message: hi}
triggers:
  - {id: night, type: io.kestra.plugin.core.trigger.Schedule, cron: "30 2 * * *", allowConcurrent: true}
  - {id: call, type: io.kestra.plugin.core.trigger.Webhook, key: 4wjtkzwVGBM9yKnjm3yv8r}
"""
NAMED = {"namespace": "team", "id": "nightly"}
NIGHT = {"namespace": "team", "flowId": "nightly", "triggerId": "night"}
BACKFILL = {"start": "2021-03-26T00:00:00Z", "end": "2021-03-30T00:00:00Z", "inputs": {"size": 2},
            "labels": [{"key": "why", "value": "late"}]}  # fmt: skip


@pytest.fixture
def api(api: Api) -> Api:
    api.post("flows", FLOW)
    return api


def night(api: Api) -> Any:
    (state,) = [one["state"] for one in api.get("triggers/search?triggerId=night")["results"]]
    return state


@pytest.mark.parametrize("address", ["triggers/backfill/create", "triggers"])
def test_a_backfill_comes_goes_on_and_is_given_up(api: Api, address: str):
    made = api("PUT", address, {**NIGHT, "backfill": BACKFILL})
    assert made.status_code == 200, made.content
    assert (made.json()["backfill"]["total"], made.json()["backfill"]["paused"]) == (4, False)
    assert api("PUT", "triggers/backfill/pause", NIGHT).json()["backfill"]["paused"] is True
    assert run_backfills(SystemClock()) == 0
    assert api("PUT", "triggers/backfill/unpause", NIGHT).json()["backfill"]["paused"] is False
    assert run_backfills(SystemClock()) == 1
    assert night(api)["backfill"]["currentDate"] == "2021-03-26T02:30:00Z"
    (found,) = api.get("executions/search?labels=why:late")["results"]
    assert api.get(f"executions/{found['id']}")["inputs"] == {"size": 2}
    assert api("POST", "triggers/backfill/delete", NIGHT).json()["backfill"] is None
    assert run_backfills(SystemClock()) == 0
    assert api.get("triggers/team/nightly/night/slots")["results"][0]["executionId"] == found["id"]


@pytest.mark.parametrize(("changes", "status"), [
    ({"backfill": {**BACKFILL, "start": "soon"}}, 422),
    ({"backfill": {**BACKFILL, "end": "2020-01-01T00:00:00Z"}}, 422),
    ({"backfill": {**BACKFILL, "inputs": []}}, 200),
    ({"backfill": {**BACKFILL, "inputs": [1]}}, 422),
    ({"backfill": {**BACKFILL, "labels": "a"}}, 422),
    ({"backfill": {**BACKFILL, "pace": "slowly"}}, 422),
    ({"backfill": {**BACKFILL, "gapsOnly": "true"}}, 422),
    ({"backfill": {**BACKFILL, "paused": "yes"}}, 422),
    ({"backfill": {**BACKFILL, "gapsonly": True}}, 422),
    ({"backfill": {**BACKFILL, "currentDate": "2021-03-26T00:00:00Z", "total": 4}}, 200),
    ({"backfill": []}, 422),
    ({"backfill": BACKFILL, "triggerId": "call"}, 422),
    ({"backfill": BACKFILL, "triggerId": "nobody"}, 404),
])  # fmt: skip
def test_what_is_no_backfill_is_refused(api: Api, changes: dict[str, Any], status: int):
    assert api("PUT", "triggers/backfill/create", {**NIGHT, **changes}).status_code == status


def test_a_backfill_may_begin_where_the_calendar_does(api: Api):
    first = {**BACKFILL, "start": "0001-01-01T00:00:00Z", "end": "0001-01-03T00:00:00Z"}
    made = api("PUT", "triggers/backfill/create", {**NIGHT, "backfill": first})
    assert (made.status_code, made.json()["backfill"]["total"]) == (200, 1)
    assert made.json()["backfill"]["start"] == "0001-01-02T00:00:00Z"


def test_the_dates_of_a_backfill_are_counted_before_others_have_to_wait(api: Api, monkeypatch: pytest.MonkeyPatch):
    within: list[int] = []
    times_of = backfilling.times_of

    def noted(*given: Any) -> Any:
        within.append(len(connection.savepoint_ids))
        return times_of(*given)

    monkeypatch.setattr(backfilling, "times_of", noted)
    assert api("PUT", "triggers", {**NIGHT, "backfill": BACKFILL}).status_code == 200
    assert within == [0]


def test_what_is_misspelt_is_refused_too_where_a_backfill_is_held(api: Api):
    made = api("PUT", "triggers/backfill/create", {**NIGHT, "backfill": BACKFILL}).json()
    told = api("PUT", "triggers", {**NIGHT, "backfill": {"paused": True, "gapsonly": True}})
    assert told.status_code == 422 and "gapsonly" in told.json()["message"]
    assert night(api)["backfill"] == made["backfill"]


def test_a_second_backfill_is_refused_in_what_it_can_do(api: Api):
    assert api("PUT", "triggers/backfill/pause", NIGHT).status_code == 409
    api("PUT", "triggers/backfill/create", {**NIGHT, "backfill": {**BACKFILL, "paused": True}})
    for address in ("triggers/backfill/create", "triggers"):
        second = api("PUT", address, {**NIGHT, "backfill": {**BACKFILL, "start": "2021-03-28T00:00:00Z"}})
        assert second.status_code == 409 and "has a backfill already" in second.json()["detail"]
        assert night(api)["backfill"]["paused"] is True and night(api)["backfill"]["total"] == 4


def test_a_backfill_goes_on_when_it_is_sent_back_with_paused_changed_as_the_pages_of_kestra_did(api: Api):
    made = api("PUT", "triggers/backfill/create", {**NIGHT, "backfill": {**BACKFILL, "paused": True}}).json()
    for paused in (False, True):
        told = api("PUT", "triggers", {**made, "backfill": {**made["backfill"], "paused": paused}})
        assert told.status_code == 200 and told.json()["backfill"]["paused"] is paused


@pytest.mark.parametrize("other", [
    {"inputs": {"size": 9}}, {"labels": [{"key": "why", "value": "else"}]}, {"gapsOnly": True}, {"pace": "PT1H"},
])  # fmt: skip
def test_what_a_backfill_under_way_cannot_become_is_refused_and_not_left_out(api: Api, other: dict[str, Any]):
    made = api("PUT", "triggers/backfill/create", {**NIGHT, "backfill": BACKFILL}).json()
    told = api("PUT", "triggers", {**NIGHT, "backfill": {**made["backfill"], "paused": True, **other}})
    assert told.status_code == 409 and night(api)["backfill"] == made["backfill"]


@pytest.mark.parametrize(("backfill", "status"), [
    ({"start": "soon"}, 422), ({**BACKFILL, "pace": "often"}, 422), ({**BACKFILL, "inputs": {"nobody": 1}}, 422),
    (BACKFILL, 409),
])  # fmt: skip
def test_a_trigger_stays_off_when_the_backfill_that_is_asked_for_with_it_cannot_be(
    api: Api, backfill: dict[str, Any], status: int
):
    if status == 409:
        api("PUT", "triggers/backfill/create", {**NIGHT, "backfill": {**BACKFILL, "start": "2021-03-27T00:00:00Z"}})
    api("PUT", "triggers", {**NIGHT, "disabled": True})
    told = api("PUT", "triggers", {**NIGHT, "disabled": False, "backfill": backfill})
    assert told.status_code == status and night(api)["disabled"] is True


def test_the_backfill_that_is_asked_for_with_a_switch_goes_before_what_the_trigger_makes_up_for(
    api: Api, monkeypatch: pytest.MonkeyPatch
):
    api("PUT", "flows/team/nightly", FLOW.replace("allow", "recoverMissedSchedules: ALL, allow"))
    with monkeypatch.context() as days_ago:
        days_ago.setattr("builder.actions.triggers._CLOCK", FixedClock(SystemClock().now() - timedelta(days=3)))
        api("PUT", "triggers", {**NIGHT, "disabled": True})
    both = {**NIGHT, "disabled": False, "backfill": BACKFILL}
    assert api("PUT", "triggers", {**both, "recoverMissedSchedules": "ALL"}).status_code == 409
    assert (night(api)["disabled"], night(api)["backfill"]) == (True, None)
    told = api("PUT", "triggers", both).json()
    assert told["disabled"] is False and told["backfill"]["total"] == 4
    assert [one["state"] for one in api.get("triggers/team/nightly/night/slots")["results"]] == ["MISSED"] * 3


def test_the_state_of_a_trigger_is_unlocked_restarted_and_forgotten(api: Api):
    for verb in ("unlock", "restart"):
        assert api("POST", f"triggers/team/nightly/night/{verb}").json()["triggerId"] == "night"
        assert api("POST", f"triggers/team/nightly/nobody/{verb}").status_code == 404
    api("PUT", "triggers/set-disabled", {**NIGHT, "disabled": True})
    assert api("DELETE", "triggers/team/nightly/night").status_code == 204
    assert night(api)["disabled"] is False


def test_many_are_changed_by_a_list_or_by_a_search(api: Api):
    body = {"triggers": [NIGHT], "disabled": True}
    assert api("PUT", "triggers/set-disabled/by-triggers", body).json()["count"] == 1
    assert night(api)["disabled"] is True
    assert api("PUT", "triggers/set-disabled/by-query?namespace=team&disabled=false").json()["count"] == 2
    assert night(api)["disabled"] is False
    assert api("POST", "triggers/unlock/by-query?flowId=nightly").json()["count"] == 2
    assert api("POST", "triggers/restart/by-triggers", [NIGHT]).json()["count"] == 1
    some = api("POST", "triggers/backfill/pause/by-triggers", [NIGHT])
    assert some.status_code == 400 and some.json()["invalids"][0]["invalidValue"] == "team/nightly/night"


@pytest.mark.parametrize("query", ["", "?disabled=true", "?nonsense=1&namespace=team"])
def test_nothing_is_done_to_all_triggers_by_mistake(api: Api, query: str):
    assert api("POST", f"triggers/delete/by-query{query}").status_code == 422


@pytest.mark.parametrize(("recover", "runs"), [({}, 0), ({"recoverMissedSchedules": "LAST"}, 1)])
def test_switched_on_the_times_that_passed_are_missed_or_run(api: Api, recover: dict[str, str], runs: int):
    triggers.set_enabled("team", "nightly", "night", False, SystemClock().now() - timedelta(days=3))
    wrong = api("PUT", "triggers", {**NIGHT, "disabled": False, "recoverMissedSchedules": "some"})
    assert wrong.status_code == 422 and night(api)["disabled"] is True
    assert api("PUT", "triggers", {**NIGHT, "disabled": False, **recover}).json()["disabled"] is False
    assert run_backfills(SystemClock()) == runs
    states = [slot["state"] for slot in api.get("triggers/team/nightly/night/slots")["results"]]
    assert states == ["FIRED"] * runs + ["MISSED"] * (3 - runs)


@pytest.mark.parametrize(("query", "runs"), [("", 0), ("?recoverMissedSchedules=ALL", 1)])
def test_the_same_holds_for_a_flow_that_is_switched_on(
    api: Api, monkeypatch: pytest.MonkeyPatch, query: str, runs: int
):
    monkeypatch.setattr(flows, "_CLOCK", FixedClock(SystemClock().now() - timedelta(days=3)))
    api.post("flows/disable/by-ids", [NAMED])
    monkeypatch.undo()
    assert api("POST", "flows/enable/by-ids?recoverMissedSchedules=some", [NAMED]).status_code == 422
    assert api.post(f"flows/enable/by-ids{query}", [NAMED]) == api.post("flows/enable/by-ids", [NAMED]) == {"count": 1}
    assert run_backfills(SystemClock()) == runs
    states = [slot["state"] for slot in api.get("triggers/team/nightly/night/slots")["results"]]
    assert states.count("MISSED") == 3 - runs and len(states) == 3
    assert api("POST", "flows/enable/by-query?recoverMissedSchedules=ALL").status_code == 422


@pytest.mark.parametrize(("own", "query", "done", "runs"), [
    ("", "", "NONE", 0),
    ("LAST", "", "LAST", 1),
    ("ALL", "?recoverMissedSchedules=NONE", "NONE", 0),
    ("", "?recoverMissedSchedules=ALL", "ALL", 3),
])  # fmt: skip
@pytest.mark.parametrize("way", ["PUT flows/team/nightly", "POST flows/bulk"])
def test_publishing_that_switches_a_schedule_on_says_what_becomes_of_the_times_that_passed(
    api: Api, monkeypatch: pytest.MonkeyPatch, way: str, own: str, query: str, done: str, runs: int
):
    text = FLOW.replace("allowConcurrent: true", f"allowConcurrent: true{own and ', recoverMissedSchedules: ' + own}")
    monkeypatch.setattr(flows, "_CLOCK", FixedClock(SystemClock().now() - timedelta(days=3)))
    api("PUT", "flows/team/nightly", text)
    api("PUT", "flows/team/nightly", text.replace("id: night,", "id: night, disabled: true,"))
    monkeypatch.undo()
    method, address = way.split()
    assert api(method, f"{address}?recoverMissedSchedules=some", text).status_code == 422
    answer = api(method, f"{address}{query}", text)
    (record,) = found if isinstance(found := answer.json(), list) else [found]
    (told,) = record["missedSchedules"]
    assert (told["triggerId"], told["recoverMissedSchedules"], told["count"]) == ("night", done, 3)
    assert sum(run_backfills(SystemClock()) for _ in range(5)) == runs
    states = [slot["state"] for slot in api.get("triggers/team/nightly/night/slots")["results"]]
    assert states == ["FIRED"] * runs + ["MISSED"] * (3 - runs)
    assert api.get("triggers/alerts")["total"] == (0 if own or query else 1), "what nobody has said anything about"
    assert "missedSchedules" not in (api("PUT", "flows/team/nightly", text)).json()


def test_a_backfill_that_is_under_way_does_not_keep_a_flow_from_being_published(
    api: Api, monkeypatch: pytest.MonkeyPatch
):
    text = FLOW.replace("allowConcurrent: true", "allowConcurrent: true, recoverMissedSchedules: ALL")
    monkeypatch.setattr(flows, "_CLOCK", FixedClock(SystemClock().now() - timedelta(days=3)))
    api("PUT", "flows/team/nightly", text)
    api("PUT", "flows/team/nightly", text.replace("id: night,", "id: night, disabled: true,"))
    monkeypatch.undo()
    api("PUT", "triggers/backfill/create", {**NIGHT, "backfill": BACKFILL})
    assert api("PUT", "flows/team/nightly?recoverMissedSchedules=ALL", text).status_code == 409
    (told,) = api("PUT", "flows/team/nightly", text).json()["missedSchedules"]
    assert "all noted as missed, since a backfill of it is under way" in told["message"]
    assert night(api)["backfill"]["total"] == 4


@pytest.mark.parametrize("address", ["triggers/search", "triggers/team/nightly"])
def test_the_states_of_a_page_of_triggers_are_read_at_once(api: Api, address: str):
    def listed() -> tuple[list[Any], int]:
        with CaptureQueriesContext(connection) as done:
            found = api.get(address)["results"]
        asked = sum('FROM "builder_execution"' in query["sql"] for query in done)
        return [one.get("state", one) for one in found], asked

    assert listed()[1] == 0, "none has started anything"
    for one, is_running in (("night", True), ("call", False)):
        execution = executions.create(NewExecution(an_execution()))
        if not is_running:
            executions.replace_execution(replace(execution, state=State.SUCCESS), NOW, due=False)
        triggers.note_execution(triggers.get("team", "nightly", one), execution.id, NOW)
    found, asked = listed()
    assert {one["triggerId"]: one["locked"] for one in found} == {"night": True, "call": False}
    assert asked == 1


def test_a_backfill_keeps_its_pace(api: Api):
    api("PUT", "triggers/backfill/create", {**NIGHT, "backfill": {**BACKFILL, "pace": "PT1M"}})
    clock = FixedClock(SystemClock().now())
    assert [run_backfills(clock), run_backfills(clock)] == [1, 0]
    clock.advance(timedelta(minutes=1))
    assert [run_backfills(clock), run_backfills(clock)] == [1, 0]
    assert night(api)["backfill"]["paceSeconds"] == 60


def test_the_calls_of_a_webhook_are_listed_and_made_again(api: Api):
    address = "executions/webhook/team/nightly/4wjtkzwVGBM9yKnjm3yv8r"
    started = api("POST", address, {"a": 1}).json()["id"]
    (call,) = api.get("triggers/team/nightly/call/calls")["results"]
    assert (call["executionId"], call["status"], call["method"], call["repeatable"]) == (started, 200, "POST", True)
    again = api("POST", f"triggers/team/nightly/call/calls/{call['id']}/repeat")
    assert again.status_code == 200 and again.json()["trigger"]["variables"]["body"] == {"a": 1}
    assert api("POST", "triggers/team/nightly/call/calls/99999999999999999999/repeat").status_code == 404
    assert api("POST", f"triggers/team/nightly/night/calls/{call['id']}/repeat").status_code == 404
    assert [one["reason"] for one in api.get("triggers/team/nightly/call/calls")["results"]][1] is None


def test_what_did_not_fire_is_told(api: Api):
    assert api.get("triggers/alerts")["results"] == []
    at = SystemClock().now()
    history.note_missed(triggers.get("team", "nightly", "night").key, [at], "Missed: so it was.", at)
    (alert,) = api.get("triggers/alerts")["results"]
    assert (alert["triggerId"], alert["message"], alert["count"]) == ("night", "Missed: so it was.", 1)
