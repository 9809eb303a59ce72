"""A slot fires once, whoever wants to fire it; switches and new revisions are respected."""

from datetime import timedelta

import pytest

from builder.engine.states import State
from builder.errors import NotFound
from builder.store import executions, triggers, vitals
from builder.store.executions import NewExecution, Saved
from builder.store.triggers import backfills, changes, history
from builder.store.triggers.backfills import Backfill
from tests.store.conftest import NOW, an_execution

pytestmark = pytest.mark.django_db
SCHEDULE = {"id": "hourly", "type": "Schedule", "cron": "0 * * * *"}
SLOT, NEXT = NOW + timedelta(hours=1), NOW + timedelta(hours=2)


def declared(**changes: object) -> triggers.Trigger:
    triggers.declare("team", "hello", 1, [{**SCHEDULE, **changes}], disabled=False, now=NOW)
    return triggers.get("team", "hello", "hourly")


def fire(trigger: triggers.Trigger) -> triggers.Slot | None:
    return triggers.fire(
        trigger, SLOT, NOW, next_at=NEXT, create=lambda: executions.create(NewExecution(an_execution())).id
    )


def test_a_new_trigger_is_due_until_it_is_planned():
    trigger = declared()
    assert triggers.due(["Schedule"], NOW) == [trigger]
    assert triggers.plan(trigger, SLOT)
    assert triggers.due(["Schedule"], NOW) == []
    assert [due.id for due in triggers.due(["Schedule"], SLOT)] == ["hourly"]
    assert [due.id for due in triggers.next_due(["Schedule"])] == ["hourly"]


def test_a_slot_fires_once():
    trigger = declared()
    slot = fire(trigger)
    assert slot and slot.execution_id
    assert fire(trigger) is None
    after = triggers.get("team", "hello", "hourly")
    assert (after.last_at, after.next_at, after.last_execution_id) == (SLOT, NEXT, slot.execution_id)
    assert triggers.slots(trigger) == [slot]
    assert executions.search(executions.Filters()).total == 1
    assert history.running_among([slot.execution_id, "gone"]) == {slot.execution_id}


def test_a_trigger_put_back_does_not_fire_its_slot_again():
    fire(declared())
    triggers.declare("team", "hello", 2, [], disabled=False, now=NOW)
    triggers.declare("team", "hello", 3, [SCHEDULE], disabled=False, now=NOW)
    assert fire(triggers.get("team", "hello", "hourly")) is None


def test_neither_an_old_revision_nor_a_switched_off_trigger_fires():
    old = declared()
    triggers.declare("team", "hello", 2, [SCHEDULE], disabled=False, now=NOW)
    assert fire(old) is None
    new = triggers.get("team", "hello", "hourly")
    triggers.set_enabled("team", "hello", "hourly", False, NOW)
    assert fire(new) is None
    assert triggers.due(["Schedule"], NEXT) == []
    assert not triggers.plan(new, NEXT)


def test_a_trigger_disabled_in_the_text_or_with_its_flow_rests():
    assert not declared(disabled=True).active
    triggers.declare("team", "hello", 2, [SCHEDULE], disabled=True, now=NOW)
    assert not triggers.get("team", "hello", "hourly").active


def test_switching_on_counts_from_now():
    triggers.plan(declared(), SLOT)
    triggers.set_enabled("team", "hello", "hourly", False, NOW)
    on = triggers.set_enabled("team", "hello", "hourly", True, NEXT)
    assert (on.next_at, on.since) == (None, NEXT)


def test_an_unchanged_trigger_keeps_its_plan_over_a_publish():
    triggers.plan(declared(), SLOT)
    triggers.declare("team", "hello", 2, [SCHEDULE], disabled=False, now=NEXT)
    assert triggers.get("team", "hello", "hourly").next_at == SLOT


def test_one_setting_says_when_a_schedule_is_late_and_overdue(settings):
    timed, asked = ("io.kestra.plugin.core.trigger.Schedule", "io.kestra.plugin.core.http.Trigger")
    some = [{"id": "hourly", "type": timed}, {"id": "filled", "type": timed}, {"id": "polls", "type": asked}]
    triggers.declare("team", "hello", 1, some, disabled=False, now=NOW)
    for trigger in triggers.of_flow("team", "hello"):
        triggers.plan(trigger, SLOT)
    over = Backfill("one", NOW, SLOT, 1, finished_at=SLOT)
    backfills.begin(("team", "hello", "filled"), over)
    for seconds in (60, 1):
        settings.MILLSTREAM = {**settings.MILLSTREAM, "SCHEDULE_GRACE_SECONDS": seconds}
        at = SLOT + timedelta(seconds=seconds)
        for moment, late in ((at, False), (at + timedelta(milliseconds=1), True)):
            assert vitals.overdue_schedules(moment) == (2 if late else 0)
            assert triggers.Slot("x", SLOT, "y", "FIRED", "", moment).is_late is late


def test_a_missing_trigger_is_said_to_be_missing():
    with pytest.raises(NotFound, match="hourly"):
        triggers.get("team", "hello", "hourly")


def test_ends_are_noted_only_when_a_flow_trigger_listens():
    def end() -> str:
        execution = executions.create(NewExecution(an_execution()))
        claim = executions.claim(execution.id, "w", NOW, 10)
        assert claim
        history = (*execution.history, (State.SUCCESS, NOW))
        after = an_execution(id=execution.id, state=State.SUCCESS, history=history)
        executions.save([Saved(after, claim.epoch, passed=history[1:])], NOW)
        return execution.id

    end()
    assert changes.waiting() == []
    triggers.declare(
        "team", "after", 1, [{"id": "t", "type": "io.kestra.plugin.core.trigger.Flow"}], disabled=False, now=NOW
    )
    ended = end()
    (change,) = changes.waiting()
    assert (change.execution_id, change.state) == (ended, "SUCCESS")
    assert changes.take(change)
    assert not changes.take(change)
