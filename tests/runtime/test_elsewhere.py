"""Tasks that look beyond their execution: others are resumed, counted and purged, logs fetched, triggers switched."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.engine.states import State
from builder.runtime.files import storage
from builder.runtime.runner.runner import Runner
from builder.store import executions, flows, kv, secrets, triggers
from builder.store.executions import Filters
from tests.runtime.conftest import create, ended, messages, publish, wait_until

CORE = "io.kestra.plugin.core"
LOG = f"{CORE}.log.Log"
LATER = "{{ now() | dateAdd(1, 'DAYS') }}"
SAY = f"tasks:\n  - {{id: say, type: {LOG}, message: said}}"
ASKS = f"""
tasks:
  - id: ask
    type: {CORE}.flow.Pause
    onResume:
      - {{id: reason, type: STRING}}
  - {{id: say, type: {CORE}.debug.Return, format: "{{{{ outputs.ask.onResume.reason }}}}"}}
"""


def run(runner: Runner, source: str, flow_id: str = "one", namespace: str = "team", **inputs: Any) -> Execution:
    return ended(begin(runner, source, flow_id, namespace, **inputs))


def begin(runner: Runner, source: str, flow_id: str = "one", namespace: str = "team", **inputs: Any) -> str:
    publish(source, flow_id, namespace)
    execution_id = create(flow_id, namespace, inputs)
    runner.take([execution_id])
    return execution_id


def paused(runner: Runner, flow_id: str = "asks") -> str:
    execution_id = begin(runner, ASKS, flow_id)
    wait_until(lambda: executions.item(execution_id).state is State.PAUSED and not executions.item(execution_id).owner)
    return execution_id


def test_an_execution_is_resumed_with_what_its_pause_asks_for_and_keeps_secrets(runner: Runner) -> None:
    secrets.set_value("team", "KEY", "s3cr3t-VALUE-42", by="tests", now=SystemClock().now())
    other = paused(runner)
    task = f"""
inputs:
  - {{id: other, type: STRING}}
tasks:
  - id: resume
    type: {CORE}.execution.Resume
    executionId: "{{{{ inputs.other }}}}"
    inputs: {{reason: "{{{{ secret('KEY') }}}}"}}
"""
    assert run(runner, task, other=other).state is State.SUCCESS
    runner.take([other])
    done = ended(other)
    assert done.state is State.SUCCESS
    assert "s3cr3t" not in json.dumps([run.outputs for run in done.runs.values()], default=str)


def test_the_newest_paused_execution_of_a_flow_is_resumed(runner: Runner) -> None:
    other = paused(runner)
    task = f"""
tasks:
  - {{id: go, type: {CORE}.execution.Resume, namespace: team, flowId: asks, inputs: {{reason: fine}}}}
"""
    assert run(runner, task).state is State.SUCCESS
    runner.take([other])
    assert ended(other).runs["say"].outputs == {"value": "fine"}
    assert "No execution of the flow team.asks is paused" in run(runner, task).runs["go"].message


def test_an_execution_resumes_its_own_pause_beside(runner: Runner) -> None:
    execution_id = begin(runner, f"""
tasks:
  - id: both
    type: {CORE}.flow.Parallel
    tasks:
      - {{id: wait, type: {CORE}.flow.Pause}}
      - id: then
        type: {CORE}.flow.Sequential
        tasks:
          - {{id: nap, type: {CORE}.flow.Sleep, duration: PT0.2S}}
          - {{id: go, type: {CORE}.execution.Resume}}
""")  # fmt: skip

    def rung_for_until_it_ended() -> bool:
        runner.take([execution_id])  # nothing comes of it while the runner still holds it, and nobody sweeps here
        return executions.item(execution_id).ended_at is not None

    wait_until(rung_for_until_it_ended)
    assert ended(execution_id).state is State.SUCCESS


@pytest.mark.parametrize(
    ("properties", "why"),
    [
        ("executionId: nobody", "Execution `nobody` does not exist"),
        ("executionId: '{{ execution.id }}'", "is RUNNING, not PAUSED"),
        ("executionId: '{{ execution.id }}', flowId: other", "belongs to the flow team.one"),
    ],
)
def test_what_cannot_be_resumed_fails_and_says_why(runner: Runner, properties: str, why: str) -> None:
    execution = run(runner, f"tasks:\n  - {{id: go, type: {CORE}.execution.Resume, {properties}}}")
    assert execution.state is State.FAILED and why in execution.runs["go"].message


def test_executions_are_counted_by_flow_and_namespace(runner: Runner) -> None:
    for _ in range(2):
        run(runner, SAY, "said")
    run(runner, SAY, "other", "team.below")
    execution = run(runner, f"""
