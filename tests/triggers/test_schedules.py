"""Schedules fire each slot once, do not overlap, and say why a slot was left out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError

from builder.actions import flows
from builder.actions.triggers.times import times_of
from builder.clock import FixedClock, SystemClock
from builder.errors import Unavailable
from builder.models import Execution as ExecutionRow
from builder.models import Slot as SlotRow
from builder.runtime.runner.runner import Runner
from builder.schedule import Recover
from builder.store import executions, triggers
from builder.store.executions import Filters
from builder.store.triggers import calls, history
from builder.store.triggers import states as trigger_states
from builder.triggers.flow.firing import fire_flows
from builder.triggers.resuming import switch_on
from builder.triggers.schedule import forgetting, health
from builder.triggers.schedule.backfilling import run_backfills
from builder.triggers.schedule.firing import fire_due
from builder.triggers.schedule.timetable import upcoming
from builder.triggers.scheduler import Scheduler
from tests.runtime.conftest import ended

pytestmark = pytest.mark.django_db(transaction=True)

FLOW = """
id: hourly
namespace: lab
inputs:
  - id: day
    type: STRING
tasks:
  - id: log
    type: io.kestra.plugin.core.log.Log
    message: "{{ inputs.day }}"
triggers:
  - id: each_hour
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 * * * *"
    timezone: Europe/Paris
    inputs:
      day: "{{ trigger.date }}"
"""


def publish(source: str = FLOW) -> None:
    flows.create_flow(source, by="ada")


@pytest.fixture(autouse=True)
def half_past(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hour does not change while a test runs."""
    now = datetime.now(UTC).replace(minute=30)
    monkeypatch.setattr(SystemClock, "now", lambda _: now)


def next_hour() -> datetime:
    return (SystemClock().now() + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)


def trigger() -> triggers.Trigger:
    return triggers.get("lab", "hourly", "each_hour")


def started() -> list[str]:
    return [item.id for item in executions.search(Filters(flow_id="hourly")).items]


def test_a_slot_starts_one_execution_with_its_inputs() -> None:
    publish()
    clock = FixedClock(SystemClock().now())
    assert fire_due(clock) == 0
    clock.advance(next_hour() - clock.now())
    assert fire_due(clock) == 1
    assert fire_due(clock) == 0
    execution, _ = executions.load(started()[0])
    assert execution.trigger is not None
    assert datetime.fromisoformat(execution.inputs["day"]) == next_hour()
    assert execution.trigger["id"] == "each_hour"


def test_the_next_slot_waits_until_the_last_execution_has_ended() -> None:
    publish()
    clock = FixedClock(next_hour())
    assert fire_due(clock) == 1
    clock.advance(timedelta(hours=1))
    assert fire_due(clock) == 0
    assert "Waits until execution" in trigger().message


def test_a_late_start_says_why_it_is_late() -> None:
    publish()
    clock = FixedClock(next_hour())
    assert fire_due(clock) == 1
    for minutes in (65, 5):
        ended_at = clock.now() + timedelta(minutes=minutes)
        ExecutionRow.objects.filter(ended_at__isnull=True).update(ended_at=ended_at, state="SUCCESS")
        clock.advance(timedelta(hours=1, minutes=10))
        assert fire_due(clock) == 1
    newest, before, first = triggers.slots(trigger())
    assert newest.is_late and newest.reason == "Late: no scheduler came to it earlier."
    assert before.is_late and before.reason == f"Late: it waited until execution {first.execution_id} had ended."
    assert first.reason == "" == trigger().message


def test_a_slot_whose_inputs_do_not_fit_is_kept_with_the_reason() -> None:
    publish(FLOW.replace('"{{ trigger.date }}"', '"{{ nothing.here }}"'))
    assert fire_due(FixedClock(next_hour())) == 0
    slot = triggers.slots(trigger())[0]
    assert slot.state == "FAILED"
    assert "nothing" in slot.reason
    assert started() == []


def test_a_condition_that_does_not_hold_starts_nothing() -> None:
    publish(FLOW.replace("    timezone:", '    when: "{{ false }}"\n    timezone:'))
    assert fire_due(FixedClock(next_hour())) == 0
    assert triggers.slots(trigger())[0].state == "SKIPPED"


def test_a_switched_off_schedule_has_no_next_slots() -> None:
    publish()
    triggers.set_enabled("lab", "hourly", "each_hour", False, SystemClock().now())
    assert fire_due(FixedClock(next_hour())) == 0
    clock = FixedClock(next_hour())
    assert upcoming(trigger(), times_of(trigger(), clock), clock, 5) == []


