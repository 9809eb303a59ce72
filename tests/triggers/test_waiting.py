"""Flow triggers that wait for several executions: each combination once, within its window, with all outputs."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from builder.actions import flows
from builder.actions.executions.running import run
from builder.clock import FixedClock, SystemClock
from builder.engine.execution import Execution
from builder.engine.states import State
from builder.errors import InvalidInput
from builder.models import TriggerWindow
from builder.runtime.runner.runner import Runner
from builder.schedule.windows import Daily, Every
from builder.store import documents, executions, triggers
from builder.store.executions import Filters
from builder.store.triggers import changes, windows
from builder.tasks.core.trigger.waiting import DependsWindow
from builder.triggers.flow.firing import fire_flows
from builder.triggers.flow.missing import fail_missed
from builder.triggers.flow.progress import progress_of
from tests.engine.cases import CORPUS
from tests.runtime.conftest import ended

pytestmark = pytest.mark.django_db(transaction=True)
CLOCK = SystemClock()
FOLDER = CORPUS / "flows" / "core/src/test/resources/flows/valids"

SOURCE = """
id: {id}
namespace: shop
labels: {{region: {region}}}
tasks:
  - {{id: say, type: io.kestra.plugin.core.debug.Return, format: "{id}"}}
outputs:
  - {{id: {id}_rows, type: STRING, value: "{id}"}}
"""
LISTENER = """
id: report
namespace: shop
inputs:
  - {{id: rows, type: STRING, defaults: none}}
tasks:
  - {{id: say, type: io.kestra.plugin.core.debug.Return, format: x}}
triggers:
  - id: after
    type: io.kestra.plugin.core.trigger.Flow
    inputs: {{rows: "{rows}"}}
{wait}
"""
BOTH = """    dependsOn:
      - {namespace: shop, flowId: orders, states: [SUCCESS]}
      - {namespace: shop, flowId: people, labels: {region: eu}, when: "{{ outputs.people_rows == 'people' }}"}
"""
BOTH_BEFORE = """    preconditions:
      id: both
      flows:
        - {namespace: shop, flowId: orders, states: [SUCCESS]}
      where:
        - id: people
          filters:
            - {field: FLOW_ID, type: IN, values: [people, persons]}
            - {field: STATE, type: NOT_EQUAL_TO, value: FAILED}
            - {field: EXPRESSION, type: IS_TRUE, value: "{{ labels.region == 'eu' }}"}
