"""A runner drives executions from their row to their end, with the real store, Valkey and expressions."""

from datetime import timedelta
from typing import Any

import pytest

from builder.clock import SystemClock
from builder.engine.states import State
from builder.runtime.files import storage
from builder.runtime.runner.runner import Runner
from builder.store import births, executions, flows, kv, secrets
from tests.runtime.conftest import create, ended, messages, publish, wait_until

LOG = "io.kestra.plugin.core.log.Log"
RETURN = "io.kestra.plugin.core.debug.Return"
FLOW = "io.kestra.plugin.core.flow"


def run(runner: Runner, source: str, **inputs: Any) -> str:
    publish(source)
    execution_id = create(inputs=inputs)
    runner.take([execution_id])
    return execution_id


def test_a_log_flow_goes_from_its_row_to_success(runner: Runner) -> None:
    execution = ended(run(runner, f"""
inputs:
  - {{id: name, type: STRING}}
tasks:
  - {{id: say, type: {LOG}, message: "Hi {{{{ inputs.name }}}}"}}
""", name="Ann"))  # fmt: skip
    assert execution.state is State.SUCCESS
    assert messages(execution.id) == ["Hi Ann"]
    assert executions.load(execution.id)[1] == 1


def test_later_tasks_read_what_earlier_ones_gave(runner: Runner) -> None:
    execution = ended(run(runner, f"""
tasks:
  - {{id: first, type: {RETURN}, format: "one"}}
  - {{id: second, type: {RETURN}, format: "{{{{ outputs.first.value }}}} two"}}
outputs:
  - {{id: both, type: STRING, value: "{{{{ outputs.second.value }}}}!"}}
"""))  # fmt: skip
    assert execution.state is State.SUCCESS and execution.outputs == {"both": "one two!"}


def test_a_missing_key_is_null_for_a_flow_of_before_0_22(runner: Runner) -> None:
    source = f"""
tasks:
  - {{id: a, type: {RETURN}, format: "<{{{{ kv('nothing') }}}}>"}}
"""
    assert ended(run(runner, source)).state is State.FAILED
    execution = ended(run(runner, 'labels: {compat: "0.21"}\n' + source))
    assert execution.runs["a"].outputs == {"value": "<>"}


def test_loops_run_their_turns_and_keep_outputs_by_value(runner: Runner) -> None:
    execution = ended(run(runner, f"""
tasks:
  - id: each
    type: {FLOW}.ForEach
    values: ["a", "b", "c"]
    concurrencyLimit: 0
    tasks:
      - {{id: inner, type: {RETURN}, format: "{{{{ taskrun.value }}}}{{{{ taskrun.iteration }}}}"}}
  - {{id: after, type: {RETURN}, format: "{{{{ outputs.inner.b.value }}}}"}}
"""))  # fmt: skip
    assert execution.runs["after"].outputs == {"value": "b1"}


def test_a_failure_says_why_in_the_run_and_in_the_log(runner: Runner) -> None:
    execution = ended(run(runner, f"tasks:\n  - {{id: bad, type: {LOG}, message: '{{{{ nowhere }}}}'}}"))
    assert execution.state is State.FAILED
    assert "Unable to find `nowhere`" in execution.runs["bad"].message
    assert any("nowhere" in message for message in messages(execution.id))


def test_conditions_may_read_keys(runner: Runner) -> None:
    kv.set_value("team", "wanted", True, SystemClock().now())
    execution = ended(run(runner, f"""
tasks:
  - {{id: yes_, type: {RETURN}, format: "{{{{ kv('wanted') }}}}", runIf: "{{{{ kv('wanted') }}}}"}}
  - {{id: no_, type: {RETURN}, format: "x", runIf: "{{{{ kv('missing') ?? false }}}}"}}
""".replace("yes_", "y").replace("no_", "n")))  # fmt: skip
    assert execution.state is State.SUCCESS
    assert execution.runs["y"].outputs == {"value": "true"}
    assert execution.runs["n"].state is State.SKIPPED


def test_a_secret_is_masked_wherever_it_would_appear(runner: Runner) -> None:
    secrets.set_value("team", "KEY", "s3cr3t-VALUE-42", by="tests", now=SystemClock().now())
    execution = ended(run(runner, f"""
tasks:
  - {{id: log, type: {LOG}, message: "it is {{{{ secret('KEY') }}}} or {{{{ secret('KEY') | urlencode }}}}"}}
  - {{id: give, type: {RETURN}, format: "{{{{ secret('KEY') }}}}"}}
outputs:
  - {{id: out, type: STRING, value: "{{{{ secret('KEY') }}}}"}}
"""))  # fmt: skip
    assert execution.state is State.SUCCESS, execution
    assert messages(execution.id) == ["it is ****** or ******"]
    assert execution.runs["give"].outputs == {"value": "******"}
    assert execution.outputs == {"out": "******"}


