"""Schedules and their conditions: what is passed over keeps its reason, and next and previous follow them."""

from datetime import UTC, datetime, timedelta

import pytest

from builder.actions import flows
from builder.actions.triggers.times import times_of
from builder.clock import FixedClock
from builder.engine.states import State
from builder.store import executions, triggers
from builder.store.executions import Filters
from builder.triggers.schedule.firing import fire_due
from builder.triggers.schedule.timetable import upcoming
from builder.web.schedules.lines import rows

pytestmark = pytest.mark.django_db(transaction=True)

FLOW = """
id: daily
namespace: lab
tasks:
  - {{id: log, type: io.kestra.plugin.core.log.Log, message: hi}}
triggers:
  - id: t
{trigger}
"""
WEEKEND = """    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 9 * * *"
    timezone: Europe/Paris
    conditions:
      - type: io.kestra.plugin.core.condition.Weekend
"""
ON_DATES = """    type: io.kestra.plugin.core.trigger.ScheduleOnDates
    timezone: Europe/Paris
    allowConcurrent: true
    dates: ["2099-07-01T09:00:00", "2099-01-01T09:00:00Z"]
"""
CONDITION = "io.kestra.plugin.core.condition."


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builder.runtime.queue.ring_on_commit", lambda ids: None)


def publish(trigger: str) -> None:
    flows.create_flow(FLOW.format(trigger=trigger), by="ada")


def trigger() -> triggers.Trigger:
    return triggers.get("lab", "daily", "t")


def coming(weekday: int) -> datetime:
    """Nine in Paris on the next such day that has not come yet, in a year's January: one hour before UTC."""
    day = datetime(datetime.now(UTC).year + 1, 1, 8, 8, tzinfo=UTC)
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def fire_at(at: datetime) -> int:
    """As a scheduler does that has run all the time."""
    triggers.fire(trigger(), at - timedelta(days=1), at, next_at=at)
    return fire_due(FixedClock(at))


def test_a_slot_that_a_condition_passes_over_keeps_the_reason() -> None:
    publish(WEEKEND)
    assert fire_at(coming(2)) == 0
    slot = triggers.slots(trigger())[0]
    assert (slot.fire_at, slot.state) == (coming(2), "SKIPPED")
    assert slot.reason == "The condition Weekend did not hold."


def test_next_and_previous_are_slots_that_the_conditions_let_through() -> None:
    publish(WEEKEND)
    saturday = coming(5)
    assert fire_at(saturday) == 1
    (item,) = executions.search(Filters(flow_id="daily")).items
    variables = (executions.load(item.id)[0].trigger or {})["variables"]
    moments = {name: datetime.fromisoformat(text) for name, text in variables.items()}
    assert moments == {"date": saturday, "next": saturday + timedelta(days=1), "previous": saturday - timedelta(days=6)}


def test_a_condition_that_breaks_leaves_a_failed_execution() -> None:
    publish(WEEKEND.replace("Weekend", "DayWeek\n        dayOfWeek: SATURDAY\n        date: someday"))
    assert fire_at(coming(5)) == 0
    reason = (
        "The condition DayWeek counts as not holding, since it could not be told: `someday` is not a date; write it "
        "like 2027-01-15T10:00:00Z."
    )
    slot = triggers.slots(trigger())[0]
    assert (slot.state, slot.reason) == ("FAILED", reason)
    assert slot.execution_id is not None
    execution = executions.load(slot.execution_id)[0]
    assert (execution.state, execution.message, execution.runs) == (State.FAILED, reason, {})


def test_conditions_and_when_must_hold_alike() -> None:
    publish(WEEKEND + '    when: "{{ false }}"\n')
    assert fire_at(coming(5)) == 0
    assert triggers.slots(trigger())[0].reason == "`when` did not hold."


def test_the_older_name_of_conditions_counts_as_well() -> None:
    publish(WEEKEND.replace("    conditions", "    scheduleConditions"))
    assert fire_at(coming(2)) == 0


def test_the_page_lists_the_slots_that_the_conditions_let_through() -> None:
    publish(WEEKEND)
    clock = FixedClock(coming(2))
    moments = upcoming(trigger(), times_of(trigger(), clock), clock, 3)
    assert [moment.weekday() for moment in moments] == [5, 6, 5]
    (shown,) = rows([trigger()])
    assert shown["says"] == "At 09:00 every day, when its conditions hold"
    assert shown["cron"] == "0 9 * * *" and shown["zone"] == "Europe/Paris"


def test_set_dates_fire_once_each_and_then_rest() -> None:
    publish(ON_DATES)
    january, july = datetime(2099, 1, 1, 9, tzinfo=UTC), datetime(2099, 7, 1, 7, tzinfo=UTC)
    clock = FixedClock(datetime(2098, 12, 31, tzinfo=UTC))
    assert fire_due(clock) == 0
    assert trigger().next_at == january
    assert upcoming(trigger(), times_of(trigger(), clock), clock, 5) == [january, july]
    clock.advance(january - clock.now())
    assert [fire_due(clock), fire_due(clock)] == [1, 0]
    clock.advance(july - clock.now())
    assert [fire_due(clock), fire_due(clock)] == [1, 0]
    assert trigger().next_at is None
    assert triggers.due([trigger().type], clock.now()) == [] and triggers.next_due([trigger().type]) == []
    assert [slot.state for slot in triggers.slots(trigger())] == ["FIRED", "FIRED"]


def test_the_page_shows_set_dates() -> None:
    publish(ON_DATES)
    (shown,) = rows([trigger()])
    assert shown["says"] == "On 2 set dates"
    moments = shown["next"]
    assert isinstance(moments, list)
    assert [moment.isoformat() for moment in moments] == ["2099-01-01T10:00:00+01:00", "2099-07-01T09:00:00+02:00"]


def test_set_dates_may_come_from_an_expression() -> None:
    publish(ON_DATES.replace('["2099-07-01T09:00:00", "2099-01-01T09:00:00Z"]', "\"{{ ['2099-07-01T09:00:00'] }}\""))
    fire_due(FixedClock(datetime(2098, 12, 31, tzinfo=UTC)))
    assert trigger().next_at == datetime(2099, 7, 1, 7, tzinfo=UTC)