tasks:
  - id: some
    type: {CORE}.execution.Count
    flows: [{{namespace: team, flowId: said}}, {{namespace: team, flowId: never}}]
    namespaces: [team.below, team]
    states: [SUCCESS]
    startDate: "{{{{ now() | dateAdd(-1, 'HOURS') }}}}"
  - id: none
    type: io.kestra.core.tasks.executions.Counts
    flows: [{{namespace: team, flowId: said}}, {{namespace: team, flowId: never}}]
    expression: "{{{{ eq count 0 }}}}"
    startDate: "{{{{ now() | dateAdd(-1, 'HOURS') }}}}"
  - {{id: past, type: {CORE}.execution.Count, namespaces: [team], endDate: "2020-01-01T00:00:00Z"}}
""".replace("eq count 0", "count == 0"))  # fmt: skip
    assert execution.state is State.SUCCESS, execution.runs
    some, none, past = (execution.runs[name].outputs or {} for name in ("some", "none", "past"))
    assert some["results"] == [
        {"namespace": "team", "flowId": "said", "count": 2},
        {"namespace": "team", "flowId": "never", "count": 0},
        {"namespace": "team.below", "flowId": None, "count": 1},
        {"namespace": "team", "flowId": None, "count": 2},
    ]
    assert some["total"] == 5
    assert none == {"results": [{"namespace": "team", "flowId": "never", "count": 0}], "total": 0}
    assert past["total"] == 0


def test_old_executions_are_purged_with_all_they_had(runner: Runner) -> None:
    write = f"tasks:\n  - {{id: w, type: {CORE}.storage.Write, content: hi}}\n  - {{id: say, type: {LOG}, message: x}}"
    gone = [run(runner, write, "old").id for _ in range(3)]
    kept = run(runner, write, "new").id
    waits = paused(runner, "old")
    execution = run(runner, f"""
tasks:
  - {{id: purge, type: {CORE}.storage.Purge, namespace: team, flowId: old, endDate: "{LATER}", batchSize: 2}}
""")  # fmt: skip
    assert execution.runs["purge"].outputs == {
        "executionsCount": 3, "logsCount": 3, "storagesCount": 3, "metricsCount": 0,
    }  # fmt: skip
    assert set(executions.states([*gone, kept, waits])) == {kept, waits}
    assert all(storage.forget(execution_id) == 0 for execution_id in gone)


def test_parts_of_executions_are_purged_alone_and_by_state(runner: Runner) -> None:
    fails = run(runner, f"tasks:\n  - {{id: bad, type: {CORE}.execution.Fail}}", "fails").id
    works = run(runner, SAY, "works").id
    execution = run(runner, f"""
tasks:
  - id: purge
    type: {CORE}.execution.PurgeExecutions
    namespace: team
    endDate: "{LATER}"
    states: [FAILED]
    purgeExecution: false
    purgeStorage: false
""", namespace="system")  # fmt: skip
    assert (execution.runs["purge"].outputs or {})["executionsCount"] == 0
    assert executions.count_logs(fails) == 0 and executions.count_logs(works) == 1
    assert executions.item(fails).state is State.FAILED


def test_the_log_of_this_execution_is_fetched_up_to_now(runner: Runner) -> None:
    secrets.set_value("team", "KEY", "s3cr3t-VALUE-42", by="tests", now=SystemClock().now())
    execution = run(runner, f"""
tasks:
  - {{id: one, type: {LOG}, message: "first {{{{ secret('KEY') }}}}"}}
  - {{id: two, type: {LOG}, message: second, level: WARN}}
  - {{id: all, type: {CORE}.log.Fetch}}
  - {{id: some, type: {CORE}.log.Fetch, tasksId: [two], level: WARN}}
  - {{id: read, type: {CORE}.debug.Return, format: "{{{{ read(outputs.all.uri) }}}}"}}
