"""Files as running flows see them: those of the namespace, their own, those of their family, and nobody else's."""

from typing import Any

import pytest

from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.errors import Forbidden
from builder.runtime import storage
from builder.runtime.family import family_of
from builder.runtime.runner.runner import Runner
from builder.store import executions, namespace_files
from builder.store.executions import NewExecution
from tests.runtime.conftest import create, publish, wait_until
from tests.store.conftest import an_execution

RETURN = "io.kestra.plugin.core.debug.Return"
WRITE = "io.kestra.plugin.core.storage.Write"


def run(runner: Runner, flow_id: str = "one") -> Any:
    execution_id = create(flow_id)

    def is_over() -> bool:
        runner.take(executions.due(SystemClock().now()))  # what RQ's ring does where a worker listens
        return executions.item(execution_id).ended_at is not None

    wait_until(is_over)
    return executions.load(execution_id)[0]


def test_a_task_reads_a_file_of_its_namespace(runner: Runner):
    namespace_files.put("team", "prompts/a.txt", b"Say hello.", SystemClock().now())
    publish(f"tasks: [{{id: a, type: {RETURN}, format: \"{{{{ read('prompts/a.txt') }}}}\"}}]")
    assert run(runner).runs["a"].outputs == {"value": "Say hello."}


def test_a_flow_reads_the_files_of_what_it_started(runner: Runner):
    publish(
        f"tasks: [{{id: w, type: {WRITE}, content: theirs}}]\n"
        "outputs: [{id: file, type: STRING, value: '{{ outputs.w.uri }}'}]",
        "child",
    )
    publish(
        "tasks:\n  - {id: call, type: io.kestra.plugin.core.flow.Subflow, namespace: team, flowId: child}\n"
        f"  - {{id: a, type: {RETURN}, format: '{{{{ read(outputs.call.outputs.file) }}}}'}}"
    )
    assert run(runner).runs["a"].outputs == {"value": "theirs"}


def born(execution: Execution) -> Execution:
    return executions.create(NewExecution(execution))


@pytest.mark.django_db
def test_the_files_of_a_family_are_its_own_alone(settings: Any, tmp_path: Any):
    settings.MEDIA_ROOT = str(tmp_path)
    grandparent = born(an_execution())
    parent = born(an_execution(parent_id=grandparent.id))
    child = born(an_execution(parent_id=parent.id))
    stranger = born(an_execution())
    after = born(an_execution(trigger={
        "id": "t", "type": "io.kestra.plugin.core.trigger.Flow", "variables": {"executionId": child.id},
    }))  # fmt: skip
    forged = born(an_execution(trigger={
        "id": "t", "type": "io.kestra.plugin.core.trigger.Webhook", "variables": {"executionId": child.id},
    }))  # fmt: skip
    uri = storage.put(child.id, "a.txt", b"text")
    for one in (grandparent, parent, child, after):
        assert storage.read(uri, family_of(one)) == b"text"
    for one in (stranger, forged):
        with pytest.raises(Forbidden):
            storage.read(uri, family_of(one))
