"""What people see and get wrong on the pages around the editor."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from builder.actions import flows as flow_actions
from builder.actions import kv as kv_actions
from builder.actions import secrets as secret_actions
from builder.actions.executions import running
from builder.engine.execution import TaskRun
from builder.engine.states import State
from builder.models import Trigger
from builder.store import executions, flows
from builder.store.executions import MetricPoint, Saved
from builder.web import home

FLOW = """
id: {id}
namespace: lab
description: "<script>alert(1)</script>"
labels:
  team: red
tasks:
  - id: log
    type: io.kestra.plugin.core.log.Log
    message: hello
triggers:
  - id: hourly
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 * * * *"
    timezone: Europe/Paris
"""


def text(client: Client, path: str, **data: object) -> str:
    answer = client.get(path, data)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def publish(name: str = "one") -> None:
    flow_actions.create_flow(FLOW.format(id=name), by="ada")


def test_the_first_page_of_an_empty_product_leads_to_the_ready_made_flows(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "STARTING_SECONDS", 1e9)
    page = text(browser, "/")
    assert "Open a ready-made flow" in page
    assert "Millstream is starting" in page
    monkeypatch.setattr(home, "STARTING_SECONDS", 0)
    assert "No worker is running" in text(browser, "/")


def test_the_first_page_asks_for_processes_alone_while_they_start(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "STARTING_SECONDS", 1e9)
    monkeypatch.setattr("builder.web.home.executions.counts", lambda filters: pytest.fail("this is not asked for"))
    shown = text(browser, "/", processes="")
    assert "Millstream is starting" in shown and "<html" not in shown


def test_the_first_page_names_what_runs_next_in_its_own_zone(browser: Client) -> None:
    publish()
    at = datetime(2127, 7, 1, 12, 0, tzinfo=UTC)
    Trigger.objects.update(next_at=at)
    assert "Tue 01 Jul 2127 14:00 CEST" in text(browser, "/")
    assert "/schedules/lab/one/" in text(browser, "/")


def test_the_first_page_says_why_a_step_failed_in_one_line(browser: Client) -> None:
    publish()
    made = running.run("lab", "one")
    at, long = made.created_at, "It is broken. " + "x" * 200
    past = ((State.FAILED, at),)

    def ran(path: str, message: str = "", **more: Any) -> TaskRun:
        told = {"state": State.FAILED, "history": past, "message": message, **more}
        return TaskRun(id=path, path=path, task_id=path.split("/")[-1], **told)

    runs = (
        ran("each", state=State.WARNING),
        ran("each/tried", "Allowed.", parent="each"),
        ran("log", f"{long}\nTraceback"),
        ran("tell", "Nobody listens.", branch="errors"),
    )
    ended = replace(made, state=State.FAILED, runs={run.path: run for run in runs}, history=past)
    executions.replace_execution(ended, at, due=False)
    page = text(browser, "/")
    assert "log: It is broken. xxx" in page and "…</small>" in page
    assert not any(said in page for said in ("Traceback", "Allowed.", "Nobody listens."))


def test_two_revisions_stand_side_by_side_with_what_differs(browser: Client) -> None:
    publish()
    flow_actions.save_flow(FLOW.format(id="one").replace("hello", "welcome"), by="ada")
    page = text(browser, "/flows/lab/one/revisions", old="1", new="2")
    assert '<td class="old"><span class="hidden-text">removed: </span>    message: hello</td>' in page
    assert '<td class="new"><span class="hidden-text">added: </span>    message: welcome</td>' in page
    assert "equal lines" in page
    assert "have the same text" in text(browser, "/flows/lab/one/revisions", old="2", new="2")


def test_the_list_of_flows_shows_their_runs_and_searches(browser: Client) -> None:
    publish("one")
    publish("two")
    running.run("lab", "one")
    page = text(browser, "/flows")
    assert "one" in page
    assert 'class="state-CREATED"' in page
    assert "&lt;script&gt;alert" in page
    found = text(browser, "/flows", q="two")
    assert "flows/lab/two" in found
    assert "flows/lab/one" not in found


def test_the_pages_of_a_list_lead_to_each_other_and_keep_what_was_searched(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builder.web.flows.PAGE_SIZE", 2)
    for name in ("flow1", "flow2", "flow3", "other"):
        publish(name)
    first, second = text(browser, "/flows", q="flow"), text(browser, "/flows", q="flow", page="2")
    assert "3 in all · page 1 of 2" in first and 'rel="next" href="?q=flow&amp;page=2"' in first
    assert "flows/lab/flow3" in second and 'rel="prev" href="?q=flow&amp;page=1"' in second and "Next<" not in second


def test_a_flow_is_switched_off_and_on(browser: Client) -> None:
    publish()
    browser.post("/flows/lab/one/switch", {"on": "false"})
    assert flows.get("lab", "one").disabled
    browser.post("/flows/lab/one/switch", {"on": "true"})
    assert not flows.get("lab", "one").disabled


def test_a_new_flow_with_a_bad_id_keeps_what_was_typed(browser: Client) -> None:
    answer = browser.post("/flows/new", {"id": "my flow", "namespace": "lab"})
    assert answer.status_code == 422
    assert 'value="my flow"' in answer.content.decode()


def test_a_new_flow_opens_in_the_editor_as_a_draft(browser: Client) -> None:
    answer = browser.post("/flows/new", {"id": "fresh", "namespace": "lab"})
    assert answer["Location"] == "/flows/lab/fresh/edit"
    assert "never published" in text(browser, "/flows")


def test_a_yaml_file_is_imported_whole_or_not_at_all(browser: Client) -> None:
    both = FLOW.format(id="a") + "---\n" + FLOW.format(id="b")
    browser.post("/flows/import", {"file": SimpleUploadedFile("flows.yaml", both.encode())})
    assert flows.exists("lab", "a")
    assert flows.exists("lab", "b")
    broken = FLOW.format(id="c") + "---\nid: d\n"
    answer = browser.post("/flows/import", {"file": SimpleUploadedFile("flows.yaml", broken.encode())})
    assert answer.status_code == 422
    assert not flows.exists("lab", "c")


def test_an_old_revision_is_published_again(browser: Client) -> None:
    publish()
    flow_actions.update_flow("lab", "one", FLOW.format(id="one").replace("hello", "bye"), by="ada")
    page = text(browser, "/flows/lab/one/revisions")
    assert '<span class="removed">-    message: hello' in page
    assert '<span class="added">+    message: bye' in page
    browser.post("/flows/lab/one/revisions/1")
    assert "hello" in flows.revision("lab", "one").source


def test_a_deleted_flow_keeps_its_history(browser: Client) -> None:
    publish()
    execution = running.run("lab", "one")
    browser.post("/flows/lab/one/delete")
    assert not flows.exists("lab", "one")
    assert "one" in text(browser, f"/executions/{execution.id}")


def test_the_history_is_filtered_by_state_label_flow_text_and_time(browser: Client) -> None:
    publish("one")
    publish("two")
    execution = running.run("lab", "one", labels=[("customer", "acme")])
    running.run("lab", "two")
    for given in ({"label": "customer:acme"}, {"flow": "one"}, {"q": execution.id[:12], "flow": "one"}):
        page = text(browser, "/executions", **given)
        assert execution.id in page
        assert page.count('name="id"') == 1, given
    assert "No execution fits" in text(browser, "/executions", state="FAILED")
    assert text(browser, "/executions", period="1h").count('name="id"') == 2
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert "No execution fits" in text(browser, "/executions", since=later)


def test_a_bad_page_number_is_the_first_page(browser: Client) -> None:
    publish()
    running.run("lab", "one")
    for number in ("0", "-3", "x", "99999999999999999999"):
        assert browser.get("/executions", {"page": number}).status_code == 200


def test_ticked_executions_are_killed_together(browser: Client) -> None:
    publish()
    ids = [running.run("lab", "one").id for _ in range(2)]
    browser.post("/executions/chosen", {"id": ids, "verb": "kill"})
    assert "Kill: 2 of 2" in text(browser, "/executions")


def test_a_kv_value_that_does_not_fit_keeps_what_was_typed(browser: Client) -> None:
    answer = browser.post("/kv", {"namespace": "lab", "key": "n", "kind": "NUMBER", "value": "forty"})
    assert answer.status_code == 422
    assert "forty" in answer.content.decode()
    assert browser.post("/kv", {"namespace": "lab", "key": "n", "kind": "JSON", "value": "1e999"}).status_code == 422
    browser.post("/kv", {"namespace": "lab", "key": "n", "kind": "NUMBER", "value": "40"})
    assert kv_actions.get("lab", "n").value == 40


def test_a_kv_value_with_a_time_to_live_says_when_it_ends(browser: Client) -> None:
    browser.post("/kv", {"namespace": "lab", "key": "n", "value": "x", "ttl": "PT1H"})
    entry = kv_actions.get("lab", "n")
    assert entry.expires_at is not None
    assert "never" not in text(browser, "/kv").split("<tbody>")[1]
    browser.post("/kv/lab/n/delete")
    assert "Nothing is kept yet" in text(browser, "/kv")


def test_a_secret_is_set_and_never_shown_again(browser: Client) -> None:
    browser.post("/secrets", {"namespace": "lab", "key": "api_key", "value": "s3cr3t-VALUE-42"})
    page = text(browser, "/secrets")
    assert "API_KEY" in page
    assert "s3cr3t" not in page
    assert next(item.key for item in secret_actions.listed()) == "API_KEY"
    refused = browser.post("/secrets", {"namespace": "lab", "key": "bad key", "value": "s3cr3t-VALUE-42"})
    assert refused.status_code == 422
    assert "s3cr3t" not in refused.content.decode()


def test_a_starter_that_lacks_its_key_says_so_and_opens(browser: Client) -> None:
    assert "an OpenAI key" in text(browser, "/starters")
    assert browser.post("/starters/ask_a_question/open")["Location"] == "/flows/starters/ask_a_question/edit"
    browser.post("/starters/ask_a_question/run")
    assert "needs OPENAI_API_KEY" in text(browser, "/starters")


def test_a_starter_with_its_key_runs_with_one_click(browser: Client) -> None:
    secret_actions.set_value("starters", "OPENAI_API_KEY", "sk-1", by="ada")
    assert browser.post("/starters/ask_a_question/run")["Location"].startswith("/executions/")


def test_the_guides_are_shown_in_the_app(browser: Client) -> None:
    assert "<table>" in text(browser, "/help/configuration")
    assert browser.get("/help/nothing").status_code == 404
    assert browser.get("/help/../settings").status_code == 404


def test_a_run_and_a_flow_show_what_their_calls_cost_together(browser: Client) -> None:
    publish("one")
    at = datetime.now(UTC)
    ids = [running.run("lab", "one").id for _ in range(2)]
    for execution_id in ids:
        claim = executions.claim(execution_id, "w", at, 10)
        assert claim is not None
        points = [MetricPoint(at, "cost", 0.0198, "USD"), MetricPoint(at, "usage.total.tokens", 15_000)]
        points += [MetricPoint(at, "cost.unknown", 1, "calls")] if execution_id == ids[1] else []
        executions.save([Saved(executions.load(execution_id)[0], claim.epoch, metrics=points)], at)
    assert "15000 tokens · $0.0198" in text(browser, f"/executions/{ids[0]}")
    assert "15000 tokens · at least $0.0198" in text(browser, f"/executions/{ids[1]}")
    page = text(browser, "/executions", flow="one")
    assert "These 2 executions used 30000 tokens, cost: at least $0.0396" in page
    assert "tokens, cost" not in text(browser, "/executions", flow="none")
