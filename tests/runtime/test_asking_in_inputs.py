"""http() and subflow() in the inputs of a flow: asked before an execution is made, by whoever makes it."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connections
from django.test import Client
from django.urls import reverse

from builder.actions import executions as actions
from builder.actions import flows
from builder.actions.executions.running import asks_others
from builder.clock import FixedClock, SystemClock
from builder.engine.states import State
from builder.errors import InvalidInput
from builder.expressions import ExpressionError
from builder.expressions.lookups import SubflowQuestion
from builder.runtime import queue
from builder.runtime.runner.runner import Runner
from builder.runtime.world import asking
from builder.store import births, executions, triggers
from builder.store.triggers.calls import Came
from builder.triggers import asking as trigger_asking
from builder.triggers.called.batches import start_gathered
from builder.triggers.called.webhooks import receive
from builder.triggers.flow.firing import fire_flows
from builder.triggers.schedule.backfilling import begin, run_backfills
from builder.triggers.schedule.firing import fire_due
from tests.doubles.patience import PATIENCE_SECONDS
from tests.runtime.conftest import ended, publish


def share(text: str) -> None:
    flows.create_flow(text, by="ada")


class Cities(BaseHTTPRequestHandler):
    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        content = json.dumps(["Lyon", "Lille"]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def cities(runner: Runner) -> Iterator[str]:
    """A server's address; executions are driven as soon as they are rung for."""
    asking._recent.clear()
    trigger_asking._under_way.clear()
    Cities.asked = 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Cities)
    ending = threading.Event()

    def answer_rings() -> None:
        while not ending.is_set():
            if rung := queue.redis().blpop([queue.QUEUE_KEY], timeout=0.2):
                runner.take([rung[1].decode()])  # type: ignore[index]

    threads = [threading.Thread(target=server.serve_forever), threading.Thread(target=answer_rings)]
    for thread in threads:
        thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    ending.set()
    server.shutdown()
    server.server_close()
    for thread in threads:
        thread.join()
    asking._threads.submit(connections.close_all).result()


ASKS = """\
id: {id}
namespace: team
inputs:
  - id: city
    type: SELECT
    expression: "{{{{ {call} }}}}"
{more}tasks:
  - id: say
    type: io.kestra.plugin.core.debug.Return
    format: "{{{{ inputs.city }}}}"
"""
LIST = """\
id: towns
namespace: team
inputs:
  - {id: country, type: STRING}
tasks:
  - {id: list, type: io.kestra.plugin.core.output.OutputValues, values: {found: ["{{ inputs.country }}-1"]}}
outputs:
  - {id: towns, type: JSON, value: "{{ outputs.list.values.found }}"}
"""
TOWNS = "subflow('team', 'towns', inputs={'country': 'FR'}, labels={'for': 'form'}).outputs.towns"


def test_the_choices_of_an_input_come_from_a_server(cities: str) -> None:
    share(ASKS.format(id="asks", call=f"http('{cities}')", more=""))
    made = actions.run("team", "asks", {"city": "Lyon"})
    assert ended(made.id).runs["say"].outputs == {"value": "Lyon"}
    with pytest.raises(InvalidInput, match=r"it must match the values `\[Lyon, Lille\]`"):
        actions.run("team", "asks", {"city": "Rome"})


def test_a_form_that_asks_at_every_change_takes_the_answer_of_a_moment_ago(cities: str) -> None:
    share(ASKS.format(id="asks", call=f"http('{cities}')", more=""))
    assert [actions.check_inputs("team", "asks", {}).choices["city"] for _ in range(3)] == [("Lyon", "Lille")] * 3
    assert Cities.asked == 1


def test_a_link_on_a_strangers_page_asks_nobody(cities: str, client: Client) -> None:
    share(ASKS.format(id="asks", call=f"http('{cities}')", more=""))
    client.force_login(get_user_model().objects.create_user("ann"))
    address = reverse("flow-editor-run", args=["team", "asks"])
    for site, asked in (("cross-site", 0), ("same-site", 0), ("same-origin", 1)):
        assert client.get(address, headers={"Sec-Fetch-Site": site}).status_code == 200
        assert Cities.asked == asked


def test_a_default_and_a_check_may_ask_too(cities: str) -> None:
    more = f"    defaults: \"{{{{ http('{cities}?d')[1] }}}}\"\nchecks:\n"
    more += f"  - {{when: \"{{{{ inputs.city != http('{cities}?c')[0] }}}}\", message: Not that one}}\n"
    share(ASKS.format(id="asks", call=f"http('{cities}')", more=more))
    assert ended(actions.run("team", "asks").id).runs["say"].outputs == {"value": "Lille"}
    with pytest.raises(InvalidInput, match="Not that one"):
        actions.run("team", "asks", {"city": "Lyon"})


