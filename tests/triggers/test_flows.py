"""Flow triggers start a flow after another one: once for each change, never in a circle without end."""

import re
from dataclasses import replace

import pytest

from builder.actions import flows, secrets
from builder.actions.executions.running import run
from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.engine.states import State
from builder.runtime.runner.runner import Runner
from builder.store import executions, triggers
from builder.store.executions import Filters, NewExecution
from builder.store.triggers import changes
from builder.triggers.flow import firing
from builder.triggers.flow.chains import DEEPEST, depth
from builder.triggers.flow.firing import fire_flows
from builder.triggers.schedule import health
from tests.runtime.conftest import ended
from tests.store.conftest import an_execution

pytestmark = pytest.mark.django_db(transaction=True)
CLOCK = SystemClock()

IMPORT = """
id: import
namespace: shop
labels: {customer: acme}
tasks:
  - {id: count, type: io.kestra.plugin.core.debug.Return, format: "3"}
outputs:
  - {id: rows, type: STRING, value: "{{ outputs.count.value }}"}
"""
REPORT = """
id: report
namespace: shop
inputs:
  - {id: rows, type: INT}
  - {id: counted, type: STRING, defaults: none}
tasks:
  - {id: say, type: io.kestra.plugin.core.debug.Return, format: "{{ trigger.flowId }} {{ trigger.state }}"}
triggers:
  - id: after
    type: io.kestra.plugin.core.trigger.Flow
    labels: {by: trigger}
    inputs:
      rows: "{{ trigger.outputs.rows }}"
      counted: "{{ outputs.count.value }}"
    conditions:
      - type: io.kestra.plugin.core.condition.ExecutionFlow
        namespace: shop
        flowId: import
      - type: io.kestra.plugin.core.condition.ExecutionStatus
        in: [SUCCESS]
"""


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builder.runtime.queue.ring_on_commit", lambda ids: None)


def publish(*sources: str) -> None:
    for source in sources:
        flows.create_flow(source, by="ada")


def play(runner: Runner, flow_id: str = "import") -> Execution:
    execution = run("shop", flow_id)
    runner.take([execution.id])
    return ended(execution.id)


def reports() -> list[Execution]:
    found = executions.search(Filters(flow_id="report")).items
    return [executions.load(item.id)[0] for item in found]


def said(flow_id: str = "report") -> str:
    return triggers.get("shop", flow_id, "after").message


def test_the_end_of_a_flow_starts_another_with_its_outputs(runner: Runner) -> None:
    publish(IMPORT, REPORT)
    first = play(runner)
    assert fire_flows(CLOCK) == 1
    assert fire_flows(CLOCK) == 0
    (report,) = reports()
    assert report.inputs == {"rows": 3, "counted": "3"}
    labels = dict(report.labels)
    assert labels["by"] == "trigger" and labels["system.correlationId"] == first.id
    runner.take([report.id])
    assert (ended(report.id).runs["say"].outputs or {})["value"] == "import SUCCESS"
    assert triggers.get("shop", "report", "after").last_execution_id == report.id
    assert report.trigger is not None
    variables = report.trigger["variables"]
    assert variables["executionId"] == first.id and variables["executionLabels"] == {"customer": "acme"}
    assert variables["outputs"] == {"rows": "3"} and variables["endDate"] >= variables["startDate"]


@pytest.mark.parametrize(("old", "new"), [
    ("[SUCCESS]", "[FAILED]"),
    ("flowId: import", "flowId: export"),
    ("    labels: {by", '    states: [FAILED]\n    labels: {by'),
    ("    labels: {by", '    disabled: true\n    labels: {by'),
    ("    labels: {by", '    when: "{{ outputs.rows | number > 5 }}"\n    labels: {by'),
    ("    labels: {by", '    when: "{{ flow.id == \'report\' }}"\n    labels: {by'),
])  # fmt: skip
def test_it_starts_nothing_after_what_it_does_not_mean(runner: Runner, old: str, new: str) -> None:
    publish(IMPORT, REPORT.replace(old, new))
    play(runner)
    assert fire_flows(CLOCK) == 0
    assert reports() == [] and said() == "" and changes.waiting() == []


def test_when_sees_the_other_flow(runner: Runner) -> None:
    when = "{{ flow.id == 'import' and labels.customer == 'acme' and outputs.rows == '3' and state == 'SUCCESS' }}"
    publish(IMPORT, REPORT.replace("    labels: {by", f'    when: "{when}"\n    labels: {{by'))
    play(runner)
    assert fire_flows(CLOCK) == 1


@pytest.mark.parametrize(("old", "new", "reason"), [
    ("    labels: {by", '    when: "{{ nothing.here }}"\n    labels: {by', "`when` counts as not holding: .*nothing"),
    ("        in: [SUCCESS]", '      - type: io.kestra.plugin.core.condition.Weekend\n        date: soon',
     "The condition Weekend counts as not holding, .*`soon` is not a date"),
])  # fmt: skip
def test_what_keeps_it_from_starting_is_told(runner: Runner, old: str, new: str, reason: str) -> None:
    publish(IMPORT, REPORT.replace(old, new))
    play(runner)
    assert fire_flows(CLOCK) == 0
    assert reports() == []
    assert re.search(reason, said())
    assert changes.waiting() == []


