"""Steps that share a folder: one unit, on one worker, with nothing left behind."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builder.actions import executions as execution_actions
from builder.actions.executions import again
from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.engine.states import State
from builder.runtime import queue
from builder.runtime.runner.runner import Runner
from builder.store import executions, kv, namespace_files
from tests.runtime.conftest import SlowServer, Worker, create, ended, messages, publish, wait_until

FILES = "io.kestra.plugin.core.storage.LocalFiles"
RETURN = "io.kestra.plugin.core.debug.Return"
FAIL = "io.kestra.plugin.core.execution.Fail"
FLOW = "io.kestra.plugin.core.flow"


@pytest.fixture
def folders(settings: Any) -> Iterator[Any]:
    """What is in the folder of working directories; nothing at the end."""
    found = lambda: [path for path in settings.MILLSTREAM["WORK_FOLDER"].glob("*/*") if path.name != ".lock"]  # noqa: E731
    yield found
    wait_until(lambda: not found())


def block(*tasks: str, more: str = "") -> str:
    steps = "\n".join(f"      - {task}" for task in tasks)
    return f"tasks:\n  - id: dir\n    type: {FLOW}.WorkingDirectory\n{more}    tasks:\n{steps}\n"


def run(runner: Runner, source: str) -> Execution:
    publish(source)
    execution_id = create()
    runner.take([execution_id])
    return ended(execution_id)


def last(uri: str) -> str:
    return f'\n  - {{id: end, type: {RETURN}, format: "{{{{ read({uri}) }}}}"}}'


def test_steps_find_the_files_of_those_before_them(runner: Runner, folders: Any):
    done = run(runner, block(
        f"{{id: first, type: {FILES}, inputs: {{out/a.txt: \"{{{{ workingDir }}}}\"}}}}",
        f"{{id: off, type: {FAIL}, disabled: true}}",
        f"{{id: second, type: {FILES}, outputs: ['out/*']}}",
        f"{{id: third, type: {RETURN}, format: \"{{{{ outputs.second.uris['out/a.txt'] }}}}\"}}",
    ) + last("outputs.second.uris['out/a.txt']"))  # fmt: skip
    assert done.state is State.SUCCESS, done
    assert list(done.runs) == ["dir", "dir/first", "dir/second", "dir/third", "end"]
    assert [len(done.runs[path].attempts) for path in ("dir", "dir/first", "dir/second")] == [0, 1, 1]
    assert not Path((done.runs["end"].outputs or {})["value"]).exists()


def test_files_come_in_and_go_out(runner: Runner, folders: Any):
    for path in ("a/b.sql", "a/c.txt", "ignore/d.sql"):
        namespace_files.put("team", path, path.encode(), SystemClock().now())
    done = run(runner, block(
        f"{{id: look, type: {FILES}, outputs: ['**']}}",
        more="""\
    inputFiles:
      in/one.txt: "{{ flow.id }}"
      in/two.txt: nsfile:///a/c.txt
      in/three.json: {x: "{{ flow.namespace }}"}
    namespaceFiles: {enabled: true, exclude: [/ignore/**]}
    outputFiles: ["in/*", "a/*.sql"]
""",
    ) + last("outputs.dir.outputFiles['in/two.txt']"))  # fmt: skip
    assert done.state is State.SUCCESS, done
    everything = ["a/b.sql", "a/c.txt", "in/one.txt", "in/three.json", "in/two.txt"]
    assert sorted((done.runs["dir/look"].outputs or {})["uris"]) == everything
    assert sorted((done.runs["dir"].outputs or {})["outputFiles"]) == [everything[0], *everything[2:]]
    assert (done.runs["end"].outputs or {})["value"] == "a/c.txt"


def test_a_failure_leaves_out_the_rest_and_a_restart_does_the_whole_again(runner: Runner, folders: Any):
    done = run(runner, block(
        f"{{id: first, type: {FILES}, inputs: {{a.txt: x}}}}",
        f"{{id: second, type: {FAIL}, condition: \"{{{{ kv('ready', errorOnMissing=false) is null }}}}\"}}",
        f"{{id: third, type: {FILES}, outputs: [a.txt]}}",
    ) + f"    errors:\n      - {{id: sorry, type: {RETURN}, format: sorry}}\n")  # fmt: skip
    assert {path: run.state.value for path, run in done.runs.items()} == {
        "dir": "FAILED", "dir/first": "SUCCESS", "dir/second": "FAILED", "dir/sorry": "SUCCESS",
    }  # fmt: skip
    kv.set_value("team", "ready", True, SystemClock().now())
    restarted = again.restart(done.id)
    assert [path for path in executions.load(restarted.id)[0].runs] == ["dir"]
    assert executions.load(done.id)[0].runs["dir"].state is State.RESTARTED
    runner.take([done.id])
    wait_until(lambda: executions.item(done.id).state == "SUCCESS")
    done = executions.load(done.id)[0]
    assert list(done.runs) == ["dir", "dir/first", "dir/second", "dir/third"]
    assert list((done.runs["dir/third"].outputs or {})["uris"]) == ["a.txt"]


def test_a_step_that_is_tried_again_finds_its_files(runner: Runner, folders: Any):
    done = run(runner, block(
        f"{{id: first, type: {FILES}, inputs: {{a.txt: x}}}}",
        f"{{id: second, type: {FAIL}, condition: '{{{{ taskrun.attemptsCount == 0 }}}}', "
        "retry: {type: constant, interval: PT4S, maxAttempts: 2}}",
        f"{{id: third, type: {FILES}, outputs: [a.txt]}}",
    ))  # fmt: skip
    assert done.state is State.SUCCESS and len(done.runs["dir/second"].attempts) == 2
    assert list((done.runs["dir/third"].outputs or {})["uris"]) == ["a.txt"]


def test_files_are_kept_from_one_execution_to_the_next(runner: Runner, folders: Any):
    source = block(
        f"{{id: look, type: {FILES}, outputs: ['kept/*']}}",
        f"{{id: write, type: {FILES}, inputs: {{kept/a.txt: x, other.txt: y}}}}",
        more="    cache: {patterns: ['kept/**'], ttl: PT1H}\n",
    )
    assert (run(runner, source).runs["dir/look"].outputs or {})["uris"] == {}
    assert list((run(runner, source).runs["dir/look"].outputs or {})["uris"]) == ["kept/a.txt"]
    stale = run(runner, source.replace("PT1H", "PT0S"))
    assert (stale.runs["dir/look"].outputs or {})["uris"] == {}


def test_what_cannot_be_brought_in_fails_the_block(runner: Runner, folders: Any):
    done = run(runner, block(f"{{id: a, type: {RETURN}}}", more="    inputFiles: {../x: y}\n"))
    assert done.state is State.FAILED and list(done.runs) == ["dir"]
    assert "must not contain '../'" in done.runs["dir"].message
    assert any("must not contain '../'" in line for line in messages(done.id))


def test_the_steps_have_the_value_of_their_loops_turn(runner: Runner, folders: Any):
    done = run(runner, f"""
tasks:
  - id: each
    type: {FLOW}.ForEach
    values: ["1", "2"]
    concurrencyLimit: 0
    tasks:
      - id: dir
        type: {FLOW}.WorkingDirectory
        tasks:
          - {{id: say, type: {RETURN}, format: "{{{{ taskrun.value }}}}"}}
  - {{id: end, type: {RETURN}, format: "{{{{ outputs.say['1'].value }}}}{{{{ outputs.say['2'].value }}}}"}}
""")  # fmt: skip
    assert done.state is State.SUCCESS, done
    assert done.runs["end"].outputs == {"value": "12"}


def test_a_kill_leaves_nothing_behind(runner: Runner, slow_url: str, folders: Any):
    publish(block(
        f"{{id: first, type: {FILES}, inputs: {{a.txt: x}}}}",
        f"{{id: slow, type: io.kestra.plugin.core.http.Request, uri: '{slow_url}'}}",
    ))  # fmt: skip
    execution_id = create()
    runner.take([execution_id])
    wait_until(lambda: "dir/slow" in executions.load(execution_id)[0].runs and bool(folders()))
    execution_actions.kill(execution_id, by="tests")
    assert ended(execution_id).state is State.KILLED


def test_a_runner_that_stops_lets_another_one_do_the_whole_again(runner: Runner, folders: Any):
    server = SlowServer()
    first = Runner("first", SystemClock(), places=10, lease_seconds=1.0)
    first.start()
    try:
        publish(block(
            f"{{id: first, type: {FILES}, inputs: {{a.txt: x}}}}",
            f"{{id: slow, type: io.kestra.plugin.core.http.Request, uri: '{server.url}'}}",
            f"{{id: third, type: {FILES}, outputs: [a.txt]}}",
        ))  # fmt: skip
        execution_id = create()
        first.take([execution_id])
        wait_until(lambda: server.asked == 1)
    finally:
        first.stop()
    assert not folders()
    server.answer()
    runner.take([execution_id])
    done = ended(execution_id)
    server.close()
    assert done.state is State.SUCCESS
    assert [len(done.runs[path].attempts) for path in ("dir/first", "dir/slow")] == [1, 1]
    assert list((done.runs["dir/third"].outputs or {})["uris"]) == ["a.txt"]


@pytest.mark.processes
def test_a_crashed_worker_leaves_nothing_behind_and_the_whole_is_done_again(worker: Worker, tmp_path: Path):
    server = SlowServer()
    try:
        publish(block(
            f"{{id: first, type: {FILES}, inputs: {{a.txt: x}}}}",
            f"{{id: slow, type: io.kestra.plugin.core.http.Request, uri: '{server.url}'}}",
            f"{{id: third, type: {FILES}, outputs: [a.txt]}}",
        ))  # fmt: skip
        execution_id = create()
        process = worker.start("w1")
        queue.ring([execution_id])
        wait_until(lambda: server.asked == 1)
        left = [path for path in (tmp_path / "work").glob("*/*/a.txt")]
        assert len(left) == 1
        process.kill()
        process.wait()
        assert left[0].exists()
        server.answer()
        worker.start("w1")
        wait_until(lambda: not left[0].exists())
        queue.ring([execution_id])
        done = ended(execution_id)
        assert done.state is State.SUCCESS
        assert list((done.runs["dir/third"].outputs or {})["uris"]) == ["a.txt"]
    finally:
        server.close()