def test_another_flow_gives_the_choices(cities: str) -> None:
    share(LIST)
    share(ASKS.format(id="asks", call=TOWNS, more=""))
    assert ended(actions.run("team", "asks", {"city": "FR-1"}).id).runs["say"].outputs == {"value": "FR-1"}
    (asked,) = executions.ids(executions.Filters(namespace="team", flow_id="towns"), 5)
    assert {("for", "form"), ("system.from", "subflow")} <= set(executions.load(asked)[0].labels)


def test_a_child_of_a_flow_asks_without_holding_its_worker_up(cities: str) -> None:
    share(LIST)
    share(ASKS.format(id="asks", call=TOWNS, more=""))
    publish("tasks:\n  - {id: sub, type: io.kestra.plugin.core.flow.Subflow, namespace: team, flowId: asks, "
            "inputs: {city: FR-1}}\n", "parent")  # fmt: skip
    assert ended(actions.run("team", "parent").id).state is State.SUCCESS


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("subflow('team', 'nowhere')", "nowhere"),
        ("subflow('team', 'towns')", "Failed to run subflow 'team'.'towns': .*country"),
        ("subflow('team', 'fails')", "Subflow 'team'.'fails' ended in state FAILED"),
        ("subflow('team', 'waits', timeout='PT0.1S')", "Subflow 'team'.'waits' did not end within 0.1 s"),
        ("subflow('team', 'towns', timeout='PT1H')", "300 s at most"),
        ("subflow('team', 'towns', timeout='soon')", "is not a duration"),
        ("subflow('team', 'towns', labels={'system.from': 'me'})", "reserved"),
        ("subflow('team', 'asks')", "ask each other"),
        ("http('http://10.0.0.1/')", "MILLSTREAM_ALLOW_NETWORKS"),
    ],
)
def test_what_goes_wrong_is_said_at_the_input(cities: str, call: str, said: str) -> None:
    share(LIST)
    publish("tasks:\n  - {id: no, type: io.kestra.plugin.core.execution.Fail}\n", "fails")
    publish("tasks:\n  - {id: wait, type: io.kestra.plugin.core.flow.Pause}\n", "waits")
    share(ASKS.format(id="asks", call=call, more=""))
    with pytest.raises(InvalidInput, match="Cannot render 'expression'. Cause: .*" + said):
        actions.run("team", "asks", {"city": "FR-1"})


def test_in_a_task_it_is_refused_as_in_kestra(cities: str) -> None:
    publish("tasks:\n  - {id: say, type: io.kestra.plugin.core.log.Log, message: \"{{ subflow('team', 'x') }}\"}\n")
    execution = ended(actions.run("team", "one").id)
    assert execution.state is State.FAILED
    assert "for the inputs of a flow" in executions.logs(execution.id, min_level="ERROR")[0].message


SCHEDULE = """\
triggers:
  - {id: daily, type: io.kestra.plugin.core.trigger.Schedule, cron: "0 9 * * *", inputs: {city: Lille}}
"""
OTHERS = """\
  - {id: calls, type: io.kestra.plugin.core.trigger.BatchWebhook, key: 4wjtkzwVGBM9yKnjm3yv8r, eventsCount: 1,
     inputs: {city: Lille}}
  - {id: after, type: io.kestra.plugin.core.trigger.Flow, inputs: {city: Lille}}
"""


def listening(cities: str) -> str:
    """A flow that asks when another one has ended."""
    return ASKS.format(id="asks", call=f"http('{cities}')", more="triggers:\n" + OTHERS.splitlines()[-1] + "\n")


def an_end(cities: str) -> FixedClock:
    """An execution has ended that such a flow hears of."""
    publish("tasks:\n  - {id: say, type: io.kestra.plugin.core.log.Log, message: hi}\n")
    share(listening(cities))
    ended(actions.run("team", "one").id)
    return FixedClock(SystemClock().now())


def a_day_later(cities: str) -> FixedClock:
    """The slot of a schedule has come."""
    share(ASKS.format(id="asks", call=f"http('{cities}')", more=SCHEDULE))
    clock = FixedClock(SystemClock().now())
    fire_due(clock)
    clock.advance(timedelta(days=1))
    return clock


def all_known() -> None:
    for one in trigger_asking._under_way.values():
        one.answer.result(PATIENCE_SECONDS)


