"""One execution's page: what it shows of a run, and what a person can do with it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client

from builder.actions import flows as flow_actions
from builder.actions.executions import running
from builder.engine.commands import Evaluate
from builder.engine.decide import decide
from builder.engine.events import Evaluated, Started
from builder.engine.execution import Attempt, Execution, TaskRun
from builder.engine.states import State
from builder.runtime.runner.keeping.plans import plan_of
from builder.runtime.runner.keeping.shelf import STORED
from builder.store import executions
from builder.web.execution import shapes, timeline
from builder.web.parts import tags

START = datetime(2027, 1, 1, 12, 0, tzinfo=UTC)
FLOW = "id: one\nnamespace: lab\ntasks:\n  - id: log\n    type: io.kestra.plugin.core.log.Log\n    message: hello\n"


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def run_of(path: str, *, begun: float, ended: float, parent: str | None = None, **more: Any) -> TaskRun:
    return TaskRun(
        id=path, path=path, task_id=path.rsplit("/")[-1], state=State.SUCCESS, parent=parent,
        history=((State.CREATED, START), (State.RUNNING, after(begun)), (State.SUCCESS, after(ended))),
        attempts=(Attempt(1, State.SUCCESS, after(begun), after(ended)),), **more,
    )  # fmt: skip


def executed(*runs: TaskRun) -> Execution:
    return Execution(
        id="x", namespace="lab", flow_id="one", revision=1, state=State.SUCCESS, created_at=START,
        history=((State.CREATED, START), (State.SUCCESS, after(10))), runs={run.path: run for run in runs},
    )  # fmt: skip


def test_children_stand_below_their_block_in_order() -> None:
    execution = executed(
        run_of("block", begun=0, ended=9),
        run_of("last", begun=9, ended=10),
        run_of("block/a", begun=0, ended=5, parent="block"),
    )
    assert [(row.run.path, row.depth) for row in timeline.rows(execution, {}, after(10))] == [
        ("block", 0), ("block/a", 1), ("last", 0)
    ]  # fmt: skip


def test_a_bar_shows_waiting_and_running_on_one_line() -> None:
    (row,) = timeline.rows(executed(run_of("a", begun=2, ended=7)), {}, after(10))
    assert [(bar.state, bar.start, bar.width) for bar in row.bars] == [("queue", 0, 200), ("SUCCESS", 200, 500)]
    assert row.seconds == 5


def test_the_run_to_look_at_is_one_whose_failure_nothing_around_it_allowed() -> None:
    bad, stop = run_of("allow/bad", begun=0, ended=1, parent="allow"), run_of("stop", begun=2, ended=3)
    allow, broken = run_of("allow", begun=0, ended=1), [replace(one, state=State.FAILED) for one in (bad, stop)]
    found = timeline.failed(executed(replace(allow, state=State.WARNING), *broken))
    assert found is not None and found.path == "stop"
    only = timeline.failed(executed(replace(allow, state=State.WARNING), broken[0]))
    assert only is not None and only.path == "allow/bad"
    assert timeline.failed(executed(allow)) is None


def test_tokens_and_cost_are_read_from_either_vocabulary() -> None:
    execution = executed(run_of("a", begun=0, ended=1), run_of("b", begun=1, ended=2))
    usage = {
        "a": {
            "usage.prompt.tokens": Decimal(40),
            "usage.prompt.cached_tokens": Decimal(8),
            "usage.completion.tokens": Decimal(2),
        },
        "b": {"input.token.count": Decimal(5), "output.token.count": Decimal(6), "cost": Decimal("0.01")},
    }
    first, second = timeline.rows(execution, usage, after(10))
    assert (first.tokens, first.cost) == ((40, 2), None)
    assert (second.tokens, second.cost) == ((5, 6), Decimal("0.01"))


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ({}, "–"),
        ({"cost": Decimal("0.0123")}, "$0.0123"),
        ({"cost": Decimal("0.0000001")}, "&lt; $0.000001"),
        ({"cost.unknown": Decimal(1)}, "unknown"),
        ({"usage.prompt.tokens": Decimal(7)}, "unknown"),
        ({"cost": Decimal("1.5"), "cost.unknown": Decimal(2)}, "at least $1.50"),
    ],
)
def test_an_unknown_cost_is_never_nought(metrics: dict[str, Decimal], said: str) -> None:
    (row,) = timeline.rows(executed(run_of("a", begun=0, ended=1)), {"a": metrics}, after(10))
    shown = Template("{{ row|spent }}").render(Context({"row": row}))
    assert shown == said


def test_an_answer_is_found_in_each_kind_of_output() -> None:
    assert shapes.answer({"choices": [{"message": {"content": "hi"}}]}) == "hi"
    assert shapes.answer({"outputText": "hi"}) == "hi"
    assert "urgent" in shapes.answer({"choices": [{"message": {"function_call": {"arguments": {"urgent": True}}}}]})
    assert shapes.answer({"value": "hi"}) == ""


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("plain words", "text"),
        ("# Title\n- one", "markdown"),
        ("kestra:///executions/x/1/cat.png", "image"),
        ("kestra:///executions/x/1/song.mp3", "sound"),
        ("kestra:///executions/x/1/list.csv", "file"),
        ({"type": STORED, "uri": "kestra:///executions/x/1/value.json", "bytes": 70_000}, "stored"),
        ([{"a": 1}, {"a": 2}], "table"),
        ([1, 2], "list"),
        ({"a": {"b": 1}}, "map"),
        (None, "plain"),
    ],
)
def test_a_value_is_shown_by_its_shape(value: Any, kind: str) -> None:
    assert shapes.shape(value).kind == kind


def test_a_huge_value_is_cut_and_says_so() -> None:
    assert shapes.shape(list(range(10_000))).left_out == 10_000 - shapes.MOST_ITEMS


@pytest.mark.parametrize(
    "text",
    [
        "# <script>alert(1)</script>",
        "[x](javascript:alert(1)) **b**",
        "![x](https://evil.example/pixel.png) **b**",
        '<img src=x onerror=alert(1)> **b**',
        "[x](data:text/html;base64,PHNjcmlwdD4=) **b**",
    ],
)  # fmt: skip
def test_markdown_from_a_model_cannot_run_or_load_anything(text: str) -> None:
    html = str(shapes.markdown(text))
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html
    assert 'href="data' not in html


def test_the_page_of_a_new_execution_waits_and_can_be_killed(browser: Client) -> None:
    flow_actions.create_flow(FLOW, by="ada")
    execution = running.run("lab", "one")
    page = browser.get(f"/executions/{execution.id}").content.decode()
    assert "Waiting for a worker" in page
    browser.post(f"/executions/{execution.id}/kill")
    assert "It is being stopped" in browser.get(f"/executions/{execution.id}").content.decode()


def test_what_is_not_possible_now_is_said_on_the_page(browser: Client) -> None:
    flow_actions.create_flow(FLOW, by="ada")
    execution = running.run("lab", "one")
    browser.post(f"/executions/{execution.id}/restart")
    assert 'class="notice error' in browser.get(f"/executions/{execution.id}").content.decode()


def test_an_old_execution_can_be_run_again_with_the_latest_revision(browser: Client) -> None:
    flow_actions.create_flow(FLOW, by="ada")
    execution = running.run("lab", "one")
    flow_actions.update_flow("lab", "one", FLOW.replace("hello", "bye"), by="ada")
    answer = browser.post(f"/executions/{execution.id}/replay", {"revision": "2"})
    assert "rev 2" in browser.get(answer["Location"]).content.decode()


def test_a_file_of_another_execution_is_refused(browser: Client) -> None:
    flow_actions.create_flow(FLOW, by="ada")
    execution = running.run("lab", "one")
    for uri, status in (
        ("kestra:///executions/someoneelse0000000000/a/b.txt", 403),
        ("kestra:///../../secret_key", 404),
        ("file:///etc/passwd", 404),
    ):
        assert browser.get(f"/executions/{execution.id}/file", {"path": uri}).status_code == status, uri


@pytest.mark.parametrize(("name", "shown"), [("image-1.png", "<img"), ("speech.mp3", "<audio")])
def test_pictures_and_sounds_are_shown_and_can_be_downloaded(name: str, shown: str) -> None:
    value = shapes.shape(f"kestra:///executions/x/1/{name}")
    page = render_to_string("execution/_shape.html", {"shape": value, "execution": {"id": "x"}})
    assert shown in page and f"<figcaption>{name} " in page and page.count("download=1") == 1


def test_a_large_output_is_a_file_with_its_size() -> None:
    note = {"type": STORED, "uri": "kestra:///executions/x/1/value.json", "bytes": 70_000}
    page = render_to_string("execution/_shape.html", {"shape": shapes.shape(note), "execution": {"id": "x"}})
    assert "68.4" in page and "/executions/x/file?path=kestra" in page and "download=1" in page
    forged = {"type": STORED, "uri": "javascript:alert(1)", "bytes": "<b>"}
    page = render_to_string("execution/_shape.html", {"shape": shapes.shape(forged), "execution": {"id": "x"}})
    assert "<b>" not in page and 'href="javascript' not in page


def test_the_page_says_which_check_did_not_hold_and_which_slas_there_are(browser: Client) -> None:
    flow_actions.create_flow(
        FLOW
        + "checks: [{when: 'false', message: Mind the gap, style: WARNING, behavior: CREATE_EXECUTION}]\n"
        + "sla: [{id: soon, type: MAX_DURATION, behavior: FAIL, duration: PT1H}]\n",
        by="ada",
    )
    execution = running.run("lab", "one")
    page = browser.get(f"/executions/{execution.id}").content.decode()
    assert 'class="card warn">Mind the gap' in page
    assert "<code>soon</code> kept so far" in page


def test_the_run_form_shows_the_checks_that_do_not_hold(browser: Client) -> None:
    flow_actions.create_flow(FLOW + "checks: [{when: 'false', message: Not today, style: ERROR}]\n", by="ada")
    assert 'class="card bad" role="alert">Not today' in browser.get("/flows/lab/one/edit/run").content.decode()
    answer = browser.post("/flows/lab/one/edit/run", {"draft": "0"})
    assert answer.status_code == 422 and "Not today" in answer.content.decode()


def test_an_execution_that_waits_for_its_date_says_so(browser: Client) -> None:
    flow_actions.create_flow(FLOW, by="ada")
    execution = running.run("lab", "one", schedule_at=datetime(2099, 5, 1, 8, 0, tzinfo=UTC))
    assert "to run 01 May 2099 08:00" in browser.get(f"/executions/{execution.id}").content.decode()


REVIEW = """\
id: review
namespace: lab
tasks:
  - id: both
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
      - id: money
        type: io.kestra.plugin.core.flow.Approval
        decisions: {approve: Pay, deny: Send back}
        commentRequired: ON_DENY
        description: "Is it <worth> it?"
        inputs:
          - {id: amount, type: INT}
      - {id: rest, type: io.kestra.plugin.core.flow.Pause}