def test_missed_slots_are_made_up_for_one_after_the_other() -> None:
    publish(FLOW.replace("    timezone:", "    allowConcurrent: true\n    timezone:"))
    clock = FixedClock(next_hour() + timedelta(hours=2))
    assert [fire_due(clock) for _ in range(4)] == [1, 1, 1, 0]
    assert len({slot.fire_at for slot in triggers.slots(trigger())}) == 3


def test_a_slot_waits_for_a_database_that_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    publish()

    def busy(*_: object, **__: object) -> None:
        raise Unavailable("busy")

    with monkeypatch.context() as patched:
        patched.setattr("builder.triggers.opening.run", busy)
        with pytest.raises(Unavailable):
            fire_due(FixedClock(next_hour()))
    assert triggers.slots(trigger()) == []
    assert fire_due(FixedClock(next_hour())) == 1


@pytest.mark.parametrize("error", [Unavailable("busy"), InterfaceError("closed"), OperationalError("gone")])
def test_the_scheduler_outlives_a_database_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    scheduler = Scheduler("one", SystemClock())
    monkeypatch.setattr("builder.triggers.scheduler.TICK_SECONDS", 0)
    ticks: list[float] = []

    def tick(monotonic: float) -> None:
        ticks.append(monotonic)
        if len(ticks) == 2:
            scheduler.stopping.set()
        raise error

    monkeypatch.setattr(scheduler, "tick", tick)
    scheduler.run()
    assert len(ticks) == 2


