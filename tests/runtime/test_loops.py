"""Loops in a real runner: files read and written, lookups inside of turns, a parent that goes on elsewhere."""

import json

from builder.clock import SystemClock
from builder.engine.states import State
from builder.runtime import storage
from builder.runtime.runner.runner import Runner
from builder.store import births, executions
from tests.runtime.conftest import create, ended, publish

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
