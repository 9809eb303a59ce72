"""Rows A1 to A9: what happens to workers, and to what they were working on."""

from pathlib import Path

import pytest

from tests.faults import flows
from tests.faults.lab import Record
from tests.faults.parts import Part, wait_until
from tests.faults.row import Row

pytestmark = pytest.mark.faults
LOST = "The worker process that ran this attempt is gone."


def attempts(record: Record, task_id: str) -> list[tuple[str, str]]:
    """State and message of each attempt of a task."""
    (run,) = [run for run in record["taskRunList"] if run["taskId"] == task_id]
    return [(one["state"]["current"], one.get("message", "")) for one in run["attempts"]]


def in_a_call(row: Row, seconds: float, *more: str) -> str:
    """An execution that has just begun a call which takes so long; `more` tasks come after it."""
    row.lab.save(flows.flow(row.namespace, "one", flows.hit("call", row.counter.url, seconds), *more))
    one = row.lab.run(row.namespace, "one")
    row.counter.wait_for_calls(1, f"{one}/")
    return one


@pytest.mark.row("A1", kills=True)
def test_a_worker_killed_in_the_middle_of_a_task_costs_one_declared_attempt(row: Row) -> None:
    with row.load():
        one = in_a_call(row, 2)
        row.pause(0, 1)
        row.kill_workers()
        record = row.lab.wait(one, "SUCCESS")
    assert attempts(record, "call") == [("KILLED", LOST), ("SUCCESS", "")]


@pytest.mark.row("A2", kills=True)
def test_a_worker_that_is_gone_is_missed_within_its_lease_whenever_another_one_comes(row: Row, repetition: int) -> None:
    """Its successor comes at once under its name, or under another name, or when the lease is long over."""
    with row.load():
        one = in_a_call(row, 2)
        row.pause(0, 1)
        for worker in row.product.workers:
            worker.kill()
        if repetition % 3 == 2:
            row.another_worker()
        elif repetition % 3 == 0:
            row.outlast_the_lease()
        row.product.tend()
        row.product.wait_until_ready()
        record = row.lab.wait(one, "SUCCESS")
    assert attempts(record, "call") == [("KILLED", LOST), ("SUCCESS", "")]


@pytest.mark.row("A3", kills=True)
def test_what_runs_alone_outlives_the_worker_that_started_it_and_never_runs_twice_at_once(row: Row) -> None:
    one = in_a_call(row, 3)
    for losses in (1, 2):
        row.counter.wait_for_calls(losses, f"{one}/")
        row.kill_workers()
    row.counter.wait_for_calls(3, f"{one}/")
    assert row.product.strangers(), "the execution has no process of its own"
    row.pause(0, 2)
    row.kill_workers()
    record = row.lab.wait(one, "SUCCESS")
    assert attempts(record, "call") == [("KILLED", LOST), ("KILLED", LOST), ("SUCCESS", "")]


def refused(row: Row, worker: Part, execution_id: str) -> bool:
    """Whether this worker says that what it did for the execution came too late."""
    lines = row.product.said(worker.name, 1000).splitlines()
    return any(execution_id in line and "what was done here since is refused" in line for line in lines)


@pytest.mark.row("A4", kills=True)
def test_a_worker_that_was_frozen_beyond_its_lease_writes_nothing_when_it_thaws(row: Row) -> None:
    """Its late result is refused, and its log says so."""
    row.copies_may_overlap = True
    with row.load():
        one = in_a_call(row, 5)
        frozen = list(row.product.workers)
        for worker in frozen:
            row.product.freeze(worker)
        row.another_worker()
        record = row.lab.wait(one, "SUCCESS")
        row.pause(0, row.seconds(1, 90))
        for worker in frozen:
            worker.thaw()
        other = row.lab.run(row.namespace, "slow")
        row.lab.wait(other, "SUCCESS")
        wait_until(lambda: any(refused(row, worker, one) for worker in frozen), "a log tells that it was refused")
    assert attempts(record, "call") == [("KILLED", LOST), ("SUCCESS", "")]
    assert row.lab.execution(one) == record


@pytest.mark.row("A5", kills=True)
def test_a_kill_between_two_tasks_skips_none_and_starts_none_twice(row: Row) -> None:
    names = [f"call{number}" for number in range(1, 9)]
    row.lab.save(flows.flow(row.namespace, "many", *(flows.hit(name, row.counter.url, 0.05) for name in names)))
    for _ in range(int(row.seconds(1, 25))):
        one = row.lab.run(row.namespace, "many")
        for ends in (2, 5):
            row.counter.wait_for_ends(ends, f"{one}/")
            row.kill_workers()
        record = row.lab.wait(one, "SUCCESS")
        starts = row.counter.by_key(f"{one}/")
        assert len(starts) == len(names)
        assert sum(starts.values()) - len(names) <= 2, "more was done again than what was under way at the two kills"
        for name in names:
            assert all(message == LOST for state, message in attempts(record, name) if state != "SUCCESS")