def test_after_a_standstill_leases_may_be_renewed_before_others_are_told_of_them(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """A laptop that slept, a database that was frozen: nobody was able to renew a lease meanwhile."""
    settings.MILLSTREAM = {**settings.MILLSTREAM, "LEASE_SECONDS": 10, "SWEEP_SECONDS": 1}
    swept: list[datetime] = []
    monkeypatch.setattr("builder.triggers.scheduler.sweep", swept.append)
    clock = FixedClock(next_hour())
    scheduler = Scheduler("one", clock)

    def looks(monotonic: float, later_by: float) -> int:
        clock.advance(timedelta(seconds=later_by))
        scheduler.tick(monotonic)
        return len(swept)

    assert [looks(0, 0), looks(1, 1), looks(2, 3600)] == [1, 2, 2], "it stood still"
    assert looks(6, 3600) == 2, "half a lease has not passed yet"
    assert looks(7, 3600) == 3, "however slow it is, this long and no longer"
    assert looks(8, 1) == 4


def test_the_scheduler_forgets_calls_of_webhooks_by_their_age(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr("builder.triggers.scheduler.sweep", lambda now: 0)
    settings.MILLSTREAM = {**settings.MILLSTREAM, "CALL_DAYS": 2}
    clock = FixedClock(next_hour())
    for hours in (49, 47):
        calls.add("lab/hourly/hook", calls.Came("POST", {}, {}, b"x"), clock.now() - timedelta(hours=hours), status=200)
    Scheduler("one", clock).tick(0)
    (kept,) = calls.last(["lab/hourly/hook"])
    assert kept.received_at == clock.now() - timedelta(hours=47)


def test_the_scheduler_forgets_slots_by_their_age(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr("builder.triggers.scheduler.sweep", lambda now: 0)
    settings.MILLSTREAM = {**settings.MILLSTREAM, "SLOT_DAYS": 2}
    clock, left = FixedClock(next_hour()), []
    for hours in (49, 47):
        at = clock.now() - timedelta(hours=hours)
        history.note_missed("lab/hourly/gone", [at], "why", at)
    scheduler = Scheduler("one", clock)
    for seconds, passed in ((0, 0), (10, 2), (forgetting.REST_SECONDS, 2)):
        clock.advance(timedelta(hours=passed))
        scheduler.tick(seconds)
        left.append(SlotRow.objects.filter(trigger="lab/hourly/gone").count())
    assert left == [1, 1, 0], "after a round it rests"


def test_stop_after_switches_a_schedule_off_as_soon_as_what_it_started_has_ended(runner: Runner) -> None:
    publish(FLOW.replace("    timezone:", "    stopAfter: [SUCCESS]\n    timezone:"))
    assert fire_due(FixedClock(next_hour())) == 1
    (execution,) = started()
    runner.take([execution])
    ended(execution)
    assert trigger().active
    fire_flows(SystemClock())
    assert not trigger().active
    (alert,) = health.alerts(SystemClock())
    reason = f"Switched off: execution {execution} ended SUCCESS (stopAfter)."
    assert alert.words == trigger().off_reason == reason and alert.execution_id == execution
    triggers.heed(trigger(), SystemClock().now())
    assert health.alerts(SystemClock()) == [] and trigger().off_reason == reason
    assert triggers.set_enabled(*trigger().place, True, SystemClock().now()).alarm == ""


def test_what_ended_before_a_schedule_was_switched_on_again_does_not_stop_it(runner: Runner) -> None:
    publish(FLOW.replace("    timezone:", "    stopAfter: [SUCCESS]\n    timezone:"))
    clock = FixedClock(next_hour())
    fire_due(clock)
    runner.take(started())
    ended(*started())
    fire_flows(SystemClock())
    clock.advance(timedelta(hours=2, minutes=30))
    assert not trigger().active
    switch_on(trigger(), Recover.LAST, clock)
    assert (fire_due(clock), run_backfills(clock)) == (0, 1)
    clock.advance(timedelta(hours=1))
    runner.take(started()[:1])
    ended(started()[0])
    assert fire_due(clock) == 1 and trigger().active
    assert [slot.state for slot in triggers.slots(trigger())] == ["FIRED", "FIRED", "MISSED", "FIRED"]


def played(policy: str, *, late_by: timedelta) -> list[str]:
    """What became of each slot after an outage of three slots, the oldest first."""
    publish(FLOW.replace("    timezone:", f"    allowConcurrent: true\n    {policy}\n    timezone:"))
    clock = FixedClock(next_hour() + timedelta(hours=2) + late_by)
    while fire_due(clock):
        pass
    return [slot.state for slot in reversed(triggers.slots(trigger()))]


@pytest.mark.parametrize(("policy", "states"), [
    ("recoverMissedSchedules: ALL", ["FIRED", "FIRED", "FIRED"]),
    ("recoverMissedSchedules: LAST", ["MISSED", "MISSED", "FIRED"]),
    ("recoverMissedSchedules: NONE", ["MISSED", "MISSED", "MISSED"]),
    ("lateMaximumDelay: PT1H30M", ["MISSED", "FIRED", "FIRED"]),
])  # fmt: skip
def test_after_an_outage_each_slot_becomes_what_the_schedule_says(policy: str, states: list[str]) -> None:
    assert played(policy, late_by=timedelta(minutes=10)) == states
    assert len(started()) == states.count("FIRED")
    for slot in triggers.slots(trigger()):
        assert (slot.state == "MISSED") == (policy.partition(":")[0] in slot.reason)


def test_after_a_year_of_outage_the_newest_hundred_are_started_and_the_rest_is_told() -> None:
    publish(FLOW.replace("    timezone:", "    allowConcurrent: true\n    timezone:"))
    clock = FixedClock(next_hour() + timedelta(days=365))
    assert fire_due(clock) == 1
    found = triggers.slots(trigger(), 1000)
    assert [slot.state for slot in found].count("MISSED") == 100
    assert found[0].state == "FIRED" and clock.now() - found[0].fire_at == timedelta(hours=99)
    assert "newest 100" in found[-1].reason


def test_a_slot_missed_while_the_last_execution_ran_names_that_execution() -> None:
    publish(FLOW.replace("    timezone:", "    recoverMissedSchedules: NONE\n    timezone:"))
    clock = FixedClock(next_hour())
    assert fire_due(clock) == 1
    clock.advance(timedelta(hours=1, minutes=30))
    assert fire_due(clock) == 0
    missed = triggers.slots(trigger())[0]
    assert missed.state == "MISSED" and f"execution {started()[0]} was still running" in missed.reason


def test_a_schedule_goes_on_behind_a_slot_that_a_backfill_took() -> None:
    publish(FLOW.replace("    timezone:", "    allowConcurrent: true\n    timezone:"))
    slot = next_hour()
    taken = triggers.fire(trigger(), slot, slot, next_at=None, state="FIRED")
    trigger_states.forget("lab", "hourly", "each_hour", slot - timedelta(minutes=1))
    assert taken is not None
    clock = FixedClock(slot + timedelta(hours=1))
    assert [fire_due(clock) for _ in range(3)] == [0, 1, 0]
    assert len(triggers.slots(trigger())) == 2


def test_the_times_that_passed_while_a_flow_was_disabled_are_missed() -> None:
    publish()
    at, definition = next_hour(), trigger().definition
    trigger_states.forget("lab", "hourly", "each_hour", at)
    triggers.declare("lab", "hourly", 2, [definition], disabled=True, now=at + timedelta(minutes=1))
    assert fire_due(FixedClock(at + timedelta(hours=1))) == 0
    back = at + timedelta(hours=2, minutes=1)
    triggers.declare("lab", "hourly", 3, [definition], disabled=False, now=back)
    assert trigger().off_at == at, "what it was looked at for the last time"
    assert fire_due(FixedClock(back)) == 0
    found = triggers.slots(trigger())
    assert [slot.fire_at for slot in found] == [at + timedelta(hours=2), at + timedelta(hours=1)]
    assert {slot.state for slot in found} == {"MISSED"} and "was off after" in found[0].reason
    assert trigger().off_at is None
    assert fire_due(FixedClock(at + timedelta(hours=3))) == 1