"""
ROWS = "{{ trigger.outputs.orders_rows ?? '-' }} {{ trigger.outputs.people.people_rows ?? '-' }}"


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builder.runtime.queue.ring_on_commit", lambda ids: None)


@pytest.fixture
def shop() -> None:
    for name in ("orders", "people", "prices"):
        flows.create_flow(SOURCE.format(id=name, region="eu"), by="ada")


def listen(wait: str, rows: str = ROWS) -> None:
    flows.create_flow(LISTENER.format(wait=wait, rows=rows), by="ada")


def play(runner: Runner, *names: str) -> list[int]:
    """How many executions each end started."""
    found = []
    for name in names:
        execution = run("shop", name)
        runner.take([execution.id])
        ended(execution.id)
        found.append(fire_flows(CLOCK))
    return found


def reports(flow_id: str = "report") -> list[Execution]:
    """Oldest first."""
    found = executions.search(Filters(flow_id=flow_id)).items
    return [executions.load(item.id)[0] for item in reversed(found)]


@pytest.mark.parametrize("wait", [BOTH, BOTH_BEFORE])
def test_it_starts_once_all_have_ended_with_the_outputs_of_all(shop: None, runner: Runner, wait: str) -> None:
    listen(wait)
    assert play(runner, "orders", "orders", "prices", "people") == [0, 0, 0, 1]
    (report,) = reports()
    assert report.inputs == {"rows": "orders people"}
    assert report.trigger is not None and report.trigger["variables"]["flowId"] == "people"
    assert play(runner, "people", "orders") == [0, 1]


@pytest.mark.parametrize(("wait", "names"), [
    (BOTH, ["shop.orders, SUCCESS", "shop.people, region eu, {{ outputs.people_rows == 'people' }}"]),
    (BOTH_BEFORE, ["shop.orders, SUCCESS", "where people"]),
])  # fmt: skip
def test_how_far_it_is_can_be_told(shop: None, runner: Runner, wait: str, names: list[str]) -> None:
    listen(wait)
    play(runner, "orders")
    (orders,) = reports("orders")
    (found,) = progress_of(triggers.get("shop", "report", "after"), CLOCK.now())
    assert [part.words for part in found.parts] == names and (found.met, found.needed) == (1, 2)
    seen, missing = (part.seen for part in found.parts)
    assert seen is not None and seen.execution_id == orders.id and missing is None
    assert found.since is not None and found.until == found.since + timedelta(days=1)
    assert found.since.time() == time(0), "windows are counted from midnight, not from what happened first"


def test_a_sliding_window_has_no_end(shop: None) -> None:
    listen(BOTH + "    window: {lookback: PT5M}\n")
    (found,) = progress_of(triggers.get("shop", "report", "after"), CLOCK.now())
    assert (found.lasts, found.until, found.met) == (timedelta(minutes=5), None, 0)


def test_any_one_may_be_enough(shop: None, runner: Runner) -> None:
    listen(BOTH + "    mode: ANY\n")
    assert play(runner, "orders", "prices", "people") == [1, 0, 1]


def test_some_of_them_may_be_enough(shop: None, runner: Runner) -> None:
    third = "      - {namespace: shop, flowId: prices}\n"
    listen(BOTH + third + "    mode: AT_LEAST\n    minSatisfied: 2\n")
    assert play(runner, "orders", "prices", "people", "orders") == [0, 1, 0, 1]


def test_without_reset_each_further_one_starts_it_again(shop: None, runner: Runner) -> None:
    listen(BOTH_BEFORE + "      resetOnSuccess: false\n")
    assert play(runner, "orders", "people", "people", "orders") == [0, 1, 1, 1]


def test_labels_and_when_of_an_entry_must_fit(shop: None, runner: Runner) -> None:
    listen(BOTH.replace("region: eu", "region: us"))
    assert play(runner, "orders", "people") == [0, 0]


def test_what_happened_in_another_window_does_not_count(shop: None, runner: Runner) -> None:
    listen(BOTH + "    window: {every: PT1H}\n")
    assert play(runner, "orders") == [0]
    (window,) = TriggerWindow.objects.all()
    hour = timedelta(hours=1)
    TriggerWindow.objects.update(start_at=window.start_at - hour, end_at=window.end_at - hour)
    assert play(runner, "people", "orders") == [0, 1]


def test_a_sliding_window_forgets_what_is_too_long_ago(shop: None, runner: Runner) -> None:
    listen(BOTH + "    window: {lookback: PT10M}\n")
    assert play(runner, "orders") == [0]
    (window,) = TriggerWindow.objects.all()
    ((part, (execution_id, _)),) = documents.load(window.seen).items()
    old = (datetime.now(UTC) - timedelta(minutes=11)).isoformat()
    TriggerWindow.objects.update(seen=documents.dump({part: [execution_id, old]}))
    assert play(runner, "people", "orders") == [0, 1]


def test_outside_of_a_daily_window_nothing_counts(shop: None, runner: Runner) -> None:
    now = datetime.now(UTC)
    later, much_later = (f"{now + timedelta(hours=hours):%H:%M:%S}" for hours in (2, 3))
    listen(BOTH + f'    window: {{from: "{later}", to: "{much_later}"}}\n')
    assert play(runner, "orders", "people") == [0, 0]


def test_a_new_revision_of_it_begins_anew(shop: None, runner: Runner) -> None:
    listen(BOTH)
    assert play(runner, "orders") == [0]
    text = LISTENER.format(wait=BOTH.replace("SUCCESS", "SUCCESS, WARNING"), rows=ROWS)
    flows.update_flow("shop", "report", text, by="ada")
    assert play(runner, "people", "orders") == [0, 1]


def test_two_schedulers_count_each_end_once(shop: None, runner: Runner, monkeypatch: Any) -> None:
    listen(BOTH)
    assert play(runner, "orders") == [0]
    execution = run("shop", "people")
    runner.take([execution.id])
    ended(execution.id)
    seen = changes.waiting()
    assert fire_flows(CLOCK) == 1
    monkeypatch.setattr("builder.store.triggers.changes.waiting", lambda *_, **__: seen)
    assert fire_flows(CLOCK) == 0
    assert len(reports()) == 1
    today = Every(timedelta(days=1), timedelta(0), ZoneInfo("UTC")).around(datetime.now(UTC))
    assert windows.was_met(triggers.get("shop", "report", "after").key, "dependsOn", today)


def test_inputs_that_cannot_be_rendered_leave_a_failed_execution(shop: None, runner: Runner) -> None:
    listen(BOTH + "    mode: ANY\n", rows="{{ nothing.here }}")
    assert play(runner, "orders", "orders") == [0, 0]
    report, *_ = reports()
    assert report.state is State.FAILED and "nothing" in report.message
    assert "nothing" in executions.logs(report.id)[0].message
    assert dict(report.labels)["system.correlationId"] != report.id
    trigger = triggers.get("shop", "report", "after")
    assert trigger.failures == 2 and trigger.last_execution_id in [one.id for one in reports()]


def test_a_zone_that_there_is_not_is_told() -> None:
    with pytest.raises(InvalidInput, match="no time zone"):
        DependsWindow.read({"timezone": "{{ vars.zone }}"}).cut()


@pytest.mark.skipif(not FOLDER.exists(), reason="the shared flows are not here")
class TestKestrasOwn:
    """The flows of Kestra's tests."""

    @staticmethod
    def publish(*names: str) -> None:
        for name in names:
            flows.create_flow((FOLDER / f"{name}.yaml").read_text(), by="ada")

    @staticmethod
    def play(runner: Runner, namespace: str, *names: str) -> list[int]:
        found = []
        for name in names:
            execution = run(namespace, name)
            runner.take([execution.id])
            ended(execution.id)
            found.append(fire_flows(CLOCK))
        return found

    def test_it_fires_at_each_state_that_it_names(self, runner: Runner) -> None:
        self.publish("trigger-flow-with-pause", "trigger-flow-listener-with-pause")
        assert self.play(runner, "io.kestra.tests.trigger.pause", "trigger-flow-with-pause") == [4]
        found = reports("trigger-flow-listener-with-pause")
        for report in found:
            runner.take([report.id])
        outputs = [(ended(report.id).outputs or {})["status"] for report in found]
        assert sorted(outputs) == ["PAUSED", "RUNNING", "RUNNING", "SUCCESS"]

    def test_multiple_conditions(self, runner: Runner) -> None:
        a, b = "trigger-multiplecondition-flow-a", "trigger-multiplecondition-flow-b"
        self.publish(a, b, "trigger-multiplecondition-listener")
        assert self.play(runner, "io.kestra.tests.trigger", a, b) == [0, 1]
        (report,) = reports("trigger-multiplecondition-listener")
        assert report.trigger is not None and report.trigger["variables"]["flowId"] == b

    def test_a_missing_input_does_not_keep_it_from_starting(self, runner: Runner) -> None:
        c, d = "trigger-multiplecondition-flow-c", "trigger-multiplecondition-flow-d"
        self.publish(c, d, "trigger-flow-listener-namespace-condition")
        assert self.play(runner, "io.kestra.tests.trigger", c, d) == [0, 1]
        (report,) = reports("trigger-flow-listener-namespace-condition")
        runner.take([report.id])
        assert ended(report.id).state is State.SUCCESS

    def test_preconditions(self, runner: Runner) -> None:
        a, b = "flow-trigger-preconditions-flow-a", "flow-trigger-preconditions-flow-b"
        self.publish(a, b, "flow-trigger-preconditions-flow-listen")
        assert self.play(runner, "io.kestra.tests.trigger.preconditions", a, a, b) == [0, 0, 1]