def test_a_short_wait_is_sat_out_and_a_long_one_gives_the_lease_up(runner: Runner) -> None:
    short = run(runner, f"tasks:\n  - {{id: wait, type: {FLOW}.Sleep, duration: PT0.2S}}")
    assert ended(short).state is State.SUCCESS
    long = run(runner, f"tasks:\n  - {{id: wait, type: {FLOW}.Pause, delay: PT1H}}")
    wait_until(lambda: executions.item(long).owner == "" and executions.item(long).state is State.PAUSED)
    assert executions.item(long).wake_at is not None
    assert long not in executions.due(SystemClock().now())
    assert long in executions.due(SystemClock().now() + timedelta(hours=2))


def test_a_paused_execution_goes_on_when_somebody_resumes_it(runner: Runner) -> None:
    execution_id = run(
        runner,
        f"""
tasks:
  - {{id: wait, type: {FLOW}.Pause}}
  - {{id: after, type: {LOG}, message: on}}
""",
    )
    wait_until(lambda: executions.item(execution_id).state is State.PAUSED and not executions.item(execution_id).owner)
    executions.send(execution_id, executions.RESUME, SystemClock().now(), {})
    runner.take(executions.due(SystemClock().now()))
    assert ended(execution_id).state is State.SUCCESS
    assert messages(execution_id) == ["on"]


def test_a_kill_ends_a_running_execution_though_its_task_never_would(runner: Runner, slow_url: str) -> None:
    execution_id = run(
        runner,
        f"""
tasks:
  - {{id: ask, type: io.kestra.plugin.core.http.Request, uri: "{slow_url}"}}
""",
    )
    wait_until(lambda: executions.item(execution_id).state is State.RUNNING)
    executions.send(execution_id, executions.KILL, SystemClock().now())
    from builder.runtime import queue

    queue.notify(execution_id)
    execution = ended(execution_id)
    assert execution.state is State.KILLED and execution.runs["ask"].state is State.KILLED


def test_a_timeout_stops_the_task(runner: Runner, slow_url: str) -> None:
    execution = ended(
        run(
            runner,
            f"""
tasks:
  - {{id: ask, type: io.kestra.plugin.core.http.Request, uri: "{slow_url}", timeout: PT0.3S}}
""",
        )
    )
    assert execution.state is State.FAILED
    assert "longer than PT0.3S" in execution.runs["ask"].message


def test_a_task_is_tried_again_as_its_retry_says(runner: Runner) -> None:
    execution = ended(
        run(
            runner,
            """
tasks:
  - id: fail
    type: io.kestra.plugin.core.execution.Fail
    retry: {type: constant, interval: PT0.1S, maxAttempt: 3}
""",
        )
    )
    assert execution.state is State.FAILED
    assert len(execution.runs["fail"].attempts) == 3


@pytest.mark.parametrize(("wait", "outputs"), [("true", {"answer": "child of Ann"}), ("false", None)])
def test_a_subflow_runs_as_an_execution_of_its_own(runner: Runner, wait: str, outputs: Any) -> None:
    publish("""
inputs:
  - {id: name, type: STRING}
tasks:
  - {id: give, type: io.kestra.plugin.core.debug.Return, format: "child of {{ inputs.name }}"}
outputs:
  - {id: answer, type: STRING, value: "{{ outputs.give.value }}"}
""", "child")  # fmt: skip
    publish(f"tasks:\n  - {{id: call, type: {FLOW}.Subflow, namespace: team, flowId: child, wait: {wait}, "
            "inputs: {name: Ann}}")  # fmt: skip
    execution_id = create()
    runner.take([execution_id])

    def is_over() -> bool:
        runner.take(executions.due(SystemClock().now()))  # what RQ's ring does where a worker listens
        return executions.item(execution_id).ended_at is not None

    wait_until(is_over)
    execution = ended(execution_id)
    assert execution.state is State.SUCCESS, execution.runs["call"].message
    run_outputs = execution.runs["call"].outputs or {}
    assert run_outputs.get("outputs") == outputs
    child = executions.load(run_outputs["executionId"])[0]
    assert child.parent_id == execution_id and child.inputs == {"name": "Ann"}


