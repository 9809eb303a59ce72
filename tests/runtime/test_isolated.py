"""A task with a process of its own cannot take the worker along, whatever it does; and it can do what others can."""

import asyncio
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest

from builder.actions.executions import kill
from builder.engine.execution import Execution
from builder.engine.states import State
from builder.runtime.isolated import child, process
from builder.runtime.isolated.messages import Failed
from builder.runtime.runner import runner as runners
from builder.runtime.runner.runner import Runner
from builder.tasks import packages_in_use, use_packages
from tests.doubles.patience import PATIENCE_SECONDS
from tests.runtime.conftest import create, ended, messages, publish, wait_until
from tests.runtime.greedy import Fail

SECONDS = PATIENCE_SECONDS
"""The process that makes the others loads everything once."""


@pytest.fixture(autouse=True)
def greedy(settings: Any) -> Iterator[None]:
    before = packages_in_use()
    use_packages((*before, "tests.runtime.greedy"))
    settings.MILLSTREAM = {**settings.MILLSTREAM, "TASK_MEMORY_BYTES": 300_000_000}
    yield
    use_packages(before)


def run(runner: Runner, task: str) -> Execution:
    publish(f"tasks:\n  - {{id: it, type: tests.runtime.{task}}}\n")
    execution_id = create()
    runner.take([execution_id])
    return ended(execution_id, SECONDS)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_task_that_grows_fails_and_says_so(runner: Runner) -> None:
    execution = run(runner, "Grow")
    assert execution.state is State.FAILED
    assert "out of memory" in execution.runs["it"].message
    assert "MILLSTREAM_TASK_MEMORY_BYTES" in execution.runs["it"].message


def test_a_task_that_crashes_fails_and_names_the_signal(runner: Runner) -> None:
    execution = run(runner, "Crash")
    assert execution.state is State.FAILED
    assert "killed by SIGSEGV" in execution.runs["it"].message


def test_a_task_that_swallows_everything_ends_with_its_time(runner: Runner) -> None:
    execution = run(runner, "Block, timeout: PT1S")
    assert execution.state is State.FAILED
    assert "longer than PT1S" in execution.runs["it"].message


def test_a_task_that_swallows_everything_ends_with_all_it_started_when_a_person_stops_it(runner: Runner) -> None:
    publish("tasks:\n  - {id: it, type: tests.runtime.Block}\n")
    execution_id = create()
    runner.take([execution_id])
    wait_until(lambda: bool(messages(execution_id)), SECONDS)
    kill(execution_id)
    assert ended(execution_id).state is State.KILLED
    wait_until(lambda: not any(map(is_alive, pids(execution_id))))


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners, "_THREADS", 1)


def test_a_task_that_goes_on_and_on_keeps_no_thread_from_others(one_thread: None, runner: Runner) -> None:
    publish("tasks:\n  - {id: it, type: tests.runtime.Block}\n")
    blocking = create()
    runner.take([blocking])
    wait_until(lambda: bool(messages(blocking)), SECONDS)
    assert run(runner, "AskAll").state is State.SUCCESS
    kill(blocking)
    assert ended(blocking).state is State.KILLED


async def test_a_task_for_whose_start_no_thread_is_free_is_stopped_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_seen", lambda context: context)
    context: Any = None
    task: Any = None
    free = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        threads.submit(free.wait, SECONDS)
        try:
            stopped = asyncio.create_task(process.run_isolated(task, context, threads))
            await asyncio.sleep(0)
            stopped.cancel()
            done, _ = await asyncio.wait([stopped], timeout=SECONDS)
            assert done == {stopped} and stopped.cancelled()
        finally:
            free.set()


def pids(execution_id: str) -> list[int]:
    return [int(pid) for pid in messages(execution_id)[0].split()]


def test_it_can_do_what_other_tasks_can(runner: Runner) -> None:
    execution = run(runner, "AskAll")
    assert execution.state is State.SUCCESS, execution.runs["it"].message
    outputs = execution.runs["it"].outputs or {}
    assert outputs["kv"] == {"b": [1]} and outputs["lines"] == ["one", "two"]
    assert outputs["rendered"] == "one" and outputs["id"] == execution.id
    assert "already" in outputs["refused"] or "exists" in outputs["refused"]
    assert outputs["process"] != os.getpid()
    assert messages(execution.id) == [f"from {outputs['process']}", "it is ******"]


def test_its_failures_are_those_of_other_tasks(runner: Runner, caplog: pytest.LogCaptureFixture) -> None:
    execution = run(runner, "Fail")
    assert execution.runs["it"].message == "It could not be done."
    assert execution.runs["it"].outputs == {"half": 1}
    unforeseen = run(runner, "Fail, foreseen: false")
    assert "ValueError: nobody thought of this" in unforeseen.runs["it"].message
    assert 'raise ValueError("nobody thought of this")' in caplog.text


def test_where_an_unforeseen_failure_came_from_is_told_to_the_worker_alone(capfd: pytest.CaptureFixture[str]) -> None:
    said = child._carried_out(Fail(id="it", type=Fail.type_name, foreseen=False), cast(Any, None), 1)
    assert isinstance(said, Failed) and "in run" in said.trace
    assert capfd.readouterr() == ("", "")
