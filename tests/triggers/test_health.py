"""A schedule that should have fired and did not is told, with the reason; what passed while it was off is asked."""

from datetime import UTC, datetime, timedelta

import pytest

from builder.actions import flows, secrets
from builder.clock import FixedClock, SystemClock
from builder.errors import Conflict
from builder.schedule import Recover
from builder.store import executions, processes, triggers
from builder.store.executions import Filters
from builder.store.triggers import history
from builder.triggers.resuming import passed_before, passed_while_off, switch_flow_on, switch_on, switched_on
from builder.triggers.schedule import backfilling, health
from builder.triggers.schedule.backfilling import run_backfills
from builder.triggers.schedule.firing import fire_due

pytestmark = pytest.mark.django_db(transaction=True)
FLOW = """
id: hourly
namespace: lab
tasks:
  - {id: log, type: io.kestra.plugin.core.log.Log, message: hi}
triggers:
  - id: each_hour
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 * * * *"
    MORE
"""
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builder.runtime.queue.ring_on_commit", lambda ids: None)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FixedClock:
    """At the next full hour, where a scheduler has just looked; for all others it stays half an hour earlier."""
    now = datetime.now(UTC).replace(minute=30, second=0, microsecond=0)
    monkeypatch.setattr(SystemClock, "now", lambda _: now)
    return FixedClock(now + HOUR / 2)


def publish(more: str = "allowConcurrent: true") -> None:
    flows.create_flow(FLOW.replace("MORE", more), by="ada")


def trigger() -> triggers.Trigger:
    return triggers.get("lab", "hourly", "each_hour")


def told(clock: FixedClock) -> list[str]:
    return [alert.words for alert in health.alerts(clock)]


def a_scheduler_runs(clock: FixedClock) -> None:
    processes.beat("one", "scheduler", clock.now(), started_at=clock.now())


def test_a_schedule_that_fires_is_nothing_to_tell(clock: FixedClock) -> None:
    publish()
    a_scheduler_runs(clock)
    assert fire_due(clock) == 1
    assert told(clock) == []


def test_a_time_that_nobody_fires_is_told_with_the_reason(clock: FixedClock) -> None:
    publish()
    fire_due(clock)
    clock.advance(HOUR + timedelta(seconds=30))
    assert told(clock) == [], "a moment is no delay"
    clock.advance(timedelta(minutes=1))
    assert told(clock) == ["It should have fired: no scheduler is running."]
    a_scheduler_runs(clock)
    assert told(clock) == ["It should have fired: the scheduler has not come to it yet."]
    assert [alert.words for alert in health.of_trigger(trigger(), clock)] == told(clock)


def test_a_time_that_waits_for_the_last_execution_is_told(clock: FixedClock) -> None:
    publish(more="")
    a_scheduler_runs(clock)
    fire_due(clock)
    clock.advance(HOUR + timedelta(seconds=30))
    fire_due(clock)
    assert told(clock) == [], "a moment is no delay"
    clock.advance(timedelta(minutes=1))
    fire_due(clock)
    a_scheduler_runs(clock)
    (said,) = told(clock)
    assert f"execution {trigger().last_execution_id} has not ended" in said


@pytest.mark.parametrize(("more", "reason"), [
    ("labels: {x: '{{ nothing.here }}'}", "nothing"),
    ("when: '{{ nothing.here }}'", "counts as not holding"),
    ("recoverMissedSchedules: NONE", "recoverMissedSchedules"),
])  # fmt: skip
def test_what_did_not_start_is_told_until_somebody_has_seen_it(clock: FixedClock, more: str, reason: str) -> None:
    publish(f"allowConcurrent: true\n    {more}")
    clock.advance(timedelta(minutes=5))
    a_scheduler_runs(clock)
    fire_due(clock)
    (alert,) = health.alerts(clock)
    assert reason in alert.words and alert.can_be_heeded and alert.count == 1
    triggers.heed(trigger(), clock.now())
    assert told(clock) == []
    clock.advance(2 * HOUR)
    a_scheduler_runs(clock)
    while any(slot.fire_at > clock.now() - HOUR for slot in triggers.slots(trigger())) is False:
        fire_due(clock)
    assert health.alerts(clock)[-1].count == 2
    clock.advance(timedelta(days=2))
    triggers.set_enabled(*trigger().place, False, clock.now())
    assert told(clock) == [], "what is off is not missed"


def test_a_condition_that_does_not_hold_is_nothing_to_tell(clock: FixedClock) -> None:
    publish("when: '{{ false }}'")
    a_scheduler_runs(clock)
    fire_due(clock)
    assert triggers.slots(trigger())[0].state == "SKIPPED" and told(clock) == []


def of_dates(clock: FixedClock, dates: str) -> str:
    """What is told of a schedule of such dates."""
    written = FLOW.replace('cron: "0 * * * *"', f"dates: {dates}").replace(".Schedule", ".ScheduleOnDates")
    flows.create_flow(written.replace("MORE", ""), by="ada")
    a_scheduler_runs(clock)
    fire_due(clock)
    (said,) = told(clock)
    return said


def test_set_dates_that_cannot_be_told_are_told(clock: FixedClock) -> None:
    said = of_dates(clock, "'{{ nothing.here }}'")
    assert "times cannot be told" in said and "nothing" in said


def test_why_set_dates_cannot_be_told_tells_no_secret(clock: FixedClock, caplog: pytest.LogCaptureFixture) -> None:
    secrets.set_value("lab", "DAY", "hush-hush-4711", by="ada")
    said = of_dates(clock, """["{{ secret('DAY') }}"]""")
    assert "`******` is not a date" in said and "hush" not in said + trigger().message + caplog.text