def test_a_subflow_that_is_not_there_fails_its_task(runner: Runner) -> None:
    execution = ended(run(runner, f"tasks:\n  - {{id: call, type: {FLOW}.Subflow, namespace: team, flowId: nowhere}}"))
    assert execution.state is State.FAILED
    assert "cannot be started" in execution.runs["call"].message
    assert execution.runs["call"].child is None and execution.runs["call"].outputs is None


def test_many_executions_run_side_by_side(runner: Runner) -> None:
    publish(f"tasks:\n  - {{id: say, type: {LOG}, message: hello}}")
    ids = [create() for _ in range(60)]
    runner.take(ids)
    assert {ended(each).state for each in ids} == {State.SUCCESS}


def test_large_outputs_go_into_a_file_and_come_back(runner: Runner, settings: Any) -> None:
    settings.MILLSTREAM = {**settings.MILLSTREAM, "INLINE_OUTPUT_BYTES": 1000}
    execution_id = run(
        runner,
        f"""
tasks:
  - {{id: big, type: {RETURN}, format: "{{% for i in range(1, 500) %}}word{{% endfor %}}"}}
  - {{id: wait, type: {FLOW}.Pause}}
  - {{id: after, type: {LOG}, message: "{{{{ outputs.big.value | length }}}}"}}
""",
    )
    wait_until(lambda: executions.item(execution_id).state is State.PAUSED and not executions.item(execution_id).owner)
    kept = (executions.load(execution_id)[0].runs["big"].outputs or {})["value"]
    assert kept["bytes"] == 2002 and storage.read(kept["uri"], {execution_id}).startswith(b'"wordword')
    executions.send(execution_id, executions.RESUME, SystemClock().now(), {})
    runner.take([execution_id])
    assert ended(execution_id).state is State.SUCCESS
    assert messages(execution_id) == ["2000"]


def test_outputs_over_the_limit_fail_the_task(runner: Runner, settings: Any) -> None:
    settings.MILLSTREAM = {**settings.MILLSTREAM, "OUTPUT_BYTES": 1000}
    source = f"tasks:\n  - {{id: big, type: {RETURN}, format: '{{% for i in range(1, 500) %}}word{{% endfor %}}'}}"
    execution = ended(run(runner, source))
    assert execution.state is State.FAILED
    assert "MILLSTREAM_OUTPUT_BYTES" in execution.runs["big"].message


def test_too_many_log_lines_are_cut_with_a_word(runner: Runner, settings: Any) -> None:
    settings.MILLSTREAM = {**settings.MILLSTREAM, "LOG_LINES": 3}
    execution = ended(run(runner, f"tasks:\n  - {{id: many, type: {LOG}, message: [a, b, c, d, e]}}"))
    assert messages(execution.id)[:3] == ["a", "b", "c"]
    assert "MILLSTREAM_LOG_LINES" in messages(execution.id)[3] and len(messages(execution.id)) == 4


def test_a_concurrency_limit_lets_the_next_in_when_one_ends(runner: Runner) -> None:
    publish(f"concurrency: {{limit: 1, behavior: QUEUE}}\ntasks:\n  - {{id: say, type: {LOG}, message: hello}}")
    ids = [create() for _ in range(3)]
    assert [executions.item(each).state for each in ids] == [State.CREATED, State.QUEUED, State.QUEUED]

    def are_over() -> bool:
        runner.take(executions.due(SystemClock().now()))
        return all(executions.item(each).ended_at is not None for each in ids)

    wait_until(are_over)
    assert [executions.item(each).state for each in ids] == [State.SUCCESS] * 3


def test_a_flow_that_cannot_be_read_any_more_fails_with_the_reason(runner: Runner) -> None:
    now = SystemClock().now()
    text = f"id: one\nnamespace: team\ntasks:\n  - {{id: say, type: {LOG}, message: hello}}\n"
    flow = births.checked(text).valid_flow
    flows.publish(namespace="team", flow_id="one", source=text.replace(LOG, "no.such.Task"), by="tests", now=now)
    execution_id = executions.create(births.born(flow, 1, now, inputs={})).id
    runner.take([execution_id])
    execution = ended(execution_id)
    assert execution.state is State.FAILED and "no.such.Task" in execution.message


def test_secret_inputs_are_readable_by_tasks_and_shown_to_nobody(runner: Runner) -> None:
    execution = ended(run(runner, f"""
inputs:
  - {{id: password, type: SECRET}}
tasks:
  - {{id: say, type: {LOG}, message: "{{{{ inputs.password | length }}}} {{{{ inputs.password }}}}"}}
""", password="hunter2-hunter2"))  # fmt: skip
    assert messages(execution.id) == ["15 ******"]
    assert "hunter2" not in str(execution.inputs)
