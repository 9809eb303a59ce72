"""The list of triggers, the page of each, and the calendar."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from builder.actions import flows
from builder.clock import FixedClock, SystemClock
from builder.engine.states import State
from builder.models import Slot
from builder.store import executions, triggers
from builder.store.executions import Filters, NewExecution
from builder.store.triggers import calls, history, states, windows
from builder.store.triggers.backfills import Backfill
from builder.triggers.flow.gatherings import gatherings_of
from tests.store.conftest import an_execution

FLOW = """
id: one
namespace: lab
inputs:
  - {id: size, type: INT, defaults: 1}
tasks:
  - {id: log, type: io.kestra.plugin.core.log.Log, message: hello}
triggers:
  - id: hourly
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 * * * *"
    timezone: Europe/Paris
    recoverMissedSchedules: LAST
  - id: hook
    type: io.kestra.plugin.core.trigger.Webhook
    key: abcdefghijklmnopqrstuvwx
    signature: {style: HMAC, secret: hush, header: X-Mine}
  - id: poll
    type: io.kestra.plugin.core.http.Trigger
    uri: https://example.com
    interval: PT30M
  - id: after
    type: io.kestra.plugin.core.trigger.Flow
    conditions:
      - {type: io.kestra.plugin.core.condition.ExecutionFlow, namespace: lab, flowId: other}
"""
HOURLY, HOOK = "/schedules/lab/one/hourly", "/schedules/lab/one/hook"


@pytest.fixture
def half_past(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hour does not change while a test runs."""
    now = datetime.now(UTC).replace(minute=30)
    monkeypatch.setattr(SystemClock, "now", lambda _: now)