""")  # fmt: skip
    assert execution.state is State.SUCCESS, execution.runs
    assert (execution.runs["all"].outputs or {})["size"] == 2
    assert (execution.runs["some"].outputs or {})["size"] == 1
    lines = [json.loads(line) for line in (execution.runs["read"].outputs or {})["value"].splitlines()]
    assert [(line["taskId"], line["level"], line["message"]) for line in lines] == [
        ("one", "INFO", "first ******"), ("two", "WARN", "second"),
    ]  # fmt: skip
    assert lines[0]["taskRunId"] == execution.runs["one"].id and lines[0]["executionId"] == execution.id


def test_logs_are_purged_by_age_level_and_flow(runner: Runner) -> None:
    one = run(
        runner,
        f"tasks:\n  - {{id: a, type: {LOG}, message: [x, y]}}\n  - {{id: b, type: {LOG}, message: z, level: WARN}}",
    )
    purge = f"""
tasks:
  - {{id: past, type: {CORE}.log.PurgeLogs, endDate: "2020-01-01T00:00:00Z"}}
  - {{id: go, type: {CORE}.log.PurgeLogs, namespace: team, flowId: one, logLevels: [INFO], endDate: "{LATER}"}}
"""
    execution = run(runner, purge, "purge", "system")
    assert (execution.runs["past"].outputs or {})["count"] == 0
    assert (execution.runs["go"].outputs or {})["count"] == 2
    assert messages(one.id) == ["z"]


def test_a_trigger_is_switched_off_and_on(runner: Runner) -> None:
    now = SystemClock().now()
    trigger = {"id": "daily", "type": f"{CORE}.trigger.Schedule", "cron": "0 9 * * *"}
    triggers.declare("team", "timed", 1, [trigger], disabled=False, now=now)
    toggle = f"tasks:\n  - {{id: go, type: {CORE}.trigger.Toggle, trigger: daily, flowId: timed, enabled: %s}}"
    assert run(runner, toggle % "false").state is State.SUCCESS
    assert not triggers.get("team", "timed", "daily").enabled
    assert run(runner, toggle % "true").state is State.SUCCESS
    assert triggers.get("team", "timed", "daily").enabled
    missing = run(runner, f"tasks:\n  - {{id: go, type: {CORE}.trigger.Toggle, trigger: daily}}")
    assert "has no trigger `daily`" in missing.runs["go"].message


def test_the_key_value_store_is_purged_by_pattern(runner: Runner) -> None:
    now = datetime.now(UTC)
    for namespace, key in (("team", "a_1"), ("team", "b_1"), ("team.below", "a_2"), ("other", "a_3")):
        kv.set_value(namespace, key, 1, now)
    kv.set_value("team", "a_old", 1, now - timedelta(hours=1), ttl_seconds=60)
    execution = run(runner, f"""
tasks:
  - {{id: expired, type: {CORE}.kv.PurgeKV}}
  - id: alone
    type: {CORE}.kv.PurgeKV
    namespaces: [team]
    includeChildNamespaces: false
    keyPattern: "a_*"
    expiredOnly: false
  - id: below
    type: {CORE}.kv.PurgeKV
    namespaces: [team]
    keyPattern: "a_?"
    behavior: {{type: key, expiredOnly: false}}
  - {{id: versions, type: {CORE}.kv.PurgeKV, behavior: {{type: version, keepAmount: 1}}}}
""")  # fmt: skip
    sizes = {path: (run.outputs or {})["size"] for path, run in execution.runs.items()}
    assert sizes == {"expired": 1, "alone": 1, "below": 1, "versions": 0}
    assert [(entry.namespace, entry.key) for entry in kv.listed(now)] == [("other", "a_3"), ("team", "b_1")]


def test_an_entry_keeps_its_note_and_its_type(runner: Runner) -> None:
    execution = run(runner, f"""
tasks:
  - {{id: a, type: {CORE}.kv.Set, key: a, value: "12", kvType: NUMBER, kvDescription: a number}}
  - {{id: b, type: {CORE}.kv.Set, key: b, value: "{{{{ [1, 2] }}}}", kvType: STRING}}
  - {{id: c, type: {CORE}.kv.Set, key: c, value: "2026-01-31", kvType: DATE}}
  - {{id: d, type: {CORE}.kv.Set, key: d, value: nonsense, kvType: DURATION}}
