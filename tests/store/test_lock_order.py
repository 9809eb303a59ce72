"""PostgreSQL alone: rows of a flow, and of its executions, are held in one order, so that nobody waits in a circle."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from builder.engine.execution import Execution
from builder.engine.states import State
from builder.flows.model import Concurrency
from builder.store import executions, flows, gate, triggers
from builder.store.executions import NewExecution, Saved
from tests.store.conftest import NOW, an_execution
from tests.store.test_races import at_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL; SQLite has one writer at a time"),
]
ROUNDS = 25
SCHEDULE = {"id": "hourly", "type": "Schedule"}


class Busy:
    """What one process does with one flow, again and again; all of it at the same time as the others."""

    def __init__(self, seed: int, place: int) -> None:
        self.random, self.place = random.Random(100 * seed + place), place

    def work(self) -> None:
        for number in range(ROUNDS):
            self.random.choice([self.publish, self.start, self.start, self.run, self.run, self.kill, self.fire])(number)

    def publish(self, number: int) -> None:
        limit = self.random.choice([None, Concurrency(1), Concurrency(2)])
        with gate.write():
            executions.change_limit("team", "hello", limit, NOW)
            text = f"{self.place} {number}"
            revision = flows.publish(namespace="team", flow_id="hello", source=text, by="ada", now=NOW)
            triggers.declare("team", "hello", revision.number, [SCHEDULE], disabled=False, now=NOW)

    def start(self, number: int) -> None:
        executions.create(NewExecution(an_execution(), concurrency=Concurrency(self.random.choice([1, 2]))))

    def fire(self, number: int) -> None:
        """A schedule holds its trigger, and creates."""
        at = NOW + timedelta(seconds=self.place * ROUNDS + number)
        trigger = triggers.get("team", "hello", "hourly")
        limited = NewExecution(an_execution(), concurrency=Concurrency(1))
        triggers.fire(trigger, at, at, next_at=None, create=lambda: executions.create(limited).id)

    def run(self, number: int) -> None:
        """Some executions end together, one of them after it has made a child."""
        ids = executions.ids(executions.Filters(states=(State.CREATED,)), 5)
        claims = [claim for one in ids if (claim := executions.claim(one, f"w{self.place}", NOW, 100))]
        executions.save([Saved(_ended(claim.execution), claim.epoch, children=self._child()) for claim in claims], NOW)

    def _child(self) -> tuple[NewExecution, ...]:
        return (NewExecution(an_execution(), concurrency=Concurrency(1)),) if self.random.random() < 0.2 else ()

    def kill(self, number: int) -> None:
        """A person ends what waits in the queue."""
        for one in executions.ids(executions.Filters(states=(State.QUEUED,)), 1):
            executions.replace_execution(_ended(executions.load(one)[0]), NOW, due=False)


def _ended(execution: Execution) -> Execution:
    return replace(execution, state=State.SUCCESS, history=(*execution.history, (State.SUCCESS, NOW)))


@pytest.mark.parametrize("seed", range(2))
def test_nobody_waits_in_a_circle(seed: int):
    flows.publish(namespace="team", flow_id="hello", source="x", by="ada", now=NOW)
    triggers.declare("team", "hello", 1, [SCHEDULE], disabled=False, now=NOW)
    assert at_once(lambda place: Busy(seed, place).work(), 6) == [None] * 6
