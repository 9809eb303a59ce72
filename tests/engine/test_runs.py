"""The runs of an execution, version by version."""

from dataclasses import replace

import pytest

from builder.engine.execution import Execution, TaskRun
from builder.engine.moving.runs import GrowingRuns
from builder.engine.play import fresh, ok, play, started
from builder.engine.states import State
from tests.engine.flows import plan_of

MANY = 300
FLOW = [{"id": f"t{number}", "type": "Log", "message": "x"} for number in range(MANY)]


def _run(path: str) -> TaskRun:
    return TaskRun(id=path, path=path, task_id=path, state=State.CREATED, history=())


def test_an_earlier_version_stays_as_it_was_while_later_ones_are_made() -> None:
    plan = plan_of(FLOW)
    versions: list[tuple[Execution, dict[str, TaskRun]]] = []
    execution = play(plan, started, execution=fresh(plan)).execution
    for number in range(MANY):
        versions.append((execution, dict(execution.runs)))
        execution = play(plan, ok(f"t{number}"), execution=execution).execution
    assert execution.state is State.SUCCESS
    for version, seen in versions:
        assert dict(version.runs) == seen == version.runs
        assert list(version.runs) == list(seen) == [run.path for run in version.runs.values()]
        assert list(version.runs.items()) == list(seen.items())


def test_two_futures_of_one_version_do_not_see_each_other() -> None:
    plan = plan_of(FLOW[:3])
    before = play(plan, started, ok("t0"), execution=fresh(plan)).execution
    one = play(plan, ok("t1", way="one"), execution=before).execution
    other = play(plan, ok("t1", way="other"), execution=before).execution
    assert [one.runs["t1"].outputs, other.runs["t1"].outputs] == [{"way": "one"}, {"way": "other"}]
    assert before.runs["t1"].outputs is None
    assert "t2" not in before.runs


def test_a_version_knows_nothing_of_what_came_after_it() -> None:
    first = GrowingRuns.of(_run(f"a{number}") for number in range(200))
    seen = dict(first)
    growing = GrowingRuns(first._index, list(first._pages), len(first))
    growing.put(_run("b"))
    growing.put(replace(_run("a7"), state=State.RUNNING))
    assert "b" in growing
    assert "b" not in first
    assert first.get("b") is None
    with pytest.raises(KeyError):
        first["b"]
    assert dict(first) == seen
    assert growing["a7"].state is State.RUNNING


def test_runs_that_are_taken_away_leave_the_others_in_their_order() -> None:
    runs = GrowingRuns.of(_run(f"a{number}") for number in range(200))
    left = runs.without({"a3", "a150"})
    assert list(left) == [f"a{number}" for number in range(200) if number not in (3, 150)]
    assert len(runs) == 200
