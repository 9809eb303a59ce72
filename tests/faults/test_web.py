"""Rows A14 and A15: what happens to the web process, and to those who called it."""

import threading
from dataclasses import dataclass

import pytest

from tests.faults import flows
from tests.faults.lab import AWAY, TERMINAL, Lab, Refused
from tests.faults.parts import wait_until
from tests.faults.row import Row

pytestmark = pytest.mark.faults
KEY = "a-key-of-the-fault-suite-4wjtkzwV"


def called(namespace: str, flow_id: str, *tasks: str, more: str = "") -> str:
    """A flow that a webhook starts too; each start has a number, which the execution keeps as a label."""
    head = (
        "inputs:\n  - {id: number, type: INT}\n"
        "triggers:\n  - id: hook\n    type: io.kestra.plugin.core.trigger.Webhook\n"
        f'    key: {KEY}\n    inputs: {{number: "{{{{ trigger.body.number }}}}"}}\n'
        f'    labels: {{number: "{{{{ trigger.body.number }}}}"}}\n{more}'
    )
    told = '{id: told, type: io.kestra.plugin.core.debug.Return, format: "{{ inputs.number }}"}'
    return flows.flow(namespace, flow_id, told, *tasks, head=head)


@dataclass
class Post:
    """One call to start an execution, of a webhook if its number is even; `id` stays empty when it is not answered."""

    lab: Lab
    namespace: str
    number: int
    id: str = ""
    refused: int = 0
    """The status of an answer that is an error."""

    def send(self) -> None:
        try:
            if self.number % 2:
                self.id = self.lab.run(
                    self.namespace, "called", {"number": self.number}, labels=[f"number:{self.number}"]
                )
            else:
                self.id = self.lab.webhook(self.namespace, "called", KEY, {"number": self.number})["id"]
        except Refused as refused:
            self.refused = refused.status
        except (*AWAY, ValueError):
            pass


@pytest.mark.row("A14")
def test_a_call_that_was_answered_exists_when_web_dies_and_one_that_was_not_exists_once_or_not_at_all(row: Row) -> None:
    row.lab.save(called(row.namespace, "called"))
    posts: list[Post] = []
    for kill in range(int(row.seconds(12, 200))):
        for number in (-1, -2):
            Post(row.lab, row.namespace, number).send()  # what a process does once, at its first call, is done
        both = [Post(row.lab, row.namespace, 2 * kill + kind) for kind in (1, 2)]
        threads = [threading.Thread(target=post.send) for post in both]
        for thread in threads:
            thread.start()
        row.pause(0, 0.2 if row.is_long else 0.1)
        row.product.web.kill()
        for thread in threads:
            thread.join()
        posts += both
        row.product.web.start()
        row.product.wait_until_ready()
    wait_until(
        lambda: all(one["state"]["current"] in TERMINAL for one in row.lab.found(row.namespace)), "all of them end"
    )
    records = row.lab.found(row.namespace)
    assert {post.refused for post in posts} <= {0, 503}
    assert 0 < sum(bool(post.id) for post in posts) < len(posts), "it was killed in the middle of some"
    for post in posts:
        mine = [one for one in records if {"key": "number", "value": str(post.number)} in one["labels"]]
        assert len(mine) <= 1, f"call {post.number} started {len(mine)} executions"
        assert not post.id or [one["id"] for one in mine] == [post.id], f"call {post.number} was answered, and is lost"
        for one in mine:
            (run,) = row.lab.execution(one["id"])["taskRunList"]
            assert one["state"]["current"] == "SUCCESS" and run["outputs"] == {"value": str(post.number)}


@pytest.mark.row("A15")
def test_executions_go_on_when_their_callers_go_away_and_nothing_of_the_callers_is_left(row: Row) -> None:
    row.lab.save(called(row.namespace, "called", flows.rest("rest", 3), more="    wait: true\n"))
    web = row.product.web
    row.lab.page("/executions")
    before = web.threads, web.handles
    with pytest.raises(AWAY):
        row.lab.run(row.namespace, "called", {"number": 1}, labels=["number:1"], seconds=1, wait="true")
    with pytest.raises(AWAY):
        row.lab.webhook(row.namespace, "called", KEY, {"number": 2}, seconds=1)
    followed = row.lab.run(row.namespace, "called", {"number": 3})
    for path in (f"logs/{followed}/follow", f"executions/{followed}/follow"):
        with pytest.raises((*AWAY, ValueError)):
            row.lab.ask("GET", path, seconds=0.5)
    wait_until(lambda: row.lab.count(row.namespace, "called", "SUCCESS") == 3, "all three end")
    wait_until(
        lambda: web.threads <= before[0] + 10 and web.handles <= before[1] + 10,
        f"threads and connections are given back: {before} before, {web.threads, web.handles} now",
    )