@pytest.mark.parametrize("compat", ["", "1.3"])
@pytest.mark.parametrize(("inputs", "reason"), [("{{ nothing.here }}", "nothing"), ("many", "rows")])
def test_inputs_that_do_not_fit_leave_a_failed_execution(
    runner: Runner,
    inputs: str,
    reason: str,
    compat: str,
) -> None:
    label = f"namespace: shop\nlabels: {{compat: '{compat}'}}" if compat else "namespace: shop"
    publish(IMPORT, REPORT.replace("{{ trigger.outputs.rows }}", inputs).replace("namespace: shop", label, 1))
    play(runner)
    assert fire_flows(CLOCK) == 0
    assert re.search(f"Not started after execution .*{reason}", said())
    assert [report.state for report in reports()] == ([] if compat else [State.FAILED])


def test_what_ended_before_it_was_published_starts_nothing(runner: Runner) -> None:
    publish(IMPORT, REPORT.replace("id: report", "id: other"))
    play(runner)
    publish(REPORT)
    assert fire_flows(CLOCK) == 1
    assert reports() == []


LOOP = """
id: {id}
namespace: shop
tasks:
  - {{id: say, type: io.kestra.plugin.core.debug.Return, format: x}}
triggers:
  - id: after
    type: io.kestra.plugin.core.trigger.Flow
"""


def test_flows_that_start_each_other_are_stopped_with_the_reason(runner: Runner) -> None:
    waits = "    preconditions: {id: both, flows: [{namespace: shop, flowId: a}, {namespace: shop, flowId: b}]}\n"
    publish(LOOP.format(id="ping"), LOOP.format(id="pong"), LOOP.format(id="patient") + waits)
    last = play(runner, "ping")
    started = 0
    while fire_flows(CLOCK):
        started += 1
        (waiting,) = [item.id for item in executions.search(Filters(states=(State.CREATED,))).items]
        runner.take([waiting])
        last = ended(waiting)
    assert started == DEEPEST == depth(last)
    assert last.flow_id == "ping"
    assert f"{DEEPEST} flow triggers have fired one because of the other" in said("pong")
    assert said("patient") == "", "its parts are other flows"
    (alert,) = health.alerts(CLOCK)
    assert alert.words == said("pong") and alert.execution_id == last.id
    triggers.note_execution(alert.trigger, last.id, CLOCK.now())
    assert health.of_trigger(triggers.get("shop", "pong", "after"), CLOCK), "it is told although it went on"
    triggers.heed(alert.trigger, CLOCK.now())
    assert health.alerts(CLOCK) == []


def test_why_a_condition_cannot_be_told_tells_no_secret(runner: Runner, caplog: pytest.LogCaptureFixture) -> None:
    secrets.set_value("shop", "DAY", "hush-hush-4711", by="ada")
    condition = "io.kestra.plugin.core.condition.DateTimeBetween, after: '2027-01-01'"
    publish(IMPORT, REPORT + f"""      - {{type: {condition}, date: "{{{{ secret('DAY') }}}}"}}\n""")
    play(runner)
    assert fire_flows(CLOCK) == 0
    assert "`******` is not a date" in said("report") and "hush" not in said("report") + caplog.text


def test_stop_after_switches_it_off(runner: Runner) -> None:
    publish(IMPORT, REPORT.replace("    labels: {by", "    stopAfter: [SUCCESS]\n    labels: {by"))
    play(runner)
    fire_flows(CLOCK)
    (report,) = reports()
    runner.take([report.id])
    ended(report.id)
    play(runner)
    assert fire_flows(CLOCK) == 0
    assert len(reports()) == 1
    assert not triggers.get("shop", "report", "after").active
    triggers.set_enabled("shop", "report", "after", True, CLOCK.now())
    play(runner)
    assert fire_flows(CLOCK) == 1
    assert triggers.get("shop", "report", "after").active


def test_ends_that_cannot_be_settled_yet_hold_up_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    publish(IMPORT, REPORT)

    def an_end(state: State) -> str:
        now = CLOCK.now()
        born = executions.create(NewExecution(an_execution(namespace="shop", flow_id="import", created_at=now)))
        executions.replace_execution(replace(born, state=state, history=((state, now),)), now, due=False)
        return born.id

    monkeypatch.setattr(firing, "AT_ONCE", 2)
    slow = [an_end(State.SUCCESS) for _ in range(5)]
    an_end(State.FAILED)
    with monkeypatch.context() as nobody_answers:
        nobody_answers.setattr(firing.asking, "answered", lambda *_, **__: None)
        for _ in range(3):
            fire_flows(CLOCK)
        assert [change.execution_id for change in changes.waiting()] == slow, "the newest one means nothing"
    for _ in range(10):
        fire_flows(CLOCK)
    assert not set(slow) & {change.execution_id for change in changes.waiting()}


def test_two_schedulers_start_it_once(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(IMPORT, REPORT)
    play(runner)
    seen = changes.waiting()
    assert fire_flows(CLOCK) == 1
    monkeypatch.setattr("builder.store.triggers.changes.waiting", lambda *_, **__: seen)
    assert fire_flows(CLOCK) == 0
    assert len(reports()) == 1
