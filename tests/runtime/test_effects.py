"""What tasks do to their own execution is saved with their end: labels, variables, the end itself."""

from typing import Any

from builder.clock import SystemClock
from builder.engine.states import State
from builder.models import Execution as ExecutionRow
from builder.runtime.runner.runner import Runner
from builder.store import executions, secrets
from builder.store.executions import Filters
from tests.runtime.conftest import SlowServer, create, ended, messages, publish, wait_until

LOG = "io.kestra.plugin.core.log.Log"
RETURN = "io.kestra.plugin.core.debug.Return"
EXECUTION = "io.kestra.plugin.core.execution"
FLOW = "io.kestra.plugin.core.flow"


def run(runner: Runner, source: str, **inputs: Any) -> str:
    publish(source)
    execution_id = create(inputs=inputs)
    runner.take([execution_id])
    return execution_id


def test_labels_set_by_a_task_are_found_in_lists_and_read_by_later_steps(runner: Runner) -> None:
    execution = ended(run(runner, f"""
labels: {{team: red, kind: old}}
tasks:
  - {{id: one, type: {EXECUTION}.Labels, labels: {{kind: new, amount: 3, "{{{{ flow.id }}}}": "{{{{ taskrun.id }}}}"}}}}
  - {{id: two, type: {EXECUTION}.Labels, labels: [{{key: listed, value: true}}]}}
  - {{id: three, type: {EXECUTION}.Labels, labels: "{{{{ {{'told': 'so'}} | toJson }}}}"}}
  - {{id: read, type: {RETURN}, format: "{{{{ labels.kind }}}} {{{{ labels.told }}}}"}}
"""))  # fmt: skip
    assert execution.state is State.SUCCESS, execution.runs
    labels = dict(execution.labels)
    assert labels == {
        "team": "red", "kind": "new", "amount": "3", "one": execution.runs["one"].id, "listed": "true", "told": "so",
        "system.correlationId": execution.id,
    }  # fmt: skip
    assert execution.runs["read"].outputs == {"value": "new so"}
    assert executions.search(Filters(labels=[("kind", "new"), ("listed", "true")])).total == 1
    assert executions.search(Filters(labels=[("kind", "old")])).total == 0


def test_system_labels_are_not_set(runner: Runner) -> None:
    execution = ended(run(runner, f"""
tasks:
  - {{id: one, type: {EXECUTION}.Labels, labels: {{fine: yes, system.correlationId: mine}}}}
"""))  # fmt: skip
    assert execution.state is State.FAILED
    assert "names that begin with `system.` are reserved" in execution.runs["one"].message
    assert dict(execution.labels) == {"system.correlationId": execution.id}


def test_variables_outlive_a_change_of_runner_and_keep_their_secret(runner: Runner) -> None:
    secrets.set_value("team", "KEY", "s3cr3t-VALUE-42", by="tests", now=SystemClock().now())
    execution_id = run(runner, f"""
variables: {{greeting: Hello, who: {{name: World, age: 7}}}}
tasks:
  - id: set
    type: {EXECUTION}.SetVariables
    variables: {{who: {{name: Moon}}, key: "{{{{ secret('KEY') }}}}", many: "{{{{ [1, 2] }}}}"}}
  - {{id: wait, type: {FLOW}.Pause}}
  - {{id: read, type: {RETURN}, format: "{{{{ vars.greeting }}}} {{{{ vars.who.name }}}} {{{{ vars.many | last }}}}"}}
  - {{id: long, type: {RETURN}, format: "{{{{ vars.key | length }}}}"}}
  - {{id: show, type: {RETURN}, format: "{{{{ vars.key }}}}"}}
  - {{id: unset, type: {EXECUTION}.UnsetVariables, variables: [key, who.age]}}
  - {{id: left, type: {RETURN}, format: "{{{{ vars.who }}}} {{{{ vars.key is defined }}}}"}}
""")  # fmt: skip
    wait_until(lambda: executions.item(execution_id).state is State.PAUSED and not executions.item(execution_id).owner)
    kept = ExecutionRow.objects.values_list("variables", flat=True).get(id=execution_id)
    assert kept and "s3cr3t" not in kept and "Moon" in kept
    executions.send(execution_id, executions.RESUME, SystemClock().now(), {"path": "wait", "inputs": {}})
    runner.take([execution_id])
    execution = ended(execution_id)
    outputs = {path: (run.outputs or {}).get("value") for path, run in execution.runs.items()}
    assert outputs["read"] == "Hello Moon 2"
    assert (outputs["long"], outputs["show"]) == ("15", "******")
    assert outputs["left"] == '{"name":"Moon"} false'


def test_labels_hide_secrets(runner: Runner) -> None:
    secrets.set_value("team", "KEY", "s3cr3t-VALUE-42", by="tests", now=SystemClock().now())
    execution = ended(run(runner, f"""
tasks:
  - {{id: one, type: {EXECUTION}.Labels, labels: {{key: "{{{{ secret('KEY') }}}}"}}}}
"""))  # fmt: skip
    assert dict(execution.labels)["key"] == "******"


def test_an_exit_says_why_nothing_followed_and_ends_as_it_says(runner: Runner) -> None:
    execution = ended(run(runner, f"""
inputs:
  - {{id: state, type: STRING}}
tasks:
  - id: check
    type: {FLOW}.If
    condition: "{{{{ inputs.state == 'CANCELED' }}}}"
    then:
      - {{id: leave, type: {EXECUTION}.Exit, state: "{{{{ inputs.state }}}}"}}
  - {{id: later, type: {LOG}, message: later}}
finally:
  - {{id: clean, type: {LOG}, message: cleaned}}
""", state="CANCELED"))  # fmt: skip
    assert execution.state is State.CANCELLED
    assert {path: run.state.value for path, run in execution.runs.items()} == {
        "check": "CANCELLED", "check/leave": "CANCELLED", "clean": "SUCCESS",
    }  # fmt: skip
    assert messages(execution.id) == ["The execution ends here as CANCELLED.", "cleaned"]


def test_an_exit_as_killed_stops_what_runs_beside_it(runner: Runner) -> None:
    server = SlowServer()
    try:
        execution_id = run(runner, f"""
tasks:
  - id: both
    type: {FLOW}.Parallel
    tasks:
      - {{id: slow, type: io.kestra.plugin.core.http.Request, uri: "{server.url}"}}
      - id: then
        type: {FLOW}.Sequential
        tasks:
          - {{id: hold, type: {FLOW}.Pause}}
          - {{id: leave, type: {EXECUTION}.Exit, state: KILLED}}
""")  # fmt: skip
        wait_until(lambda: server.asked == 1 and executions.item(execution_id).state is State.PAUSED)
        resumed = {"path": "both/then/hold", "inputs": {}}
        executions.send(execution_id, executions.RESUME, SystemClock().now(), resumed)
        runner.take([execution_id])
        execution = ended(execution_id)
        assert execution.state is State.KILLED
        assert execution.runs["both/slow"].state is State.KILLED
        wait_until(lambda: server.cut == 1)
    finally:
        server.close()