"""


def waiting_review() -> str:
    """An execution that waits at both of its steps."""
    flow_actions.create_flow(REVIEW, by="ada")
    made = running.run("lab", "review")
    plan = plan_of(REVIEW, 1)
    decided = decide(plan, made, Started(made.created_at))
    played = decided.execution
    for asked in decided.commands:
        if isinstance(asked, Evaluate):
            played = decide(plan, played, Evaluated(made.created_at, asked.path, asked.name, "")).execution
    executions.replace_execution(played, made.created_at, due=False)
    return made.id


def test_a_review_asks_for_inputs_a_comment_and_one_of_two_buttons(browser: Client) -> None:
    address = f"/executions/{waiting_review()}/resume"
    assert "waits for a decision." in browser.get(address.removesuffix("/resume")).content.decode()
    page = browser.get(address).content.decode()
    assert ">Pay</button>" in page and ">Send back</button>" in page and "Is it &lt;worth&gt; it?" in page
    assert 'name="amount"' in page and 'name="_comment"' in page
    assert "?run=both%2Frest" in page
    assert ">Resume</button>" in browser.get(f"{address}?run=both/rest").content.decode()


def test_a_decision_is_asked_for_while_other_steps_still_run(browser: Client) -> None:
    execution_id = waiting_review()
    execution, _ = executions.load(execution_id)
    executions.replace_execution(replace(execution, state=State.RUNNING), execution.created_at, due=False)
    page = browser.get(f"/executions/{execution_id}").content.decode()
    assert "both/money waits for a decision." in page and "?run=both/money" in page.replace("%2F", "/")


def test_a_denial_without_the_comment_it_needs_is_asked_for_one(browser: Client) -> None:
    execution_id = waiting_review()
    address = f"/executions/{execution_id}/resume?run=both/money"
    said = {"amount": "3", "_decision": "DENY"}
    refused = browser.post(address, said)
    assert refused.status_code == 422 and "say why" in refused.content.decode()
    assert browser.post(address, {**said, "_comment": "Too much."}).status_code == 302
    ((signal,),) = executions.signals([execution_id]).values()
    assert (signal.payload["decision"], signal.payload["by"]) == ("DENIED", "ada")
    assert (signal.payload["comment"], signal.payload["inputs"]) == ("Too much.", {"amount": 3})


def test_what_processes_with_different_clocks_wrote_is_not_shown_as_less_than_nothing() -> None:
    assert tags.duration(timedelta(hours=-2)) == "0 ms"


def test_lengths_that_people_set_and_times_of_other_years_are_told_as_they_are() -> None:
    assert (tags.duration(10.0), tags.duration(timedelta(seconds=10))) == ("10 s", "10.0 s")
    now = datetime.now(UTC)
    assert tags.own_time(now.replace(year=now.year + 1, day=1)).split()[3] == str(now.year + 1)
    assert str(now.year) not in tags.own_time(now)
