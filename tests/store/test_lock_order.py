"""PostgreSQL alone: rows of flows, and of executions, are held in one order, so that nobody waits in a circle."""

import random
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection

from builder.actions import executions as execution_actions
from builder.actions import flows as flow_actions
from builder.engine.execution import Execution
from builder.engine.states import State
from builder.errors import NotFound
from builder.flows.model import Concurrency
from builder.models import Execution as ExecutionRow
from builder.runtime import queue
from builder.runtime.runner.born import making
from builder.store import executions, flows, gate, triggers
from builder.store.executions import NewExecution, Saved, reading
from tests.doubles.patience import PATIENCE_SECONDS
from tests.store.conftest import NOW, a_run, an_execution
from tests.store.test_races import at_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL; SQLite has one writer at a time"),
]
ROUNDS = 25
SCHEDULE = {"id": "hourly", "type": "Schedule"}
FLOW = "id: {}\nnamespace: team\n{}tasks: [{{id: say, type: io.kestra.plugin.core.log.Log, message: hi}}]\n"
FLOWS = ("hello", "one", "two", "three", "four")


@pytest.fixture(autouse=True)
def nothing_is_done_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the database undid would else not be seen."""
    monkeypatch.setattr(gate, "_TRIES", 1)
    monkeypatch.setattr(queue, "ring", lambda ids: None)


class Busy:
    """What one process does with one flow, again and again; all of it at the same time as the others."""

    def __init__(self, seed: int, place: int) -> None:
        self.random, self.place = random.Random(100 * seed + place), place

    def work(self) -> None:
        for number in range(ROUNDS):
            self.random.choice(self.deeds())(number)

    def deeds(self) -> Sequence[Callable[[int], object]]:
        return [self.publish, self.start, self.start, self.run, self.run, self.kill, self.fire]

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


class Related(Busy):
    """The same with executions that start each other, in any order of their ids: ends are told to parents."""

    def deeds(self) -> Sequence[Callable[[int], object]]:
        often = [self.bear, self.end, self.end, self.end, self.beat, self.beat]
        return [*often, self.put_off, self.ask, self.leave, self.limit, self.delete]

    def some(self, count: int) -> list[str]:
        found = executions.ids(executions.Filters(states=(State.CREATED,)), 30)
        return self.random.sample(found, min(count, len(found)))

    def bear(self, number: int) -> None:
        for flow in ("hello", "one"):
            for parent in [*self.some(8), None]:
                born = an_execution(flow_id=flow, parent_id=parent, parent_path="call")
                executions.create(NewExecution(born))

    def claimed(self) -> list[executions.Claim]:
        return executions.claim_many(self.some(12), f"w{self.place}", NOW, 100)

    def end(self, number: int) -> None:
        """In the order in which they happen to end."""
        executions.save([Saved(_ended(claim.execution), claim.epoch) for claim in self.claimed()], NOW)

    def beat(self, number: int) -> None:
        held = {claim.execution.id: claim.epoch for claim in self.claimed()}
        executions.renew(f"w{self.place}", held, NOW, 100)
        executions.hand_back(held, NOW)

    def put_off(self, number: int) -> None:
        executions.put_off(self.some(20), NOW, NOW)

    def ask(self, number: int) -> None:
        for one in self.some(2):
            executions.send(one, executions.PAUSE, NOW)

    def leave(self, number: int) -> None:
        """A process of the same name starts anew."""
        executions.give_up(f"w{self.random.randrange(6)}", NOW)

    def limit(self, number: int) -> None:
        some = self.random.sample(["hello", "one"], 2)
        executions.change_limits({("team", one): self.random.choice([None, Concurrency(1)]) for one in some}, NOW)

    def delete(self, number: int) -> None:
        executions.delete(self.some(4))


class Importing(Busy):
    """Several flows at once, in any order: brought in, deleted, and executions of all of them that end."""

    def deeds(self) -> Sequence[Callable[[int], object]]:
        return [self.bring, self.bring, self.delete, self.start, self.run]

    def bring(self, number: int) -> None:
        limits = ["", "concurrency: {limit: 1}\n", "concurrency: {limit: 2}\n"]
        some = self.random.sample(FLOWS, 3)
        texts = [FLOW.format(one, f"description: d{number}\n{self.random.choice(limits)}") for one in some]
        flow_actions.save_flows(texts, partial(flow_actions.save_flow, by="ada"))

    def delete(self, number: int) -> None:
        with suppress(NotFound):
            flow_actions.delete_flows([("team", one) for one in self.random.sample(FLOWS, 2)], by="ada")

    def start(self, number: int) -> None:
        for one in self.random.sample(FLOWS, 3):
            born = an_execution(flow_id=one)
            executions.create(NewExecution(born, concurrency=self.random.choice([None, Concurrency(1)])))


def _ended(execution: Execution) -> Execution:
    return replace(execution, state=State.SUCCESS, history=(*execution.history, (State.SUCCESS, NOW)))


@pytest.mark.parametrize("kind", [Busy, Related, Importing])
@pytest.mark.parametrize("seed", range(2))
def test_nobody_waits_in_a_circle(seed: int, kind: type[Busy]):
    flows.publish(namespace="team", flow_id="hello", source="x", by="ada", now=NOW)
    triggers.declare("team", "hello", 1, [SCHEDULE], disabled=False, now=NOW)
    assert at_once(lambda place: kind(seed, place).work(), 6) == [None] * 6


def test_what_the_database_undid_is_done_anew(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gate, "_TRIES", 3)
    ids = [executions.create(NewExecution(an_execution())).id for _ in range(2)]
    both_hold_one, tried = threading.Barrier(2), [0, 0]

    @gate.unit
    def cross(place: int) -> str:
        tried[place] += 1
        with gate.write():
            gate.lock_executions([ids[place]])
            if tried[place] == 1:
                both_hold_one.wait(PATIENCE_SECONDS)
            gate.lock_executions([ids[1 - place]])
        return "done"

    assert at_once(cross, 2) == ["done", "done"]
    assert sorted(tried) == [1, 2]


@pytest.mark.parametrize("act", [execution_actions.kill, execution_actions.unqueue, execution_actions.force_run])
def test_what_waits_is_not_let_in_while_a_person_takes_it_out(
    monkeypatch: pytest.MonkeyPatch, act: Callable[[str], Execution]
) -> None:
    """Else a runner could have begun it, and that is not known to what is written over it."""
    first, second = (executions.create(NewExecution(an_execution(), concurrency=Concurrency(1))) for _ in range(2))
    ExecutionRow.objects.filter(id=first.id).update(state="SUCCESS", ended_at=NOW)
    load, seen = reading.load, []

    def meanwhile(execution_id: str) -> tuple[Execution, int]:
        found = load(execution_id)
        at_once(lambda _: executions.promote_waiting(NOW), 1)
        seen.append(executions.states([execution_id])[execution_id])
        return found

    monkeypatch.setattr(reading, "load", meanwhile)
    monkeypatch.setattr(executions, "load", meanwhile)
    act(second.id)
    assert seen == [State.QUEUED]


def _is_free(table: str, **named: str) -> bool:
    with gate.write():
        return gate.lock_row_if_free(table, **named)


@pytest.mark.parametrize("act", [
    execution_actions.restart,
    lambda one: execution_actions.mark(one, "say", State.SUCCESS),
    lambda one: execution_actions.change_status(one, State.WARNING),
    lambda one: execution_actions.set_labels(one, [("a", "b")]),
    lambda one: making.restart_child(one, NOW),
])  # fmt: skip
def test_what_has_ended_is_changed_by_one_at_a_time(
    monkeypatch: pytest.MonkeyPatch, act: Callable[[str], object]
) -> None:
    """Who comes second reads what the first one wrote, and does not begin it once more."""
    flow_actions.create_flow(FLOW.format("hello", ""), by="ada")
    failed = _ended(an_execution(runs={"say": a_run("say", State.FAILED)}))
    one = executions.create(NewExecution(replace(failed, state=State.FAILED))).id
    load, free = reading.load_many, []

    def meanwhile(ids: Sequence[str], **options: bool) -> dict[str, tuple[Execution, int]]:
        free.extend(at_once(lambda _: _is_free("builder_execution", id=one), 1))
        return load(ids, **options)

    monkeypatch.setattr(executions, "load_many", meanwhile)
    monkeypatch.setattr(executions, "load", lambda execution_id: meanwhile([execution_id])[execution_id])
    act(one)
    assert free == [False]


def test_a_flow_is_not_published_while_a_person_switches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the switch would be put into a text that is old by now, and what somebody else wrote be gone."""
    flow_actions.create_flow(FLOW.format("hello", ""), by="ada")
    revision, free = flows.revision, []

    def meanwhile(*place: Any) -> flows.Revision:
        free.extend(at_once(lambda _: _is_free("builder_flow", namespace="team", flow_id="hello"), 1))
        return revision(*place)

    monkeypatch.setattr(flows, "revision", meanwhile)
    flow_actions.set_disabled("team", "hello", True, by="ada")
    assert free and not any(free)
