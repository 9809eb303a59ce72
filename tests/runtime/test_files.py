"""Files as running flows see them: those of the namespace, their own, those of their family, and nobody else's."""

import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.engine.states import State
from builder.errors import Forbidden, NotFound
from builder.runtime.files import storage
from builder.runtime.files.family import family_of
from builder.runtime.runner.keeping.shelf import whole
from builder.runtime.runner.runner import Runner
from builder.runtime.world.folders import Folders
from builder.store import executions, namespace_files
from builder.store.executions import NewExecution
from tests.runtime.conftest import create, ended, publish, wait_until
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


STORAGE = "io.kestra.plugin.core.storage"


def flow(*tasks: str) -> str:
    return "tasks:\n" + "\n".join(f"  - {task}" for task in tasks)


def test_large_files_pass_through_tasks_without_being_held_in_memory(runner: Runner, tmp_path: Path, settings: Any):
    settings.MILLSTREAM = {**settings.MILLSTREAM, "NAMESPACE_FILE_BYTES": 1 << 30}
    big = tmp_path / "big"
    with big.open("wb") as file:
        for _ in range(200):
            file.write((b"y" * 1023 + b"\n") * 1024)
    namespace_files.put("team", "big.txt", big, SystemClock().now())
    publish(flow(
        f"{{id: twice, type: {STORAGE}.Concat, files: ['nsfile:///big.txt']}}",
        f"{{id: parts, type: {STORAGE}.Split, from: '{{{{ outputs.twice.uri }}}}', bytes: 50MB}}",
        f"{{id: size, type: {STORAGE}.Size, uri: '{{{{ outputs.parts.uris[1] }}}}'}}",
    ))  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    execution_id = create()
    runner.take([execution_id])
    done = ended(execution_id)
    assert done.state is State.SUCCESS, done
    assert done.runs["size"].outputs == {"size": 50 << 20}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # KB


def test_a_file_beyond_the_limit_is_not_kept(runner: Runner, settings: Any):
    settings.MILLSTREAM = {**settings.MILLSTREAM, "FILE_BYTES": 10}
    publish(flow(
        f"{{id: a, type: {WRITE}, content: '123456789'}}",
        f"{{id: b, type: {STORAGE}.Concat, files: ['{{{{ outputs.a.uri }}}}', '{{{{ outputs.a.uri }}}}']}}",
    ))  # fmt: skip
    assert "MILLSTREAM_FILE_BYTES" in run(runner).runs["b"].message


def test_a_purge_takes_the_files_of_steps_and_leaves_outputs_and_the_folder_empty(runner: Runner, settings: Any):
    settings.MILLSTREAM = {**settings.MILLSTREAM, "INLINE_OUTPUT_BYTES": 100}
    publish(flow(
        f"{{id: a, type: {WRITE}, content: text}}", f"{{id: large, type: {RETURN}, format: '{'x' * 500}'}}",
        f"{{id: purge, type: {STORAGE}.PurgeCurrentExecutionFiles}}",
    ))  # fmt: skip
    done = run(runner)
    assert done.runs["purge"].outputs == {"uris": [(done.runs["a"].outputs or {})["uri"]]}
    assert "x" * 500 in str(whole(done.id).runs["large"].outputs)
    with pytest.raises(NotFound):
        storage.size((done.runs["a"].outputs or {})["uri"], {done.id})


def test_the_folder_of_a_task_is_gone_with_it(runner: Runner, settings: Any):
    publish(flow(
        f"{{id: a, type: {STORAGE}.LocalFiles, inputs: {{a.txt: '{{{{ workingDir }}}}'}}, outputs: [a.txt]}}",
        f"{{id: b, type: {RETURN}, format: \"{{{{ read(outputs.a.uris['a.txt']) }}}}\"}}",
    ))  # fmt: skip
    folder = Path((run(runner).runs["b"].outputs or {})["value"])
    assert folder.is_relative_to(settings.MILLSTREAM["WORK_FOLDER"])
    wait_until(lambda: not folder.exists())


def test_folders_of_dead_processes_are_removed_and_those_of_living_ones_stay(tmp_path: Path):
    dead = f"from builder.runtime.world.folders import Folders; from pathlib import Path; import os;\
        f = Folders(Path({str(tmp_path)!r})); f.open(); (f.new().made() / 'a').mkdir(mode=0); os._exit(1)"
    subprocess.run([sys.executable, "-c", dead], check=False)
    assert len(list(tmp_path.iterdir())) == 1
    living = Folders(tmp_path)
    living.open()
    folder = living.new().made()
    later = Folders(tmp_path)
    later.open()
    assert folder.exists() and len(list(tmp_path.iterdir())) == 2
    for one in (living, later):
        one.close()
    assert list(tmp_path.iterdir()) == []
