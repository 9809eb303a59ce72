"""Old slots are forgotten, and nothing fires again for it."""

from datetime import datetime, timedelta

import pytest

from builder.models import Slot as SlotRow
from builder.store import executions, triggers
from builder.store.executions import NewExecution
from builder.store.triggers import FIRED, SKIPPED, backfills, forgetting, history
from builder.store.triggers.backfills import Backfill
from tests.store.conftest import NOW, an_execution

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LIMIT = NOW - 90 * DAY
KEY, GONE = "team/hello/hourly", "team/hello/gone"
PLACE = ("team", "hello", "hourly")


@pytest.fixture(autouse=True)
def schedule() -> None:
    """One that has been looked at up to a hundred days ago."""
    triggers.declare("team", "hello", 1, [{"id": "hourly", "type": "Schedule"}], disabled=False, now=NOW - 100 * DAY)


def slot(days: int, execution_id: str | None = "deleted", key: str = KEY, made: timedelta = timedelta(0)) -> datetime:
    """One of so many days ago, that was dealt with then or later."""
    at = NOW - days * DAY
    state = SKIPPED if execution_id is None else FIRED
    SlotRow.objects.create(trigger=key, fire_at=at, execution_id=execution_id, state=state, made_at=at + made)
    return at


def forget() -> None:
    behind: int | None = 0
    while behind is not None:
        behind = forgetting.forget_next(LIMIT, behind)


def known(key: str = KEY) -> list[int]:
    """The slots that are left, by how many days ago they were."""
    return [(NOW - at).days for at in SlotRow.objects.filter(trigger=key).values_list("fire_at", flat=True)]


@pytest.mark.parametrize("at_once", [1, 2, 500])
def test_slots_are_forgotten_by_their_age_unless_their_execution_is_kept(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(forgetting, "LOOKED_AT", at_once)
    kept = executions.create(NewExecution(an_execution())).id
    slot(130, kept)
    slot(120)
    newest = slot(110)
    slot(105, None)
    slot(104, made=50 * DAY)
    slot(120, key=GONE)
    slot(10, kept)
    slot(9)
    forget()
    assert (known(), known(GONE)) == ([130, 104, 10, 9], [])
    assert (history.forgotten_upto(KEY), history.forgotten_upto(GONE)) == (newest, NOW - 120 * DAY)


def test_what_is_forgotten_later_does_not_take_back_up_to_when_nothing_is_known() -> None:
    newest = slot(110)
    forget()
    slot(120)
    forget()
    assert known() == [] and history.forgotten_upto(KEY) == newest


def test_a_slot_that_its_schedule_has_not_come_to_is_kept() -> None:
    slot(95)
    forget()
    assert known() == [95], "a backfill took it while the schedule waits since a hundred days"
    (trigger,) = triggers.of_flow("team", "hello")
    assert triggers.fire(trigger, NOW - 95 * DAY, NOW, next_at=None, create=lambda: "again") is None
    forget()
    assert known() == []


def test_a_slot_of_a_pause_is_kept_until_somebody_says_what_becomes_of_it() -> None:
    triggers.set_enabled(*PLACE, False, NOW - 99 * DAY)
    slot(95)
    triggers.set_enabled(*PLACE, True, NOW)
    forget()
    assert known() == [95]
    triggers.forget_pause(triggers.get(*PLACE))
    forget()
    assert known() == []


def test_a_slot_that_a_backfill_starts_again_as_it_is_looked_at_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    at, needless = slot(120), forgetting._needless

    def meanwhile(old: list[SlotRow]) -> list[SlotRow]:
        found = needless(old)
        SlotRow.objects.filter(trigger=KEY, fire_at=at).update(execution_id="again", made_at=NOW)
        return found

    monkeypatch.setattr(forgetting, "_needless", meanwhile)
    forget()
    assert known() == [120] and history.forgotten_upto(KEY) is None


def a_backfill() -> Backfill:
    made = Backfill("b", NOW - 130 * DAY, NOW - 102 * DAY, 29, gaps_only=True)
    backfills.begin(PLACE, made)
    return made


def test_a_slot_that_a_backfill_is_yet_to_come_to_is_kept() -> None:
    slot(140)
    slot(120)
    made = a_backfill()
    forget()
    assert known() == [120]
    backfills.alter(PLACE, made, finished_at=NOW)
    forget()
    assert known() == []


@pytest.mark.parametrize(("days", "starts"), [(121, False), (120, False), (119, True)])
def test_a_backfill_of_gaps_starts_nothing_that_may_have_run(days: int, starts: bool) -> None:
    slot(120)
    forget()
    made = a_backfill()
    born: list[str] = []
    moved = backfills.move_on(
        PLACE, made, NOW - days * DAY, NOW, state=FIRED, create=lambda: born.append("new") or "new"
    )
    assert bool(born) is starts
    assert moved is not None and (moved.started, moved.passed) == (int(starts), int(not starts))