@pytest.fixture(autouse=True)
def published(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> None:
    monkeypatch.setattr("builder.runtime.queue.ring_on_commit", lambda ids: None)
    flows.create_flow(FLOW, by="ada")


def text(client: Client, path: str, **data: object) -> str:
    answer = client.get(path, data)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def hourly() -> triggers.Trigger:
    return triggers.get("lab", "one", "hourly")


def backfill() -> Backfill:
    found = hourly().backfill
    assert found is not None
    return found


def test_schedules_show_the_next_five_runs_in_their_zone_and_switch(browser: Client) -> None:
    page = text(browser, "/schedules")
    assert page.count("CET") + page.count("CEST") == 5
    assert "Europe/Paris" in page and "After other" in page
    browser.post(HOURLY, {"on": "false"})
    assert not hourly().enabled
    assert "switched off" in text(browser, "/schedules")


def test_why_a_trigger_was_stopped_is_told_until_it_is_on_again(browser: Client) -> None:
    pages = ("/", "/schedules", HOURLY)
    states.stop(hourly(), "4wjtkzwVGBM9yKnjm3yv8r", "FAILED", SystemClock().now())
    for shown in [text(browser, page) for page in pages]:
        assert "ended FAILED (stopAfter)" in shown and 'href="/executions/4wjtkzwVGBM9yKnjm3yv8r"' in shown
    browser.post(HOURLY, {"on": "true", "missed": "NONE"})
    assert not any("stopAfter" in text(browser, page) for page in pages)


WAITS = """
id: sums
namespace: lab
tasks:
  - {id: log, type: io.kestra.plugin.core.log.Log, message: hello}
triggers:
  - id: both
    type: io.kestra.plugin.core.trigger.Flow
    preconditions:
      id: both
      timeWindow: {type: WINDOW, window: PT1H}
      flows:
        - {namespace: lab, flowId: one, states: [SUCCESS]}
        - {namespace: lab, flowId: two}
"""


def test_what_has_happened_of_what_a_trigger_waits_for_is_shown(browser: Client, half_past: None) -> None:
    for kind in ("DURATION_WINDOW", "SLIDING_WINDOW"):
        flows.save_flow(WAITS.replace("WINDOW,", f"{kind},"), by="ada")
        trigger, now = triggers.get("lab", "sums", "both"), SystemClock().now()
        (waiting,) = gatherings_of(trigger.definition)
        span = waiting.window.around(now)
        assert span is not None
        windows.note(trigger.key, "both", span, ["flow 1"], windows.Seen("4wjtkzwVGBM9yKnjm3yv8r", now), now)
        page = text(browser, "/schedules/lab/sums/both")
        assert "1 of 2 have happened" in page and "lab.one, SUCCESS" in page and "not yet" in page
        assert 'href="/executions/4wjtkzwVGBM9yKnjm3yv8r"' in page
        assert ("then it begins anew" if kind == "DURATION_WINDOW" else "Each counts for 1 h") in page


def test_a_list_of_many_triggers_comes_by_pages_each_with_few_queries(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builder.web.schedules.views.PAGE_SIZE", 20)
    schedule = "  - {{id: n{}, type: io.kestra.plugin.core.trigger.Schedule, cron: '0 * * * *'}}\n"
    head, at = FLOW.partition("triggers:")[0] + "triggers:\n", SystemClock().now() - timedelta(days=9)

    def queries(count: int) -> int:
        flows.update_flow("lab", "one", head + "".join(schedule.format(n) for n in range(count)), by="ada")
        for one in triggers.listed():
            history.note_missed(one.key, [at], "so it was", at)
        with CaptureQueriesContext(connection) as done:
            page = text(browser, "/schedules", q="n")
        assert page.count("so it was") == min(count, 20)
        return len(done)

    assert queries(20) == queries(2) + 1, "a page that is full is counted besides"
    assert queries(25) <= 20
    assert 'rel="next" href="?q=n&amp;page=2"' in text(browser, "/schedules", q="n")
    assert text(browser, "/schedules", q="n", page="2").count("so it was") == 5


def test_the_page_of_a_schedule_says_it_in_words_with_the_next_ten_and_its_history(browser: Client) -> None:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    history.note_missed(hourly().key, [now], "Missed: <b>nobody</b> was there.", now)
    page = text(browser, HOURLY)
    assert "every hour" in page
    assert page.count('<time datetime="') == 10 + 1 + 1, "those to come, the one that was, and its alert"
    assert "LAST" in page
    assert "Missed: &lt;b&gt;nobody&lt;/b&gt; was there." in page
    assert text(browser, "/schedules/lab/one/after").count("After other") == 1
    assert browser.get("/schedules/lab/one/nothing").status_code == 404


def test_the_page_of_a_polling_trigger_says_what_it_waits_for_and_how_often_it_looks(browser: Client) -> None:
    page = text(browser, "/schedules/lab/one/poll")
    assert "When an address answers" in page and "Looks every" in page and "<code>PT30M</code>" in page


def test_a_polling_trigger_that_fails_says_what_happened_and_what_to_do_on_its_page_and_on_home(
    browser: Client,
) -> None:
    poll, now = triggers.get("lab", "one", "poll"), datetime.now(UTC)
    assert "Its last look failed" not in text(browser, "/schedules/lab/one/poll")
    for count in (1, 2, 3):
        assert "cannot be reached" not in text(browser, "/")
        triggers.note_failure(poll, "https://example.com cannot be reached.", now + timedelta(seconds=count))
    page = text(browser, "/schedules/lab/one/poll")
    assert page.count("cannot be reached") == 1 and "3 times in a row" in page and "Put right" in page
    triggers.plan(poll, now, message=triggers.get(*poll.place).message)
    assert text(browser, "/").count("one · poll") == 1, "a look does not: it is in the alert alone"
    assert "3 times, the last one" in text(browser, "/") and "look failed: https://example.com" in text(browser, "/")


@pytest.mark.parametrize(("state", "said"), [(State.FAILED, "execution"), (State.KILLED, "execution killed")])
def test_a_time_whose_execution_failed_says_so_once(browser: Client, state: State, said: str) -> None:
    now = SystemClock().now()
    made = executions.create(NewExecution(an_execution(namespace="lab", flow_id="one")))
    executions.replace_execution(replace(made, state=state), now, due=False)
    assert triggers.fire(hourly(), now, now, next_at=None, create=lambda: made.id)
    page = text(browser, HOURLY)
    assert f'<span class="badge kind-failed">failed</span> <a href="/executions/{made.id}">{said}</a>' in page


def test_what_a_backfill_ran_says_so_and_when(browser: Client) -> None:
    at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=1)
    Slot.objects.create(trigger=hourly().key, fire_at=at, execution_id="gone", state="FIRED", by_backfill=True,
                        made_at=at + timedelta(days=1))  # fmt: skip
    assert "kind-late" not in text(browser, HOURLY) and "kind-backfill" in text(browser, HOURLY)
    for view in ("week", "day"):
        page = text(browser, "/schedules/calendar", view=view, date=at.date().isoformat(), zone="UTC")
        assert f"on {(at + timedelta(days=1)):%a %d %b}" in page


def test_a_backfill_is_asked_for_held_and_given_up_on_the_page(browser: Client) -> None:
    act = f"{HOURLY}/act"
    span = {"start": "2021-03-26T01:00", "end": "2021-03-26T04:30", "gaps": "on"}
    assert "Start the backfill" in text(browser, HOURLY)
    more = {"pace": "60", "labels": "why: late: data\n\n team:x", "inputs": "size: 7"}
    browser.post(act, {"verb": "backfill", **span, **more})
    assert (backfill().labels, backfill().inputs) == ((("why", "late: data"), ("team", "x")), {"size": "7"})
    assert backfill().pace_seconds == 60 and backfill().gaps_only
    assert backfill().start == datetime(2021, 3, 26, tzinfo=UTC), "in the time zone of the schedule"
    for page in (HOURLY, "/schedules"):
        assert "0 started of 4" in text(browser, page)
    asked = {"backfill": backfill().id}
    assert f"?backfill={backfill().id}" in text(browser, HOURLY), "the page asks how far it is"
    assert "0 started of 4" in (progress := text(browser, HOURLY, **asked)) and "<button" not in progress
    browser.post(act, {"verb": "pause"})
    assert browser.get(HOURLY, asked).headers["HX-Refresh"] == "true" and "hx-get" not in text(browser, HOURLY)
    assert "of 4, paused" in text(browser, HOURLY)
    browser.post(act, {"verb": "unpause"})
    assert "of 4, paused" not in text(browser, HOURLY)
    assert browser.post(act, {"verb": "cancel", "back": "/schedules"})["Location"] == "/schedules"
    assert "of 4" not in text(browser, HOURLY)


@pytest.mark.parametrize(("wrong", "said"), [
    ({"verb": "backfill", "start": "soon"}, "each a date and time"),
    ({"verb": "pause"}, "no backfill under way"),
    ({"verb": "nonsense"}, "nothing of this name"),
    ({"verb": "backfill", "start": "2021-03-26T01:00", "end": "2021-03-26T04:30", "labels": "nonsense"}, "Labels are"),
    ({"verb": "backfill", "start": "2021-03-26T01:00", "end": "2021-03-26T04:30", "pace": "-1"}, "pace"),
    ({"verb": "backfill", "start": "2021-03-26T01:00", "end": "2021-03-26T04:30", "pace": "0" * 5000}, "pace"),
    ({"verb": "repeat", "call": "x"}, "not kept any more"),
    ({"verb": "repeat", "call": "99"}, "not kept any more"),
    ({"verb": "pause", "back": "https://elsewhere.example/"}, "no backfill under way"),
])  # fmt: skip
def test_what_cannot_be_done_is_told(browser: Client, wrong: dict[str, str], said: str) -> None:
    answer = browser.post(f"{HOURLY}/act", wrong)
    assert answer.status_code == 302 and answer["Location"] == HOURLY
    assert said in text(browser, HOURLY)


def test_nothing_is_done_to_what_is_not_there(browser: Client) -> None:
    assert browser.post("/schedules/lab/one/nobody/act", {"verb": "unlock"}).status_code == 404


def switched_off(hours: int) -> None:
    triggers.set_enabled(*hourly().place, False, SystemClock().now() - timedelta(hours=hours))


def test_switching_on_asks_what_is_to_become_of_the_times_that_passed(browser: Client, half_past: None) -> None:
    switched_off(3)
    assert browser.post(HOURLY, {"on": "true"})["Location"] == f"{HOURLY}#passed"
    asked = browser.post(HOURLY, {"on": "true"}, headers={"HX-Request": "true"})
    assert asked.status_code == 204 and asked["HX-Redirect"] == f"{HOURLY}#passed"
    assert not hourly().enabled
    assert "3 times passed while it was off" in text(browser, HOURLY)
    browser.post(HOURLY, {"on": "true", "missed": "LAST"})
    assert hourly().enabled and backfill().total == 1
    assert text(browser, HOURLY).count("was off after") == 3


def test_a_single_time_that_passed_is_asked_about_as_one(browser: Client, half_past: None) -> None:
    switched_off(1)
    asked = text(browser, HOURLY)
    assert "1 time passed while it was off" in asked and "What is to become of it when" in asked
    assert "Switch on, let it go" in asked and "Switch on, run it" in asked


def test_switching_on_asks_nothing_where_nothing_passed(browser: Client) -> None:
    switched_off(0)
    answer = browser.post(HOURLY, {"on": "true"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and hourly().enabled
    assert b'aria-checked="true"' in answer.content


def test_switching_a_flow_on_asks_what_is_to_become_of_the_times_that_passed(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "/flows/lab/one/switch"
    monkeypatch.setattr(flows, "_CLOCK", FixedClock(SystemClock().now() - timedelta(hours=3)))
    browser.post(address, {"on": "false"})
    monkeypatch.undo()
    assert browser.post(address, {"on": "true"})["Location"] == address
    assert browser.post(address, {"on": "true"}, headers={"HX-Request": "true"})["HX-Redirect"] == address
    assert not hourly().active and "3 times after" in text(browser, address)
    assert "3 times passed" not in text(browser, HOURLY), "the flow is asked about"
    browser.post(address, {"on": "true", "missed": "LAST"})
    assert hourly().active and backfill().total == 1
    assert text(browser, HOURLY).count("was off after") == 3
    assert "It is on" in text(browser, address)


def test_what_did_not_fire_is_an_alert_on_the_first_page_until_it_was_seen(browser: Client) -> None:
    now = datetime.now(UTC)
    history.note_missed(hourly().key, [now - timedelta(hours=n) for n in (1, 2)], "Missed: so it was.", now)
    for page in ("/", "/schedules", HOURLY):
        assert "Missed: so it was." in text(browser, page) and "2 times, the last one" in text(browser, page)
    assert browser.post(f"{HOURLY}/act", {"verb": "heed", "back": "/"})["Location"] == "/"
    assert "so it was" not in text(browser, "/")


def test_what_a_trigger_without_a_zone_did_not_start_is_in_the_list(browser: Client) -> None:
    history.note_missed(triggers.get("lab", "one", "after").key, [datetime(2026, 1, 2, 3, 4, tzinfo=UTC)], "No.",
                        SystemClock().now())  # fmt: skip
    assert "03:04 UTC missed" in text(browser, "/schedules")


def test_a_webhook_shows_its_address_its_last_calls_and_repeats_one(browser: Client) -> None:
    page = text(browser, HOOK)
    assert "Nobody has called it yet" in page and "curl -X POST" in page
    assert "/api/v1/main/executions/webhook/lab/one/abcdefghijklmnopqrstuvwx" in page
    headers = {"Content-Type": ["application/json"], "X-Api-Key": ["hush1"], "X-Other": ["<i>"]}
    came = calls.Came("POST", headers, {"token": ["hush2"], "key": ["hush3"], "page": ["7"]}, b'{"a": "<script>"}')
    key, at = triggers.get("lab", "one", "hook").key, SystemClock().now()
    number = calls.add(key, came, at, status=404, reason="Its signature is missing.")
    calls.add_stray("lab/one", came, at, status=404, reason="No webhook has this key.")
    page = text(browser, HOOK)
    for said in ("Its signature is missing.", "No webhook has this key.", "&lt;i&gt;", "&lt;script&gt;", ">7<"):
        assert said in page
    assert "hush" not in page
    browser.post(f"{HOOK}/act", {"verb": "repeat", "call": str(number)})
    (item,) = executions.search(Filters(flow_id="one")).items
    assert (executions.load(item.id)[0].trigger or {})["variables"]["body"] == {"a": "<script>"}
    assert "A call repeated by ada." in text(browser, HOOK)


def test_the_calls_of_a_webhook_are_read_at_once(browser: Client) -> None:
    key, at = triggers.get("lab", "one", "hook").key, SystemClock().now()

    def queries() -> int:
        with CaptureQueriesContext(connection) as done:
            assert "What it brought" in text(browser, HOOK)
        return len(done)

    calls.add(key, calls.Came("POST", {}, {}, b"1"), at, status=200)
    of_one = queries()
    for number in range(5):
        calls.add(key, calls.Came("POST", {}, {}, str(number).encode()), at, status=200)
    assert queries() == of_one
    with CaptureQueriesContext(connection) as done:
        assert all(call.can_be_repeated for call in calls.last([key]))
    assert len(done) == 1 and '"document",' not in done.captured_queries[0]["sql"], "what they brought is not read"


def test_the_calendar_says_where_what_came_of_a_time_may_be_forgotten(browser: Client) -> None:
    assert "the rest is forgotten (MILLSTREAM_SLOT_DAYS)" in text(browser, "/schedules/calendar", date="2024-02-14")


@pytest.mark.parametrize("view", ["month", "week", "day", "nonsense"])
def test_the_calendar_shows_a_span_of_days_and_leads_to_others(browser: Client, view: str) -> None:
    page = text(browser, "/schedules/calendar", view=view, date="2030-02-14", q="one", zone="Asia/Tokyo")
    days = {"month": 35, "week": 7, "day": 1, "nonsense": 7}[view]
    assert page.count('class="day-head"') == days
    assert "in Asia/Tokyo" in page and HOURLY in page and "MILLSTREAM_SLOT_DAYS" not in page
    before = {"month": "2030-01-01", "week": "2030-02-07", "day": "2030-02-13", "nonsense": "2030-02-07"}[view]
    assert f"date={before}&amp;zone=Asia%2FTokyo&amp;q=one" in page


def test_the_calendar_is_searched_by_flow_and_by_schedule(browser: Client) -> None:
    for searched, found in (("ONE", True), ("hour", True), ("lab", False), ("none", False)):
        page = text(browser, "/schedules/calendar", date="2030-02-14", q=searched)
        assert (HOURLY in page) == found and "No schedules yet" not in page


@pytest.mark.parametrize("asked", [
    {"date": "soon", "zone": "Mars/Olympus"}, {"date": "0001-01-01", "view": "month"},
    {"date": "9999-12-31", "view": "month"}, {"date": "9999-12-31", "view": "week", "q": "\x7f"},
])  # fmt: skip
def test_a_calendar_of_nonsense_is_one_all_the_same(browser: Client, asked: dict[str, str]) -> None:
    assert "in Europe/Paris" in text(browser, "/schedules/calendar", **asked)


def test_a_calendar_without_schedules_says_where_they_come_from(browser: Client) -> None:
    flows.delete_flow("lab", "one", by="ada")
    assert "No schedules yet" in text(browser, "/schedules/calendar")


def test_a_schedule_is_shown_in_the_zone_that_it_names_also_where_its_times_cannot_be_told(browser: Client) -> None:
    flows.delete_flow("lab", "one", by="ada")
    untold = "type: io.kestra.plugin.core.trigger.ScheduleOnDates\n    dates: '{{ nothing.here }}'"
    hourly = 'type: io.kestra.plugin.core.trigger.Schedule\n    cron: "0 * * * *"'
    flows.create_flow(FLOW.replace(hourly, untold), by="ada")
    assert "From (Europe/Paris)" in text(browser, HOURLY)
    assert "in Europe/Paris" in text(browser, "/schedules/calendar")


def test_an_execution_leads_to_the_trigger_that_started_it(browser: Client) -> None:
    came = calls.Came("POST", {"Content-Type": ["application/json"]}, {}, b'{"a": 1}')
    number = calls.add(triggers.get("lab", "one", "hook").key, came, SystemClock().now(), status=404)
    browser.post(f"{HOOK}/act", {"verb": "repeat", "call": str(number)})
    (item,) = executions.search(Filters(flow_id="one")).items
    assert f'<a href="{HOOK}">hook</a>' in text(browser, f"/executions/{item.id}")
    flows.update_flow("lab", "one", FLOW.replace("id: hook", "id: other"), by="ada")
    assert f'href="{HOOK}"' not in text(browser, f"/executions/{item.id}")
