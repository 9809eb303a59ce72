"""Loops in a real runner: files read and written, lookups inside of turns, a parent that goes on elsewhere."""

import json

from builder.actions.executions import again, kill, resume
from builder.clock import SystemClock
from builder.engine.states import State
from builder.runtime.files import storage
from builder.runtime.runner.runner import Runner
from builder.store import births, executions, kv
from tests.runtime.conftest import create, ended, publish, wait_until

RETURN = "io.kestra.plugin.core.debug.Return"
FLOW = "io.kestra.plugin.core.flow"


def run(runner: Runner, source: str) -> str:
    publish(source)
    execution_id = create()
    runner.take([execution_id])
    return execution_id


def create_with_file(content: bytes) -> str:
    """An execution whose input `file` is the address of a file of its own."""
    execution_id, found = executions.new_id(), births.runnable("team", "one")
    uri = storage.put(execution_id, "values.txt", content)
    new = births.born(found.flow, found.revision, SystemClock().now(), inputs={"file": uri}, execution_id=execution_id)
    return executions.create(new).id


def test_a_loop_keeps_what_its_turns_gave(runner: Runner) -> None:
    execution = ended(run(runner, f"""
tasks:
  - id: each
    type: {FLOW}.Loop
    values: [a, b, c]
    concurrencyLimit: 2
    tasks:
      - {{id: say, type: {RETURN}, format: "{{{{ item.value }}}}{{{{ item.index }}}}"}}
    outputs:
      - {{id: said, type: STRING, value: "{{{{ outputs.say.value }}}}"}}
outputs:
  - {{id: all, type: JSON, value: "{{{{ loopOutputs(outputs.each, 'said') }}}}"}}
"""))  # fmt: skip
    assert execution.outputs == {"all": ["a0", "b1", "c2"]}


def test_a_loop_over_a_file_reads_its_lines_and_writes_its_outputs(runner: Runner) -> None:
    publish(f"""
inputs:
  - {{id: file, type: STRING}}
tasks:
  - id: each
    type: {FLOW}.Loop
    values: "{{{{ inputs.file }}}}"
    tasks:
      - {{id: say, type: {RETURN}, format: "{{{{ item.value }}}}!"}}
    outputs:
      - {{id: said, type: STRING, value: "{{{{ outputs.say.value }}}}"}}
  - id: read
    type: {RETURN}
    format: "{{{{ fromIon(read(outputs.each.uri), true) | jq('map(.outputs.said)') | first }}}}"
""")  # fmt: skip
    execution_id = create_with_file(b"one\n\ntwo\n")
    runner.take([execution_id])
    execution = ended(execution_id)
    assert execution.state is State.SUCCESS, execution
    outputs = execution.runs["each"].outputs
    assert outputs is not None
    lines = storage.read(outputs["uri"], [execution_id]).decode().splitlines()
    assert [json.loads(line)["outputs"] for line in lines] == [{"said": "one!"}, {"said": "two!"}]
    assert execution.runs["read"].outputs == {"value": '["one!","two!"]'}


CHILD = f"""
id: child
namespace: team
inputs:
  - {{id: items, type: STRING}}
  - {{id: number, type: INT}}
tasks:
  - {{id: give, type: {RETURN}, format: "{{{{ inputs.number }}}}:{{{{ read(inputs.items) | trim }}}}"}}
%s
outputs:
  - {{id: text, type: STRING, value: "{{{{ outputs.give.value }}}}"}}
"""

PARENT = f"""
inputs:
  - {{id: file, type: STRING}}
tasks:
  - id: each
    type: {FLOW}.ForEachItem
    items: "{{{{ inputs.file }}}}"
    batch: {{rows: 2}}
    namespace: team
    flowId: child
    %s
    inputs:
      items: "{{{{ taskrun.items }}}}"
      number: "{{{{ taskrun.iteration }}}}"
  - {{id: after, type: {RETURN}, format: "{{{{ read(outputs.each_merge.subflowOutputs) }}}}"}}
"""


def for_each_item(runner: Runner, *, child: str = "", parent: str = "transmitFailed: true", rows: int = 5) -> str:
    publish(CHILD % child, "child")
    publish(PARENT % parent)
    execution_id = create_with_file("".join(f"row{row}\n" for row in range(rows)).encode())
    runner.take([execution_id])
    return execution_id


def children_of(execution_id: str) -> list[str]:
    return executions.ids(executions.Filters(parent_id=execution_id), 1000)


def take_children(runner: Runner, execution_id: str, count: int) -> list[str]:
    """Hands the children to the runner as their rings would; they are there once they were created."""
    wait_until(lambda: len(children_of(execution_id)) == count)
    found = children_of(execution_id)
    runner.take(found)
    return found


def test_a_file_is_worked_on_in_batches_by_child_executions(runner: Runner) -> None:
    execution_id = for_each_item(runner)
    for child in take_children(runner, execution_id, 3):
        assert ended(child).state is State.SUCCESS
    runner.take([execution_id])
    execution = ended(execution_id)
    assert execution.state is State.SUCCESS, execution
    assert list(execution.runs) == ["each", "each/each_split", "each/each_items", "each/each_merge", "after"]
    assert execution.runs["each/each_items"].outputs == {
        "iterations": {"CREATED": 0, "RUNNING": 0, "SUCCESS": 3},
        "numberOfBatches": 3,
    }
    lines = [json.loads(line) for line in (execution.runs["after"].outputs or {})["value"].splitlines()]
    assert lines == [{"text": "0:row0\nrow1"}, {"text": "1:row2\nrow3"}, {"text": "2:row4"}]


