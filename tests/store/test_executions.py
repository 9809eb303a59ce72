"""Executions survive the database; leases are exclusive and fenced."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from builder.engine.states import State
from builder.errors import NotFound
from builder.flows.model import Concurrency
from builder.store import executions
from builder.store.executions import Filters, LogLine, MetricPoint, NewExecution, Saved
from tests.store.conftest import NOW, a_run, an_execution

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(seconds=1)
LATER = NOW + timedelta(minutes=5)


def made(**changes: object):
    return executions.create(NewExecution(an_execution(**changes)))


def claimed(execution_id: str, owner: str = "w1", now: datetime = SOON):
    claim = executions.claim(execution_id, owner, now, 10)
    assert claim is not None
    return claim


def ended(execution, state: State = State.SUCCESS, at: datetime = LATER):
    return replace(execution, state=state, history=(*execution.history, (State.RUNNING, SOON), (state, at)))


def test_an_execution_comes_back_as_it_went_in():
    first = a_run("each", outputs={"a": [1, "\x00", "\ud800"]}, evaluated={"values": [1]}, branch="errors")
    second = a_run("each[0]/say", parent="each", value="x", iteration=0, wake_at=LATER, child="c", message="why")
    execution = an_execution(
        inputs={"name": "Zoë", "at": "2026"},
        labels=(("b", "1"), ("a", "2")),
        trigger={"id": "t", "type": "x"},
        parent_id="p",
        parent_path="sub",
        runs={"each": first, "each[0]/say": second},
        message="m",
        attempt_number=2,
    )
    executions.create(NewExecution(execution))
    assert executions.load(execution.id) == (execution, 0)


def test_a_missing_execution_is_said_to_be_missing():
    with pytest.raises(NotFound, match="nowhere"):
        executions.load("nowhere")


def test_only_one_runner_gets_the_lease():
    execution = made()
    claim = claimed(execution.id)
    assert (claim.epoch, claim.lost, claim.alone, claim.losses) == (1, False, False, 0)
    assert executions.claim(execution.id, "w2", SOON, 10) is None


def test_a_lapsed_lease_goes_to_the_next_runner_who_learns_of_the_loss():
    execution = made()
    claimed(execution.id)
    second = claimed(execution.id, "w2", LATER)
    assert (second.epoch, second.lost, second.alone, second.losses) == (2, True, True, 0)
    third = claimed(execution.id, "w3", LATER + timedelta(minutes=1))
    assert (third.epoch, third.alone, third.losses) == (3, True, 1)


def test_what_came_through_is_no_longer_alone():
    execution = made()
    claimed(execution.id)
    second = claimed(execution.id, "w2", LATER)
    executions.save([Saved(execution, second.epoch, settled=True)], LATER)
    assert executions.claim_many([execution.id], "w3", LATER + timedelta(minutes=1), 10)[0].losses == 0


def test_a_fenced_runner_writes_nothing():
    execution, other = made(), made()
    old, good = claimed(execution.id), claimed(other.id)
    claimed(execution.id, "w2", LATER)
    run = a_run("say")
    result = executions.save(
        [
            Saved(
                replace(execution, state=State.RUNNING, runs={"say": run}),
                old.epoch,
                {"say"},
                [LogLine(NOW, "INFO", "old")],
            ),
            Saved(
                replace(other, state=State.RUNNING, runs={"say": run}),
                good.epoch,
                {"say"},
                [LogLine(NOW, "INFO", "good")],
            ),
        ],
        LATER,
    )
    assert result.fenced == {execution.id}
    assert executions.load(execution.id)[0].runs == {}
    assert executions.load(other.id)[0].runs == {"say": run}
    assert [line.message for line in executions.logs(other.id)] == ["good"]
    assert executions.logs(execution.id) == []


def test_a_heartbeat_tells_which_leases_are_lost():
    kept, lost = made(), made()
    for execution in (kept, lost):
        claimed(execution.id)
    claimed(lost.id, "w2", LATER)
    assert executions.renew("w1", {kept.id: 1, lost.id: 1}, LATER, 10) == {lost.id}
    assert executions.claim(kept.id, "w3", LATER + timedelta(seconds=5), 10) is None


def test_a_process_of_the_same_name_keeps_its_lease_from_the_one_before_it():
    execution = made()
    before, now = claimed(execution.id), claimed(execution.id, "w1", LATER)
    assert executions.renew("w1", {execution.id: before.epoch}, LATER, 100) == {execution.id}
    executions.hand_back({execution.id: before.epoch}, LATER)
    assert executions.item(execution.id).owner == "w1" and executions.due(LATER) == []
    assert executions.renew("w1", {execution.id: now.epoch}, LATER, 100) == set()
    executions.hand_back({execution.id: now.epoch}, LATER)
    assert executions.item(execution.id).owner == "" and executions.due(LATER) == [execution.id]


def test_sweep_finds_what_nobody_heard_what_woke_and_what_lapsed():
    unheard, waiting, lapsed, parked = made(), made(), made(), made()
    claimed(lapsed.id)
    for execution, wake_at in ((waiting, LATER), (parked, None)):
        executions.release(execution.id, claimed(execution.id).epoch, SOON, wake_at)
    assert executions.due(SOON) == [unheard.id]
    assert set(executions.due(LATER)) == {unheard.id, waiting.id, lapsed.id}
    executions.put_off([unheard.id, lapsed.id], LATER + timedelta(seconds=9), LATER)
    assert executions.due(LATER) == [waiting.id]


def test_an_execution_claimed_after_the_ring_is_not_put_off():
    execution = made()
    claimed(execution.id, now=LATER)
    executions.put_off([execution.id], LATER + timedelta(minutes=1), LATER)
    assert executions.due(LATER + timedelta(seconds=10)) == [execution.id]


def test_a_signal_that_came_before_parking_is_not_slept_over():
    execution = made()
    claim = claimed(execution.id)
    assert executions.send(execution.id, executions.KILL, SOON)
    running = replace(execution, state=State.PAUSED, history=(*execution.history, (State.PAUSED, SOON)))
    executions.save([Saved(running, claim.epoch, parked=True)], SOON)
    assert executions.due(SOON) == [execution.id]
    (signal,) = claimed(execution.id).signals
    assert signal.kind == executions.KILL
    executions.save([Saved(running, 2, consumed=[signal.id], parked=True)], SOON)
    assert executions.due(LATER) == []


def test_an_ended_execution_is_given_up_and_tells_its_parent():
    (parent,) = (made(),)
    child = made(parent_id=parent.id, parent_path="sub")
    executions.release(parent.id, claimed(parent.id).epoch, SOON)
    claim = claimed(child.id)
    result = executions.save([Saved(replace(ended(child), outputs={"x": 1}), claim.epoch)], LATER)
    assert result.ring == (parent.id,)
    (told,) = claimed(parent.id, now=LATER).signals
    assert (told.kind, told.payload) == (
        executions.CHILD_ENDED,
        {"path": "sub", "child": child.id, "state": "SUCCESS", "outputs": {"x": 1}},
    )
    assert executions.claim(child.id, "w", LATER, 10) is None
    assert not executions.send(child.id, executions.KILL, LATER)


def test_children_are_born_with_the_decision():
    parent = made()
    child = an_execution(parent_id=parent.id, parent_path="sub")
    saved = Saved(parent, claimed(parent.id).epoch, children=[NewExecution(child)])
    assert executions.save([saved], SOON).ring == (child.id,)
    assert executions.load(child.id)[0] == child


@pytest.mark.parametrize(("behavior", "state"), [("QUEUE", "QUEUED"), ("CANCEL", "CANCELLED"), ("FAIL", "FAILED")])
def test_a_full_flow_admits_as_its_limit_says(behavior: str, state: str):
    limit = Concurrency(1, behavior)
    executions.create(NewExecution(an_execution(), concurrency=limit))
    second = executions.create(NewExecution(an_execution(), concurrency=limit))
    assert second.state is State(state)
    assert ("concurrency limit" in second.message) == (behavior != "QUEUE")
    assert executions.claim(second.id, "w", SOON, 10) is None


def test_an_end_lets_the_oldest_queued_one_in():
    limit = Concurrency(1)
    first, second, third = [
        executions.create(NewExecution(an_execution(created_at=NOW + timedelta(seconds=n)), concurrency=limit))
        for n in range(3)
    ]
    result = executions.save([Saved(ended(first), claimed(first.id).epoch)], LATER)
    assert result.ring == (second.id,)
    assert executions.load(second.id)[0].state is State.CREATED
    assert executions.load(third.id)[0].state is State.QUEUED


def test_tokens_and_cost_add_up_exactly():
    execution = made()
    claim = claimed(execution.id)
    points = [
        MetricPoint(NOW, "total.tokens", 10, path="a"),
        MetricPoint(NOW, "cost", 0.1, "USD", path="a"),
        MetricPoint(NOW, "cost", Decimal("0.2"), "USD", path="b"),
    ]
    executions.save([Saved(execution, claim.epoch, metrics=points)], SOON)
    executions.save([Saved(execution, claim.epoch, metrics=[])], SOON)
    shown = executions.item(execution.id)
    assert (shown.tokens, shown.cost) == (10, Decimal("0.3"))
    assert executions.usage_by_path(execution.id)["a"] == {"total.tokens": 10, "cost": Decimal("0.1")}


def test_calls_without_a_known_price_are_counted_and_not_priced_at_nought():
    first, second = made(), made()
    unknown = MetricPoint(NOW, "cost.unknown", 1, "calls", path="a")
    paid = [MetricPoint(NOW, "cost", Decimal("0.2"), "USD", path="b"), MetricPoint(NOW, "usage.total.tokens", 7)]
    executions.save([Saved(first, claimed(first.id).epoch, metrics=[unknown])], SOON)
    executions.save([Saved(second, claimed(second.id).epoch, metrics=[unknown, unknown, *paid])], SOON)
    assert (executions.item(first.id).cost, executions.item(first.id).unpriced) == (None, 1)
    assert (executions.item(second.id).cost, executions.item(second.id).unpriced) == (Decimal("0.2"), 2)
    assert executions.spent(Filters()) == executions.Spent(7, Decimal("0.2"), 3)
    assert executions.spent(Filters(flow_id="nothing-of-that-name")) == executions.Spent(None, None, 0)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (float("nan"), Decimal(0)),
        (float("inf"), Decimal(10) ** 15),
        (1e300, Decimal(10) ** 15),
        (-1e300, -(Decimal(10) ** 15)),
        (1e-30, Decimal(0)),
    ],
)
def test_an_odd_number_never_stops_an_execution(value: float, kept: Decimal):
    execution = made()
    points = [MetricPoint(NOW, "total.tokens", value), MetricPoint(NOW, "x", value)]
    executions.save([Saved(execution, claimed(execution.id).epoch, metrics=points)], SOON)
    assert executions.metrics(execution.id)[1].value == kept


def test_the_leases_of_a_dead_namesake_lapse_at_once():
    execution = made()
    claimed(execution.id)
    assert executions.give_up("w1", SOON) == [execution.id]
    assert claimed(execution.id, "w1", SOON).lost


def test_a_removed_run_is_deleted_and_order_is_kept():
    execution = made()
    claim = claimed(execution.id)
    runs = {path: a_run(path) for path in ("b", "a", "c")}
    executions.save([Saved(replace(execution, runs=runs), claim.epoch, runs)], SOON)
    del runs["a"]
    executions.save([Saved(replace(execution, runs=runs), claim.epoch, {"a"})], SOON)
    assert list(executions.load(execution.id)[0].runs) == ["b", "c"]


def test_a_restarted_execution_is_fenced_from_its_old_runner_and_due():
    execution = made()
    claim = claimed(execution.id)
    again = replace(execution, state=State.RESTARTED)
    assert executions.replace_execution(again, LATER, due=True) == [execution.id]
    assert executions.save([Saved(execution, claim.epoch)], LATER).fenced == {execution.id}
    assert claimed(execution.id, "w2", LATER).execution.state is State.RESTARTED


def test_deleting_takes_everything_along():
    execution = made(labels=(("a", "b"),), runs={"x": a_run("x")})
    assert executions.delete([execution.id]) == 1
    assert executions.load_many([execution.id]) == {}