@pytest.mark.row("A6", kills=True)
def test_a_worker_that_is_asked_to_stop_hands_over_and_what_fails_meanwhile_has_failed(row: Row) -> None:
    failing = flows.flow(row.namespace, "failing", flows.hit("call", row.counter.url, 0.8, status=500))
    row.lab.save(failing)
    one = in_a_call(row, row.seconds(10, 30))
    bad = row.lab.run(row.namespace, "failing")
    row.counter.wait_for_calls(1, f"{bad}/")
    row.pause(0, 0.5)
    for worker in row.product.workers:
        assert worker.term(20) == 0
    late = row.lab.run(row.namespace, "one")
    assert row.lab.state(late) == "CREATED"
    row.product.tend()
    row.product.wait_until_ready()
    assert [state for state, _ in attempts(row.lab.wait(bad), "call")][-1] == "FAILED"
    assert row.lab.state(bad) == "FAILED"
    record = row.lab.wait(one, "SUCCESS")
    row.lab.wait(late, "SUCCESS")
    assert 2 <= len(attempts(record, "call")) <= 1 + len(row.product.workers), "each may have handed it to the next"
    assert any("done again elsewhere: call" in line for line in row.lab.logs(one))


@pytest.mark.row("A7")
def test_while_no_worker_is_there_runs_wait_and_the_first_page_says_so(row: Row) -> None:
    with row.load() as load:
        for worker in row.product.workers:
            worker.stop()
        row.pause(row.seconds(4, 600), row.seconds(6, 610))
        row.lab.wait(load.answered[max(load.answered)], "CREATED", seconds=5)
        assert "No worker" in row.lab.page("/")[1]
        for worker in row.product.workers:
            worker.start()
        wait_until(lambda: "No worker" not in row.lab.page("/")[1], "the first page sees the workers again")


@pytest.mark.row("A8", kills=True)
def test_a_task_that_takes_its_worker_along_fails_after_three_losses_alone_and_the_others_go_on(row: Row) -> None:
    retry = ", retry: {type: constant, interval: PT1S, maxAttempts: 5}"
    row.lab.save(flows.flow(row.namespace, "poison", f"{{id: bad, type: tests.faults.Poison{retry}}}"))
    with row.load(every_seconds=3.0):
        bad = row.lab.run(row.namespace, "poison")

        def over() -> bool:
            row.product.tend()
            return row.lab.state(bad) == "FAILED"

        wait_until(over, "the poisonous execution fails", 180)
    (run,) = row.lab.execution(bad)["taskRunList"]
    assert "stopped 3 times while it ran this task alone" in run["message"]
    assert len(run["attempts"]) in (5, 6), "twice among all, once among few where there are many, three times alone"


@pytest.mark.row("A9")
def test_a_task_that_takes_more_memory_than_it_may_fails_for_that_reason_and_its_worker_lives(row: Row) -> None:
    row.lab.save(flows.flow(row.namespace, "greedy", "{id: grow, type: tests.faults.Grow}"))
    pids = [worker.pid for worker in row.product.workers]
    with row.load():
        record = row.lab.wait(row.lab.run(row.namespace, "greedy"), "FAILED")
    assert "out of memory" in record["taskRunList"][0]["message"]
    assert [worker.pid for worker in row.product.workers if worker.is_alive] == pids


@pytest.mark.row("A9", kills=True)
def test_a_task_in_a_process_of_its_own_ends_with_the_worker_that_was_killed_and_runs_again(row: Row) -> None:
    row.lab.save(flows.flow(row.namespace, "sleeper", "{id: it, type: tests.faults.Sleeper, seconds: 4}"))
    one = row.lab.run(row.namespace, "sleeper")
    wait_until(lambda: row.lab.logs(one), "the task has begun")
    row.pause(0, 1)
    row.kill_workers()
    record = row.lab.wait(one, "SUCCESS")
    assert [state for state, _ in attempts(record, "it")] == ["KILLED", "SUCCESS"]
    first, second = [line.split()[-1] for line in row.lab.logs(one) if line.startswith("I am process")]
    assert first != second and not Path(f"/proc/{first}").exists()
