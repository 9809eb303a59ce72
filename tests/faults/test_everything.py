"""Rows A17 and A18, and a load with faults of all kinds: the whole machine, an upgrade, half an hour in small."""

import time
from collections.abc import Callable

import pytest

from tests.faults import flows
from tests.faults.parts import wait_until
from tests.faults.row import Row

pytestmark = pytest.mark.faults


@pytest.mark.row("A17", kills=True)
def test_the_whole_machine_goes_and_comes_back_and_everything_ends(row: Row) -> None:
    row.lab.save(flows.scheduled(row.namespace))
    with row.load():
        row.pause(2, 5)
        row.product.kill_all()
        row.pause(0, 1)
        row.product.make_whole()
        row.pause(2, 3)
    row.lab.patiently(lambda: row.lab.switch(row.namespace, "scheduled", "each_second", False))


@pytest.mark.row("A18")
def test_what_waits_pauses_and_retries_goes_on_after_an_upgrade(row: Row) -> None:
    url = row.counter.url
    retry = ", retry: {type: constant, interval: PT5S, maxAttempts: 20}"
    row.lab.save(flows.flow(row.namespace, "paused", "{id: wait, type: io.kestra.plugin.core.flow.Pause}"))
    row.lab.save(flows.flow(row.namespace, "delayed", flows.rest("rest", 12), flows.hit("call", url)))
    row.lab.save(flows.flow(row.namespace, "retrying", flows.hit("call", url, status=500, more=retry)))
    row.lab.save(flows.flow(row.namespace, "running", flows.hit("call", url, 8)))
    child = f"{{id: child, type: io.kestra.plugin.core.flow.Subflow, namespace: {row.namespace}, flowId: delayed}}"
    row.lab.save(flows.flow(row.namespace, "parent", child))
    head = "concurrency: {limit: 1, behavior: QUEUE}\n"
    row.lab.save(flows.flow(row.namespace, "limited", flows.rest("rest", 10), head=head))
    names = ("paused", "delayed", "retrying", "running", "parent", "limited", "limited")
    paused, delayed, retrying, running, parent, limited, queued = [row.lab.run(row.namespace, one) for one in names]
    row.lab.wait(paused, "PAUSED")
    row.lab.wait(queued, "QUEUED", "CREATED")
    row.counter.wait_for_calls(1, f"{retrying}/")
    row.counter.wait_for_calls(1, f"{running}/")
    row.product.stop()
    row.product.migrate()
    row.product.start()
    calls = row.counter.count(f"{retrying}/")
    row.counter.wait_for_calls(calls + 1, f"{retrying}/")
    for one in (delayed, running, parent, limited, queued):
        row.lab.wait(one, "SUCCESS")
    assert row.lab.state(paused) == "PAUSED"
    row.lab.resume(paused)
    row.lab.wait(paused, "SUCCESS")
    row.lab.kill(retrying)
    row.lab.wait(retrying, "KILLED")


@pytest.mark.row("L1")
def test_a_load_with_a_random_fault_again_and_again_loses_nothing_and_grows_nothing(row: Row) -> None:
    minutes, every = (10.0, 30.0) if row.is_long else (0.7, 10.0)
    faults: list[Callable[[], None]] = [
        row.kill_workers, row.product.web.restart, row.product.schedulers[0].restart, row.product.queue.restart,
    ]  # fmt: skip
    keys: list[int] = []
    deadline = time.monotonic() + 60 * minutes
    with row.load(every_seconds=0.5) as load:
        while time.monotonic() < deadline:
            row.pause(every * 0.7, every)
            row.random.choice(faults)()
            row.product.wait_until_ready()
    wait_until(lambda: row.lab.count(row.namespace, "slow", "SUCCESS") >= len(load.answered), "all of them end", 120)

    def few_keys() -> bool:
        with row.product.redis() as redis:
            keys.append(redis.dbsize())
        return keys[-1] < 30

    wait_until(few_keys, f"the queue's server is empty again ({keys[-3:]} keys)")
