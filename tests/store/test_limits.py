"""A flow's limit holds for each key, whatever happens to its executions; no place is ever lost, none given twice."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from builder.engine.execution import Execution
from builder.engine.states import TERMINAL, State
from builder.errors import TooMany
from builder.flows.model import Concurrency
from builder.models import Execution as Row
from builder.runtime.sweep import sweep
from builder.store import executions
from builder.store.executions import NewExecution, Saved, limits
from tests.store.conftest import NOW, an_execution

pytestmark = pytest.mark.django_db
PLACE = {"namespace": "team", "flow_id": "hello"}


def create(concurrency: Concurrency | None, key: str = "", at: datetime = NOW, **more: object) -> Execution:
    new = NewExecution(an_execution(created_at=at), concurrency=concurrency, concurrency_key=key, **more)  # type: ignore[arg-type]
    return executions.create(new)


def test_each_key_has_the_limit_for_itself() -> None:
    limit = Concurrency(1, key="{{ inputs.customer }}")
    assert [create(limit, key).state.value for key in ("a", "b", "a", "c", "b")] == [
        "CREATED", "CREATED", "QUEUED", "CREATED", "QUEUED",
    ]  # fmt: skip


def test_an_end_lets_in_who_waits_for_the_same_key() -> None:
    limit = Concurrency(1, key="x")
    first, _, waiting = create(limit, "a"), create(limit, "b"), create(limit, "b")
    same = create(limit, "a")
    assert end(first) == (same.id,)
    assert executions.load(waiting.id)[0].state is State.QUEUED


@pytest.mark.parametrize(("when_full", "state"), [("CANCEL", State.CANCELLED), ("FAIL", State.FAILED)])
def test_a_full_queue_takes_nobody_more(when_full: str, state: State) -> None:
    limit = Concurrency(1, queue_limit=1, when_full=when_full)
    born = [create(limit) for _ in range(3)]
    assert [one.state for one in born] == [State.CREATED, State.QUEUED, state]
    assert "1 waiting execution" in born[2].message and "queueLimit" in born[2].message
    with pytest.raises(TooMany, match="queueLimit"):
        create(limit, refused_when_full=True)
    assert create(limit, "another key").state is State.CREATED


def test_without_a_key_all_share_one_limit_again() -> None:
    limit = Concurrency(1, key="x")
    first = create(limit, "a")
    create(limit, "b")
    waiting = create(limit, "a")
    assert executions.change_limit(*PLACE.values(), Concurrency(1), NOW) == []
    assert end(first) == ()
    assert executions.load(waiting.id)[0].state is State.QUEUED
    assert executions.change_limit(*PLACE.values(), Concurrency(2), NOW) == [waiting.id]


def test_a_limit_that_stays_writes_nothing_and_another_one_is_written() -> None:
    create(None)
    for limit, writes in ((None, 0), (Concurrency(2), 1), (Concurrency(2), 0), (Concurrency(3), 1), (None, 1)):
        with CaptureQueriesContext(connection) as done:
            executions.change_limit(*PLACE.values(), limit, NOW)
        assert sum(one["sql"].startswith("UPDATE") for one in done.captured_queries) == writes
        assert list(Row.objects.values_list("concurrency_limit", flat=True)) == [limit.limit if limit else None]


def test_who_was_not_let_in_by_an_end_is_let_in_by_the_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[list[str]] = []
    monkeypatch.setattr("builder.runtime.queue.ring_again", lambda ids: rung.append(list(ids)) or True)
    first, second, third = (create(Concurrency(1)) for _ in range(3))
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(limits, "lock_row_if_free", lambda *_, **__: False)  # somebody publishes the flow
        assert end(first) == ()
    sweep(NOW)
    states = [executions.load(one.id)[0].state for one in (second, third)]
    assert states == [State.CREATED, State.QUEUED] and rung == [[second.id]]


def end(execution: Execution, state: State = State.SUCCESS, at: datetime = NOW) -> tuple[str, ...]:
    claim = executions.claim(execution.id, "w", at + timedelta(seconds=1), 10)
    assert claim is not None
    ended = replace(claim.execution, state=state, history=(*claim.execution.history, (state, at)))
    return executions.save([Saved(ended, claim.epoch)], at).ring


class Play:
    """Random moves of a flow with a limit; after each of them nobody waits who could run, and not too many run."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.now = NOW
        self.limit = Concurrency(self.random.randint(1, 3), key="k", queue_limit=self.random.choice([None, 2]))
        self.extra: dict[str, int] = {}
        """Executions that people let run beyond the limit, by key."""
        self.keys: dict[str, str] = {}
        self.before: dict[str, int] = {}

    def all(self) -> dict[str, Execution]:
        return {one: found for one, (found, _) in executions.load_many(list(self.keys), with_runs=False).items()}

    def of(self, *states: State) -> list[Execution]:
        return [one for one in self.all().values() if one.state in states]

    def step(self) -> None:
        self.now += timedelta(seconds=20)
        for old in [one.id for one in self.of(*TERMINAL)][:-6]:
            del self.keys[old]
        self.random.choice([
            self.born, self.born, self.born_late, self.runs, self.pauses, self.ends, self.ends, self.ends_twice,
            self.crashes, self.killed_in_queue, self.deleted, self.forced, self.restarted, self.published, self.burst,
        ])()  # fmt: skip
        self.check()

    def born(self) -> None:
        key = self.random.choice("ab")
        waiting = [one for one in self.of(State.QUEUED) if self.keys[one.id] == key]
        made = create(self.limit, key, self.now)
        self.keys[made.id] = key
        if made.state in TERMINAL:
            assert len(waiting) >= (self.limit.queue_limit or 0) > 0

    def burst(self) -> None:
        for _ in range(5):
            self.born()

    def born_late(self) -> None:
        """It waits for its date, holding no place, and asks for one when that has come."""
        key = self.random.choice("ab")
        made = create(self.limit, key, self.now, due_at=self.now + timedelta(seconds=5))
        self.keys[made.id] = key
        if self.random.random() < 0.5:
            executions.admit_late(made, self.limit, self.now + timedelta(seconds=5))

    def some(self, *states: State) -> Execution | None:
        found = [one for one in self.of(*states) if one.wake_at is None]
        return self.random.choice(found) if found else None

    def runs(self) -> None:
        self._saved(State.RUNNING, self.some(State.CREATED, State.PAUSED, State.RESTARTED))

    def pauses(self) -> None:
        self._saved(State.PAUSED, self.some(State.RUNNING), parked=True)

    def ends(self) -> None:
        ended = self.random.choice([State.SUCCESS, State.FAILED, State.KILLED, State.WARNING])
        self._saved(ended, self.some(State.RUNNING, State.CREATED, State.PAUSED, State.RESTARTED))

    def ends_twice(self) -> None:
        """The late word of a lost runner frees no second place."""
        one = self.some(State.RUNNING)
        claim = one and self._claim(one)
        if claim:
            ended = self._as(claim.execution, State.SUCCESS)
            executions.save([Saved(ended, claim.epoch)], self.now)
            executions.save([Saved(ended, claim.epoch - 1)], self.now)
            self._gone(claim.execution)

    def crashes(self) -> None:
        """Its runner is lost; it holds its place until another one takes it up."""
        one = self.some(State.RUNNING)
        if one:
            self._claim(one)
            self.now += timedelta(seconds=60)

    def killed_in_queue(self) -> None:
        one = self.some(State.QUEUED)
        if one:
            executions.replace_execution(self._as(one, State.KILLED), self.now, due=False)

    def deleted(self) -> None:
        """Also one that runs, as when a whole flow's executions are purged."""
        found = list(self.all().values())
        if found and self.random.random() < 0.3:
            one = self.random.choice(found)
            executions.delete([one.id])
            self._gone(one)
            del self.keys[one.id]

    def forced(self) -> None:
        one = self.some(State.QUEUED)
        if one:
            self._beyond(one)
            executions.replace_execution(replace(one, state=State.CREATED), self.now, due=True)

    def restarted(self) -> None:
        one = self.some(State.FAILED, State.KILLED)
        if one:
            self._beyond(one)
            executions.replace_execution(self._as(one, State.RESTARTED), self.now, due=True)

    def published(self) -> None:
        self.limit = replace(self.limit, limit=self.random.randint(1, 3))
        executions.change_limit(*PLACE.values(), self.limit, self.now)

    def _claim(self, one: Execution) -> executions.Claim | None:
        return executions.claim(one.id, "w", self.now, 10)

    def _saved(self, state: State, one: Execution | None, *, parked: bool = False) -> None:
        claim = one and self._claim(one)
        if claim is None:
            return
        executions.save([Saved(self._as(claim.execution, state), claim.epoch, parked=parked)], self.now)
        if state in TERMINAL:
            self._gone(claim.execution)

    def _as(self, one: Execution, state: State) -> Execution:
        return replace(one, state=state, history=(*one.history, (state, self.now)))

    def _beyond(self, one: Execution) -> None:
        self.extra[one.id] = 1

    def _gone(self, one: Execution) -> None:
        self.extra.pop(one.id, None)

    def check(self) -> None:
        found = self.all().values()
        for key in "ab":
            mine = [one for one in found if self.keys[one.id] == key]
            waiting = [one for one in mine if one.state is State.QUEUED]
            late = [one for one in mine if one.state is State.CREATED and one.wake_at is not None]
            active = len([one for one in mine if one.state not in TERMINAL]) - len(waiting) - len(late)
            beyond = len([one for one in mine if one.id in self.extra and one.state not in TERMINAL])
            assert not waiting or active >= self.limit.limit, "somebody waits for a place that is free"
            assert active - beyond <= self.most_since(active, key), "too many run"

    def most_since(self, active: int, key: str) -> int:
        """A limit that was lowered ends nothing that runs already: what ran before may go on, and nobody joins it."""
        allowed = max(self.limit.limit, min(self.before.get(key, 0), active))
        self.before[key] = active
        return allowed

    def end_all(self) -> None:
        for _ in range(1000):
            alive = [one for one in self.all().values() if one.state not in TERMINAL]
            if not alive:
                return
            self.now += timedelta(seconds=20)
            for one in alive:
                if one.wake_at is not None:
                    executions.admit_late(one, self.limit, self.now)
            self._saved(State.SUCCESS, self.some(*set(State) - TERMINAL - {State.QUEUED}))
            self.check()
        raise AssertionError("some never ended")


@pytest.mark.parametrize("seed", range(6))
def test_no_place_is_lost_or_given_twice_whatever_happens(seed: int) -> None:
    play = Play(seed)
    for _ in range(50):
        play.step()
    play.end_all()