""")  # fmt: skip
    assert "value cannot be kept as DURATION" in execution.runs["d"].message
    found = {entry.key: (entry.kind.value, entry.value, entry.description) for entry in kv.listed(datetime.now(UTC))}
    assert found == {
        "a": ("NUMBER", 12, "a number"), "b": ("JSON", [1, 2], ""), "c": ("DATE", "2026-01-31", ""),
    }  # fmt: skip


def test_metrics_of_ones_own_are_kept(runner: Runner) -> None:
    execution = run(runner, f"""
tasks:
  - id: report
    type: {CORE}.metric.Publish
    metrics:
      - {{type: counter, name: rows, value: "{{{{ 6 * 7 }}}}", tags: {{team: red}}}}
      - {{type: timer, name: waited, value: PT1.5S}}
""")  # fmt: skip
    kept = [(row.name, float(row.value), row.unit, row.tags) for row in executions.metrics(execution.id)]
    assert kept == [("rows", 42.0, "", {"team": "red"}), ("waited", 1.5, "seconds", {})]


def test_a_templated_task_runs_with_the_checks_masks_and_limits_of_any(runner: Runner) -> None:
    secrets.set_value("team", "KEY", "s3cr3t-VALUE-42", by="tests", now=SystemClock().now())
    templated = f"{CORE}.templating.TemplatedTask"
    execution = run(runner, f"""
tasks:
  - id: label
    type: {templated}
    spec: |
      type: {CORE}.execution.Labels
      labels: {{made: "{{{{ flow.id }}}}"}}
  - id: secret
    type: {templated}
    spec: |
      {{% raw %}}
      id: inner
      type: {CORE}.debug.Return
      format: "{{{{ secret('KEY') }}}}"
      {{% endraw %}}
  - id: limit
    type: {templated}
    allowFailure: true
    spec: |
      type: {CORE}.http.Request
      uri: http://127.0.0.1:9/
      timeout: never
  - {{id: block, type: {templated}, allowFailure: true, spec: "{{type: {CORE}.flow.Sequential, tasks: []}}"}}
  - {{id: itself, type: {templated}, allowFailure: true, spec: "{{type: {templated}, spec: x}}"}}
  - {{id: nobody, type: {templated}, allowFailure: true, spec: "{{type: {CORE}.log.Lgo}}"}}
  - {{id: wrong, type: {templated}, allowFailure: true, spec: "{{type: {LOG}, mesage: hi}}"}}
  - {{id: text, type: {templated}, allowFailure: true, spec: "just text"}}
""")  # fmt: skip
    runs = execution.runs
    assert dict(execution.labels)["made"] == "one"
    assert runs["secret"].outputs == {"value": "******"}
    assert "timeout:" in runs["limit"].message
    assert "only a task that does its work itself" in runs["block"].message
    assert "cannot run another one" in runs["itself"].message
    assert f"did you mean {LOG}?" in runs["nobody"].message
    assert "message" in runs["wrong"].message and "mesage" in runs["wrong"].message
    assert "spec must be one task" in runs["text"].message
    assert executions.search(Filters(labels=[("made", "one")])).total == 1


def test_old_revisions_of_flows_are_purged_but_what_executions_ran(runner: Runner) -> None:
    for number in range(1, 5):
        publish(f"tasks:\n  - {{id: say, type: {LOG}, message: '{number}'}}\n", "old")
        if number == 2:
            ran = create("old")
    purge = f"tasks:\n  - {{id: purge, type: {CORE}.flow.PurgeFlows, namespace: team, flowId: old"
    assert run(runner, purge + ", behavior: {keepAmount: 3}}\n").runs["purge"].outputs == {"size": 1}
    assert run(runner, purge + ", behavior: {before: '2020-01-01T00:00:00Z'}}\n").runs["purge"].outputs == {"size": 0}
    assert run(runner, purge + "}\n").runs["purge"].outputs == {"size": 1}
    assert [one.number for one in flows.revisions("team", "old")] == [2, 4]
    executions.delete([ran])
    everything = f"tasks:\n  - {{id: purge, type: {CORE}.flow.PurgeFlows}}\n"
    assert (run(runner, everything).runs["purge"].outputs or {})["size"] >= 1
    assert [one.number for one in flows.revisions("team", "old")] == [4]
