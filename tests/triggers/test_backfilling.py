"""Backfills: past dates, each once, in order, one after the other; held, gone on with and given up by people."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from builder.actions import flows
from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.errors import BuilderError, Conflict, InvalidInput
from builder.models import Trigger as TriggerRow
from builder.runtime.runner.runner import Runner
from builder.store import executions, triggers
from builder.store.executions import Filters
from builder.store.triggers import Trigger, backfills, forgetting, history
from builder.triggers.schedule import backfilling
from builder.triggers.schedule.backfilling import begin, cancel, hold, run_backfills
from builder.triggers.schedule.calendar import Kind, calendar
from builder.triggers.schedule.firing import fire_due
from tests.runtime.conftest import ended

pytestmark = pytest.mark.django_db(transaction=True)
CLOCK = SystemClock()
FLOW = """
id: nightly
namespace: lab
inputs:
  - {id: day, type: STRING}
  - {id: size, type: INT, defaults: 1}
tasks:
  - {id: say, type: io.kestra.plugin.core.log.Log, message: "{{ inputs.day }}"}
triggers:
  - id: night
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "30 2 * * *"
    timezone: Europe/Paris
    allowConcurrent: true
    inputs: {day: "{{ trigger.date }}"}
"""
# Over the night when the clocks go forward in Paris (28 March 2021): 02:30 does not exist there and is 03:00.
START, END = datetime(2021, 3, 26, tzinfo=UTC), datetime(2021, 3, 30, tzinfo=UTC)
NIGHTS = ["2021-03-26T02:30:00+01:00", "2021-03-27T02:30:00+01:00", "2021-03-28T03:00:00+02:00",
          "2021-03-29T02:30:00+02:00"]  # fmt: skip


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builder.runtime.queue.ring_on_commit", lambda ids: None)


def published(source: str = FLOW) -> Trigger:
    flows.create_flow(source, by="ada")
    return trigger()


def trigger() -> Trigger:
    return triggers.get("lab", "nightly", "night")


def backfill() -> backfills.Backfill:
    found = trigger().backfill
    assert found is not None
    return found


def play(times: int = 20) -> int:
    return sum(run_backfills(CLOCK) for _ in range(times))


def started() -> list[Execution]:
    """Oldest first."""
    return [executions.load(item.id)[0] for item in reversed(executions.search(Filters(flow_id="nightly")).items)]


def test_each_date_is_started_once_and_in_order_also_when_the_clocks_change() -> None:
    begin(published(), START, END, CLOCK, labels=[("why", "late data")], inputs={"size": 7})
    assert backfill().total == 4
    assert play() == 4
    assert [one.inputs for one in started()] == [{"day": day, "size": 7} for day in NIGHTS]
    assert {dict(one.labels)["why"] for one in started()} == {"late data"}
    assert (started()[1].trigger or {})["variables"]["previous"] == NIGHTS[0]
    assert backfill().is_over and backfill().percent == 100
    assert play() == 0


def test_gaps_are_not_sought_where_it_is_not_known_any_more_what_ran() -> None:
    begin(published(), START, END, CLOCK)
    assert play() == 4
    executions.delete([one.id for one in started()])
    assert forgetting.forget_next(CLOCK.now(), 0) is None and triggers.slots(trigger()) == []
    with pytest.raises(InvalidInput, match=r"up to 2021-03-29 00:30:00 UTC have run is not known any more"):
        begin(trigger(), START, END, CLOCK, gaps_only=True)
    begin(trigger(), END - timedelta(hours=23), END + timedelta(days=1), CLOCK, gaps_only=True)
    assert play() == 1
    begin(cancel(trigger()), START, END, CLOCK)
    assert play() == 4, "every date was asked for"


def test_one_runs_after_the_other(runner: Runner) -> None:
    begin(published(FLOW.replace("    allowConcurrent: true\n", "")), START, END, CLOCK)
    assert play() == 1
    for count in (2, 3, 4):
        last = started()[-1].id
        runner.take([last])
        ended(last)
        assert play() == 1 and len(started()) == count


def test_a_new_date_of_the_schedule_does_not_run_beside_it() -> None:
    begin(published(FLOW.replace("    allowConcurrent: true\n", "").replace("30 2", "*/1 *")), START, END, CLOCK)
    assert play() == 1
    soon = CLOCK.now() + timedelta(minutes=2)

    class Soon:
        def now(self) -> datetime:
            return soon

    assert fire_due(Soon()) == 0
    assert "Waits until execution" in trigger().message


def test_it_can_be_held_gone_on_with_and_given_up() -> None:
    begin(published(), START, END, CLOCK, paused=True)
    assert play() == 0
    hold(trigger(), False)
    assert play(1) == 1
    hold(trigger(), True)
    assert play() == 0 and backfill().started == 1 and backfill().percent == 25
    hold(trigger(), False)
    assert play(1) == 1
    cancel(trigger())
    assert play() == 0 and trigger().backfill is None and len(started()) == 2
    with pytest.raises(Conflict, match="no backfill"):
        hold(trigger(), True)


def test_only_the_gaps_are_filled_when_that_is_asked() -> None:
    begin(published(), START, END, CLOCK)
    play(2)
    cancel(trigger())
    begin(trigger(), START, END, CLOCK, gaps_only=True)
    assert play() == 2
    assert [one.inputs["day"] for one in started()] == NIGHTS
    assert (backfill().started, backfill().passed) == (2, 2)
    cancel(trigger())
    begin(trigger(), START, END, CLOCK)
    assert play() == 4, "all, when all are asked for"


def test_what_a_backfill_ran_is_its_own_and_not_late() -> None:
    at = [datetime.fromisoformat(night).astimezone(UTC) for night in NIGHTS]
    history.note_missed(published().key, [at[0]], "Missed: nobody was there.", CLOCK.now())
    begin(trigger(), START, at[1] + timedelta(hours=1), CLOCK, gaps_only=True)
    play()
    found = {slot.fire_at: slot for slot in triggers.slots(trigger())}
    assert [(one.by_backfill, one.is_late, one.reason) for one in found.values()] == [(True, False, "")] * 2
    days = calendar(at[0].date(), 1, ZoneInfo("UTC"), CLOCK, [trigger()]).days
    entry = days[0].lines[0].first
    assert (entry.kind, entry.filled_at) == (Kind.BACKFILL, found[at[0]].made_at)


def test_two_schedulers_start_each_date_once(monkeypatch: pytest.MonkeyPatch) -> None:
    begin(published(), START, END, CLOCK)
    seen = triggers.backfilling()
    assert play(1) == 1
    monkeypatch.setattr("builder.store.triggers.backfilling", lambda: seen)
    assert play(3) == 0
    assert len(started()) == 1


def test_what_the_conditions_leave_out_is_passed_over() -> None:
    weekend = '    when: "{{ isWeekend(trigger.date) }}"\n    cron'
    begin(published(FLOW.replace("    cron", weekend)), START, END, CLOCK)
    assert play() == 2
    assert (backfill().started, backfill().passed) == (2, 2)


def test_dates_that_cannot_be_started_are_told_and_the_others_go_on() -> None:
    size = "{size: '{{ 3 / (dayOfMonth(trigger.date) - 27) }}', day: "
    begin(published(FLOW.replace("{day: ", size)), START, END, CLOCK)
    assert play() == 3
    assert (backfill().started, backfill().passed) == (3, 1)
    assert "Not started" in backfill().message
    failed = [slot for slot in triggers.slots(trigger()) if slot.execution_id is None]
    assert [slot.state for slot in failed] == ["FAILED"]


@pytest.mark.parametrize(("start", "end", "options", "error", "message"), [
    (END, START, {}, InvalidInput, "both in the past"),
    (START, datetime(2999, 1, 1, tzinfo=UTC), {}, InvalidInput, "both in the past"),
    (START, START + timedelta(minutes=1), {}, InvalidInput, "holds no date of this schedule"),
    (START, END, {"inputs": {"nothing": 1}}, InvalidInput, "no input `nothing`"),
    (START, END, {"labels": [("system.x", "y")]}, InvalidInput, "reserved"),
])  # fmt: skip
def test_what_cannot_be_is_refused(
    start: datetime, end: datetime, options: dict[str, object], error: type[BuilderError], message: str
) -> None:
    with pytest.raises(error, match=message):
        begin(published(), start, end, CLOCK, **options)  # type: ignore[arg-type]
    assert trigger().backfill is None


def test_too_many_dates_and_a_second_backfill_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    as_two_saw_it = published()
    begin(as_two_saw_it, START, END, CLOCK)
    first = backfill()
    with pytest.raises(Conflict, match="has a backfill already"):
        begin(as_two_saw_it, START, END, CLOCK)
    assert backfill() == first
    cancel(trigger())
    monkeypatch.setattr(backfilling, "MOST_DATES", 3)
    with pytest.raises(InvalidInput, match="more than 3 dates"):
        begin(trigger(), START, END, CLOCK)


def test_a_switched_off_trigger_rests_with_its_backfill() -> None:
    begin(published(), START, END, CLOCK)
    triggers.set_enabled("lab", "nightly", "night", False, CLOCK.now())
    assert play() == 0 and "It waits until the trigger is switched on" in trigger().backfill_message
    triggers.set_enabled("lab", "nightly", "night", True, CLOCK.now())
    assert play() == 4


def test_a_backfill_of_an_older_version_goes_on() -> None:
    begin(published(), START, END, CLOCK)
    kept = json.loads(backfill().written())
    old = {name: value for name, value in kept.items() if name not in ("pace_seconds", "started_at")}
    TriggerRow.objects.update(backfill=json.dumps(old))
    assert play() == 4 and backfill().is_over