def test_all_batches_run_although_some_fail_and_a_restart_restarts_those(runner: Runner) -> None:
    kv.set_value("team", "broken", True, SystemClock().now())
    fail = "  - {id: fail, type: io.kestra.plugin.core.execution.Fail, condition: \"{{ kv('broken') }}\"}"
    execution_id = for_each_item(runner, child=fail)
    children = take_children(runner, execution_id, 3)
    assert {ended(child).state for child in children} == {State.FAILED}
    runner.take([execution_id])
    execution = ended(execution_id)
    assert execution.state is State.FAILED
    assert "3 of 3 batches failed" in execution.runs["each/each_items"].message
    assert "each/each_merge" not in execution.runs
    kv.set_value("team", "broken", False, SystemClock().now())
    again.restart(execution_id)
    runner.take([execution_id])
    wait_until(lambda: {executions.item(child).state for child in children} == {State.SUCCESS})
    runner.take([execution_id])
    assert ended(execution_id).state is State.SUCCESS
    assert len(children_of(execution_id)) == 3


def test_nobody_waits_for_batches_without_wait(runner: Runner) -> None:
    execution_id = for_each_item(runner, parent="wait: false")
    execution = ended(execution_id)
    assert execution.state is State.SUCCESS
    assert (execution.runs["each/each_items"].outputs or {})["iterations"] == {"RUNNING": 0, "SUCCESS": 3}
    assert len(children_of(execution_id)) == 3


def test_a_kill_of_the_parent_kills_the_children(runner: Runner) -> None:
    pause = f"  - {{id: wait, type: {FLOW}.Pause}}"
    execution_id = for_each_item(runner, child=pause)
    children = take_children(runner, execution_id, 3)
    wait_until(lambda: all(executions.item(child).state is State.PAUSED for child in children))
    kill(execution_id)
    runner.take([execution_id])
    wait_until(lambda: all(executions.signals([child]) or executions.item(child).ended_at for child in children))
    runner.take(children)
    assert {ended(child).state for child in children} == {State.KILLED}
    runner.take([execution_id])
    assert ended(execution_id).state is State.KILLED


def test_a_flow_that_is_not_there_fails_the_batches_in_words(runner: Runner) -> None:
    publish((PARENT % "allowFailure: true").replace("flowId: child", "flowId: nowhere"))
    execution_id = create_with_file(b"a\nb\n")
    runner.take([execution_id])
    execution = ended(execution_id)
    assert execution.runs["each"].state is State.WARNING
    assert "nowhere" in execution.runs["each/each_items"].message


def test_no_rows_are_no_batches(runner: Runner) -> None:
    execution = ended(for_each_item(runner, rows=0))
    assert execution.state is State.SUCCESS
    assert execution.runs["each/each_items"].outputs is None


def test_hundreds_of_batches_are_begun_in_groups(runner: Runner) -> None:
    execution_id = for_each_item(runner, rows=600, parent="wait: false")
    execution = ended(execution_id)
    assert (execution.runs["each/each_items"].outputs or {})["numberOfBatches"] == 300
    assert len(children_of(execution_id)) == 300


def test_a_restart_of_the_parent_restarts_the_failed_child_of_a_subflow(runner: Runner) -> None:
    kv.set_value("team", "broken", True, SystemClock().now())
    publish(f"""
id: child
namespace: team
tasks:
  - {{id: once, type: {RETURN}, format: "{{{{ execution.id }}}}"}}
  - {{id: fail, type: io.kestra.plugin.core.execution.Fail, condition: "{{{{ kv('broken') }}}}"}}
""", "child")  # fmt: skip
    publish(f"tasks:\n  - {{id: call, type: {FLOW}.Subflow, namespace: team, flowId: child}}")
    execution_id = create()
    runner.take([execution_id])
    (child,) = take_children(runner, execution_id, 1)
    assert ended(child).state is State.FAILED
    runner.take([execution_id])
    assert ended(execution_id).state is State.FAILED
    kv.set_value("team", "broken", False, SystemClock().now())
    again.restart(execution_id)
    runner.take([execution_id])
    wait_until(lambda: executions.item(child).state is State.SUCCESS)
    runner.take([execution_id])
    execution = ended(execution_id)
    assert execution.state is State.SUCCESS and len(execution.runs["call"].attempts) == 2
    assert children_of(execution_id) == [child]


def test_an_execution_keeps_the_templates_it_began_with(runner: Runner) -> None:
    def template(step: str) -> None:
        said = "{{ parent.outputs.args.who }}"
        publish(f"""
tasks:
  - {{id: hold, type: {FLOW}.Pause}}
  - {{id: {step}, type: {RETURN}, format: "{said}"}}
""", "greet")  # fmt: skip

    template("before")
    execution_id = run(runner, f"""
tasks:
  - {{id: use, type: {FLOW}.Template, namespace: team, templateId: greet, args: {{who: Ada}}}}
""")  # fmt: skip
    wait_until(lambda: executions.load(execution_id)[0].state is State.PAUSED)
    template("after")
    resume(execution_id)
    runner.take([execution_id])
    execution = ended(execution_id)
    assert list(execution.runs) == ["use", "use/hold", "use/before"]
    assert execution.runs["use/before"].outputs == {"value": "Ada"}


def test_a_template_that_is_not_there_fails_the_execution(runner: Runner) -> None:
    execution = ended(run(runner, f"""
tasks:
  - {{id: use, type: {FLOW}.Template, namespace: team, templateId: nowhere}}
"""))  # fmt: skip
    assert execution.state is State.FAILED
    assert "Unable to find template 'team.nowhere'" in execution.message