@pytest.mark.parametrize(("more", "asks"), [
    ("# say http(s)\ndescription: asks http() of nobody\n", False),
    ("inputs:\n  - {id: a, type: STRING, defaults: \"{{ http('u') }}\"}\n", True),
    ("inputs:\n  - id: a\n    type: STRING\n    defaults: |\n      {{ subflow\n      ('team', 'x') }}\n", True),
    ("checks:\n  - {when: \"{{ http ('u') }}\", message: no}\n", True),
    ("variables: {a: \"{{ http('u') }}\"}\n", True),
])  # fmt: skip
def test_only_what_is_rendered_before_a_run_counts_as_asking(more: str, asks: bool) -> None:
    task = "tasks:\n  - {id: say, type: io.kestra.plugin.core.log.Log, message: \"{{ http('u') }}\"}\n"
    assert asks_others(births.checked(f"id: one\nnamespace: team\n{more}{task}").valid_flow) is asks


def test_a_schedule_asks_beside_the_scheduler_and_starts_once_all_is_known(cities: str) -> None:
    clock = a_day_later(cities)
    assert fire_due(clock) == 0, "the others are not held up"
    all_known()
    assert fire_due(clock) == 1
    (started,) = executions.ids(executions.Filters(namespace="team", flow_id="asks"), 5)
    assert executions.load(started)[0].inputs == {"city": "Lille"}
    assert Cities.asked == 1 and not trigger_asking._under_way
    assert triggers.get("team", "asks", "daily").held_until is None


def test_of_two_schedulers_one_asks(cities: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = a_day_later(cities)
    fire_due(clock)
    all_known()
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(trigger_asking, "_under_way", {})
        assert fire_due(clock) == 0 and not trigger_asking._under_way
    assert fire_due(clock) == 1 and Cities.asked == 1


@pytest.mark.parametrize(("due", "fire"), [(a_day_later, fire_due), (an_end, fire_flows)])
def test_another_scheduler_asks_where_the_first_went_away(
    due: Callable[[str], FixedClock], fire: Callable[[FixedClock], int], cities: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = due(cities)
    fire(clock)
    all_known()
    monkeypatch.setattr(trigger_asking, "_under_way", {})
    clock.advance(timedelta(minutes=3))
    fire(clock)
    all_known()
    assert fire(clock) == 1 and Cities.asked == 2


def test_backfills_gathered_calls_and_ends_of_flows_wait_for_answers_as_well(cities: str) -> None:
    publish("tasks:\n  - {id: say, type: io.kestra.plugin.core.log.Log, message: hi}\n")
    more = SCHEDULE.replace("inputs", "allowConcurrent: true, inputs") + OTHERS
    share(ASKS.format(id="asks", call=f"http('{cities}')", more=more))
    clock = SystemClock()
    now = clock.now()
    begin(triggers.get("team", "asks", "daily"), now - timedelta(hours=25), now - timedelta(seconds=1), clock)
    receive("team", "asks", "4wjtkzwVGBM9yKnjm3yv8r", Came("POST", {}, {}, b""), clock)
    ended(actions.run("team", "one").id)
    for start in (run_backfills, start_gathered, fire_flows):
        assert start(clock) == 0
        all_known()
        assert start(clock) == 1, start
    assert Cities.asked == 3 and not trigger_asking._under_way


def test_several_ends_of_flows_are_asked_about_at_once_each_by_one_scheduler(
    cities: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("tasks:\n  - {id: say, type: io.kestra.plugin.core.log.Log, message: hi}\n")
    after = "{id: NAME, type: io.kestra.plugin.core.trigger.Flow, inputs: {city: Lille}}"
    both = f"triggers:\n  - {after.replace('NAME', 'after')}\n  - {after.replace('NAME', 'too')}\n"
    share(ASKS.format(id="asks", call=f"http('{cities}')", more=both))
    clock = FixedClock(SystemClock().now())
    for _ in range(2):
        ended(actions.run("team", "one").id)
    assert fire_flows(clock) == 0 and len(trigger_asking._under_way) == 4
    all_known()
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(trigger_asking, "_under_way", {})
        assert fire_flows(clock) == 0 and not trigger_asking._under_way
    assert fire_flows(clock) == 4 and Cities.asked == 4 and not trigger_asking._under_way


def test_an_end_that_was_asked_about_is_not_lost_as_the_listening_flow_is_published_again(cities: str) -> None:
    clock = an_end(cities)
    assert fire_flows(clock) == 0
    all_known()
    flows.save_flow(listening(cities) + "description: another\n", by="ada")
    assert fire_flows(clock) == 0, "what was asked is about the flow as it was"
    assert fire_flows(clock) == 0
    all_known()
    assert fire_flows(clock) == 1 and not trigger_asking._under_way


def test_all_answers_together_have_their_time_as_well() -> None:
    answers = asking.Answers(in_all=0)
    with pytest.raises(ExpressionError, match="all together"):
        answers.of(SubflowQuestion("team", "towns"))