MISS = (
    BOTH
    + """    window: {deadline: "09:00:00", timezone: Europe/Paris}
    onMiss: {behavior: FAIL, labels: {missed: "yes"}}
"""
)


def test_a_missed_deadline_leaves_one_failed_execution(shop: None) -> None:
    listen(MISS)
    trigger = triggers.get("shop", "report", "after")
    deadline = (trigger.since + timedelta(days=2)).replace(hour=8, minute=0, second=0, microsecond=0)
    if deadline.astimezone(ZoneInfo("Europe/Paris")).hour == 10:
        deadline -= timedelta(hours=1)
    clock = FixedClock(deadline - timedelta(hours=12))
    assert fail_missed(clock) == 0
    assert triggers.get("shop", "report", "after").next_at == deadline
    clock.advance(timedelta(hours=12))
    assert [fail_missed(clock), fail_missed(clock)] == [1, 0]
    (report,) = reports()
    assert report.state is State.FAILED and "entries 1, 2 are missing" in report.message
    assert dict(report.labels)["missed"] == "yes"
    clock.advance(timedelta(days=1))
    span = Daily(time(0), time(9), ZoneInfo("Europe/Paris")).around(clock.now() - timedelta(hours=1))
    assert span is not None
    windows.note(trigger.key, "dependsOn", span, {"1", "2"}, windows.Seen("x", clock.now()), clock.now())
    windows.close(trigger.key, "dependsOn", span, clock.now(), forget=True)
    assert fail_missed(clock) == 0
