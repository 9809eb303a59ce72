"""Rows A1 to A9: what happens to workers, and to what they were working on."""

import pytest

from tests.faults import flows
from tests.faults.row import Row

pytestmark = pytest.mark.faults


@pytest.mark.row("A1", kills=True)
def test_a_worker_killed_in_the_middle_of_a_task_costs_one_declared_attempt(row: Row) -> None:
    row.lab.save(flows.flow(row.namespace, "one", flows.hit("call", row.counter.url, 2)))
    with row.load():
        one = row.lab.run(row.namespace, "one")
        row.counter.wait_for_calls(1, f"{one}/")
        row.pause(0, 1)
        row.kill_workers()
        record = row.lab.wait(one, "SUCCESS")
    (run,) = record["taskRunList"]
    assert [attempt["state"]["current"] for attempt in run["attempts"]] == ["KILLED", "SUCCESS"]
    assert "lost" in run["attempts"][0]["message"] or "worker" in run["attempts"][0]["message"]