def test_what_others_did_not_start_does_not_hide_it(clock: FixedClock) -> None:
    long_ago = clock.now() - HOUR
    history.note_missed("lab/hourly/each_hour", [long_ago], "mine", long_ago)
    history.note_missed("lab/other/each_minute", [clock.now()], "theirs", clock.now())
    assert [slot.reason for slot in history.lost(long_ago - HOUR, ["lab/hourly/each_hour"], limit=1)] == ["mine"]


def off_for_three_hours(clock: FixedClock) -> None:
    publish()
    fire_due(clock)
    triggers.set_enabled(*trigger().place, False, clock.now() + timedelta(minutes=1))
    clock.advance(3 * HOUR + timedelta(minutes=2))


@pytest.mark.parametrize(("recover", "hours"), [(Recover.ALL, [1, 2, 3]), (Recover.LAST, [3]), (Recover.NONE, [])])
def test_switched_on_again_what_passed_is_run_as_people_say(
    clock: FixedClock, recover: Recover, hours: list[int]
) -> None:
    at = clock.now()
    off_for_three_hours(clock)
    passed = passed_while_off(trigger(), clock)
    assert passed is not None and passed.moments == tuple(at + n * HOUR for n in (1, 2, 3)) and not passed.more
    assert switch_on(trigger(), recover, clock).active
    while run_backfills(clock):
        pass
    fire_due(clock)
    found = {slot.fire_at: slot for slot in triggers.slots(trigger())}
    assert [n for n in (1, 2, 3) if found[at + n * HOUR].execution_id] == hours
    missed = [slot for slot in found.values() if slot.state == "MISSED"]
    assert len(missed) == 3 - len(hours) and all("was off after" in slot.reason for slot in missed)
    a_scheduler_runs(clock)
    assert told(clock) == [], "they were asked"
    assert executions.search(Filters(flow_id="hourly")).total == 1 + len(hours)


def test_switched_on_by_a_task_what_passed_is_missed_and_told(clock: FixedClock) -> None:
    off_for_three_hours(clock)
    triggers.set_enabled(*trigger().place, True, clock.now())
    a_scheduler_runs(clock)
    assert fire_due(clock) == 0
    assert [slot.state for slot in triggers.slots(trigger())] == ["MISSED"] * 3 + ["FIRED"]
    (said,) = told(clock)
    assert "was off after" in said and trigger().off_at is None


@pytest.mark.parametrize(("recover", "runs"), [(Recover.ALL, 3), (Recover.LAST, 1), (Recover.NONE, 0)])
def test_a_flow_switched_on_again_asks_the_same_as_its_schedule(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch, recover: Recover, runs: int
) -> None:
    publish()
    monkeypatch.setattr(flows, "_CLOCK", clock)
    fire_due(clock)
    flows.set_disabled("lab", "hourly", True, by="ada")
    clock.advance(3 * HOUR + timedelta(minutes=2))
    assert passed_while_off(trigger(), clock) is None, "it is the flow that is off"
    ((one, passed),) = passed_before(switched_on("lab", "hourly"), clock)
    assert (one.id, passed.count) == ("each_hour", 3)
    switch_flow_on("lab", "hourly", recover, clock, by="ada")
    assert passed_before(switched_on("lab", "hourly"), clock) == []
    while run_backfills(clock):
        pass
    a_scheduler_runs(clock)
    assert fire_due(clock) == 0 and told(clock) == []
    states = [slot.state for slot in triggers.slots(trigger())]
    assert states == ["FIRED"] * runs + ["MISSED"] * (3 - runs) + ["FIRED"]


def test_a_trigger_that_is_changed_while_times_wait_tells_that_they_are_missed(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(more="")
    monkeypatch.setattr(flows, "_CLOCK", clock)
    fire_due(clock)
    clock.advance(2 * HOUR + timedelta(minutes=2))
    assert fire_due(clock) == 0, "the first execution goes on"
    flows.update_flow("lab", "hourly", FLOW.replace("0 *", "30 *").replace("MORE", "allowConcurrent: true"), by="ada")
    found = triggers.slots(trigger())
    assert [slot.state for slot in found] == ["MISSED", "MISSED", "FIRED"] and "was changed" in found[0].reason
    clock.advance(HOUR / 2)
    assert fire_due(clock) == 1
    flows.set_disabled("lab", "hourly", True, by="ada")
    flows.set_disabled("lab", "hourly", False, by="ada")
    assert len(triggers.slots(trigger())) == 4, "a switch is no change"


def test_after_a_long_time_off_the_newest_hundred_are_asked_about(clock: FixedClock) -> None:
    off_for_three_hours(clock)
    clock.advance(timedelta(days=30))
    passed = passed_while_off(trigger(), clock)
    assert passed is not None and passed.count == 100 and passed.more
    switched = switch_on(trigger(), Recover.ALL, clock)
    assert switched.backfill is not None and switched.backfill.total == 100


def test_nothing_is_asked_where_nothing_passed_or_it_is_on(clock: FixedClock) -> None:
    publish()
    fire_due(clock)
    assert passed_while_off(trigger(), clock) is None
    triggers.set_enabled(*trigger().place, False, clock.now())
    assert passed_while_off(trigger(), FixedClock(clock.now() + timedelta(minutes=59))) is None


def test_what_passed_is_not_run_beside_a_backfill_that_goes_on(clock: FixedClock) -> None:
    publish()
    now = SystemClock()
    backfilling.begin(trigger(), now.now() - timedelta(days=2), now.now() - timedelta(days=1), now)
    triggers.set_enabled(*trigger().place, False, clock.now())
    clock.advance(2 * HOUR)
    with pytest.raises(Conflict, match="has a backfill already"):
        switch_on(trigger(), Recover.ALL, clock)
    assert not trigger().enabled
    assert switch_on(trigger(), Recover.NONE, clock).enabled
