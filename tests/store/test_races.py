"""What must hold when several processes do the same at once; threads with their own connections stand for processes."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import connection

from builder.engine.states import State
from builder.errors import StaleRevision
from builder.flows.model import Concurrency
from builder.store import executions, flows, triggers
from builder.store.executions import NewExecution, Saved
from builder.store.triggers import backfills
from builder.store.triggers.backfills import Backfill
from tests.doubles.patience import PATIENCE_SECONDS
from tests.store.conftest import NOW, an_execution

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(work: Callable[[int], object], count: int = 5) -> list[object]:
    """What each of `count` threads that start together came to: its result or its exception."""
    barrier = threading.Barrier(count)
    results: list[object] = [None] * count

    def run(place: int) -> None:
        barrier.wait(PATIENCE_SECONDS)
        try:
            results[place] = work(place)
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_each_execution_is_claimed_by_one():
    ids = [executions.create(NewExecution(an_execution())).id for _ in range(20)]
    claims = at_once(lambda place: [claim for key in ids if (claim := executions.claim(key, f"w{place}", NOW, 10))])
    taken = [claim.execution.id for found in claims for claim in found]  # type: ignore[attr-defined]
    assert sorted(taken) == sorted(ids)


def test_a_slot_is_fired_by_one_scheduler():
    triggers.declare("team", "hello", 1, [{"id": "t", "type": "Schedule"}], disabled=False, now=NOW)
    trigger = triggers.get("team", "hello", "t")
    slots = at_once(
        lambda _: triggers.fire(
            trigger, NOW, NOW, next_at=None, create=lambda: executions.create(NewExecution(an_execution())).id
        )
    )
    assert sum(slot is not None for slot in slots) == 1
    assert executions.search(executions.Filters()).total == 1


def test_of_backfills_that_are_asked_for_at_once_one_begins():
    triggers.declare("team", "hello", 1, [{"id": "t", "type": "Schedule"}], disabled=False, now=NOW)
    place = ("team", "hello", "t")
    begun = at_once(lambda number: backfills.begin(place, Backfill(f"{number}", NOW, NOW, 1)))
    kept = triggers.get(*place).backfill
    assert kept is not None and begun == [f"{number}" == kept.id for number in range(5)]


def test_a_concurrency_limit_is_never_passed():
    flows.publish(namespace="team", flow_id="hello", source="x", by="ada", now=NOW)
    born = at_once(lambda _: executions.create(NewExecution(an_execution(), concurrency=Concurrency(2))).state)
    assert sorted(map(str, born)) == ["CREATED", "CREATED", "QUEUED", "QUEUED", "QUEUED"]


def test_ends_at_once_let_in_as_many_as_there_is_room():
    flows.publish(namespace="team", flow_id="hello", source="x", by="ada", now=NOW)
    limit = Concurrency(2)
    born = [executions.create(NewExecution(an_execution(), concurrency=limit)) for _ in range(6)]
    claims = [executions.claim(execution.id, "w", NOW, 10) for execution in born[:2]]

    def end(place: int) -> object:
        claim = claims[place]
        assert claim
        done = replace(claim.execution, state=State.SUCCESS, history=(*claim.execution.history, (State.SUCCESS, NOW)))
        return executions.save([Saved(done, claim.epoch)], NOW)

    at_once(end, 2)
    assert executions.counts(executions.Filters()) == {State.SUCCESS: 2, State.CREATED: 2, State.QUEUED: 2}


def test_of_two_publishes_from_one_base_the_second_is_told():
    flows.publish(namespace="team", flow_id="hello", source="x", by="ada", now=NOW)
    published = at_once(
        lambda place: flows.publish(
            namespace="team", flow_id="hello", source=f"{place}", by="ada", now=NOW, base_revision=1
        ),
        3,
    )
    assert sum(isinstance(result, StaleRevision) for result in published) == 2
    assert [revision.number for revision in flows.revisions("team", "hello")] == [1, 2]
