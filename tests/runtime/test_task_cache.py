"""taskCache: a task whose properties came to the same before gives the outputs of then, and does not run."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError

from builder.actions import executions as actions
from builder.engine.execution import Execution
from builder.engine.states import State
from builder.flows.check import check
from builder.models import CachedOutputs
from builder.runtime.files import storage
from builder.runtime.runner.runner import Runner
from builder.store import executions
from builder.store.executions import reuse
from builder.tasks.catalogue import catalogue
from tests.runtime.conftest import create, ended, messages, publish

ONE = """\
inputs:
  - {id: name, type: STRING, defaults: Ada}
tasks:
  - id: make
    type: io.kestra.plugin.core.debug.Return
    format: "{{ inputs.name }}"
    taskCache: {enabled: true%s}
"""
FILE = """\
tasks:
  - {id: make, type: io.kestra.plugin.core.storage.Write, content: hi, taskCache: {enabled: true}}
  - {id: read, type: io.kestra.plugin.core.debug.Return, format: "{{ read(outputs.make.uri) }}"}
"""
LOOP = """\
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: [a, b]
    tasks:
      - {id: make, type: io.kestra.plugin.core.debug.Return, format: same, taskCache: {enabled: true}}
"""
Run = Callable[..., Execution]


@pytest.fixture
def run(runner: Runner) -> Run:
    def begin(**inputs: str) -> Execution:
        made = create(inputs=inputs)
        runner.take([made])
        return ended(made)

    return begin


def cached_from(execution: Execution, path: str = "make") -> str:
    return execution.runs[path].attempts[-1].cached_from


def test_the_same_properties_give_the_same_outputs_without_a_run(run: Run) -> None:
    publish(ONE % "")
    first, second, other = run(), run(), run(name="Grace")
    assert (cached_from(first), cached_from(second), cached_from(other)) == ("", first.id, "")
    assert second.runs["make"].outputs == first.runs["make"].outputs == {"value": "Ada"}
    assert other.runs["make"].outputs == {"value": "Grace"}
    assert f"The outputs come from the cache (execution {first.id}" in messages(second.id)[0]


def test_outputs_that_are_too_old_are_made_anew(run: Run) -> None:
    publish(ONE % ", ttl: PT1H")
    first = run()
    CachedOutputs.objects.update(created_at=first.created_at - timedelta(hours=1))
    second = run()
    assert cached_from(second) == "" and cached_from(run()) == second.id


def test_what_was_kept_goes_with_its_execution(run: Run) -> None:
    publish(ONE % "")
    actions.delete([run().id])
    assert cached_from(run()) == ""


def test_off_is_off_and_failures_are_not_kept(run: Run) -> None:
    publish(ONE.replace("enabled: true", "enabled: false") % "")
    assert cached_from(run()) == cached_from(run()) == ""
    publish("tasks:\n  - {id: make, type: io.kestra.plugin.core.execution.Fail, taskCache: {enabled: true}}\n")
    assert [run().state for _ in range(2)] == [State.FAILED] * 2
    assert not CachedOutputs.objects.exists()


def test_files_of_cached_outputs_are_copied_for_whoever_takes_them(run: Run) -> None:
    publish(FILE)
    first, second = run(), run()
    uri = str((second.runs["make"].outputs or {})["uri"])
    assert cached_from(second) == first.id and second.id in uri
    assert second.runs["read"].outputs == {"value": "hi"}
    storage.forget(first.id)
    assert cached_from(run()) == "", "a file is gone, so it is made anew"


def test_each_turn_of_a_loop_has_outputs_of_its_own(run: Run) -> None:
    publish(LOOP)
    first, second = run(), run()
    assert [cached_from(first, f"each[{turn}]/make") for turn in range(2)] == ["", ""]
    assert [cached_from(second, f"each[{turn}]/make") for turn in range(2)] == [first.id] * 2


def test_what_changes_its_execution_is_not_kept(run: Run) -> None:
    publish("tasks:\n  - {id: make, type: io.kestra.plugin.core.execution.Labels, labels: {a: b}, "
            "taskCache: {enabled: true}}\n")  # fmt: skip
    run()
    second = run()
    assert cached_from(second) == "" and ("a", "b") in second.labels
    assert any("are not kept for later runs" in line for line in messages(second.id))


def test_the_record_and_its_page_say_where_the_outputs_come_from(run: Run, admin_client: object) -> None:
    publish(ONE % "")
    first, second = run(), run()
    page = admin_client.get(f"/executions/{second.id}").content.decode()  # type: ignore[attr-defined]
    assert "From the cache" in page and f"/executions/{first.id}" in page
    assert executions.load(second.id)[0].runs["make"].attempts[-1].cached_from == first.id


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{ttl: PT1H}", "enabled"),
        ("{enabled: true, ttl: soon}", "duration"),
        ("{enabled: true, ttl: PT0S}", "ttl"),
        ("{enabled: true, key: a}", "key"),
    ],
)
def test_what_is_wrong_with_it_is_said_when_it_is_saved(written: str, said: str) -> None:
    task = f"{{id: c, type: io.kestra.plugin.core.log.Log, message: hi, taskCache: {written}}}"
    text = f"id: a\nnamespace: b\ntasks:\n  - {task}\n"
    assert [problem for problem in check(text, catalogue()).problems if said in problem.message]


def test_a_cache_that_cannot_be_used_fails_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise DatabaseError("no such table")

    monkeypatch.setattr(reuse, "find", fail)
    monkeypatch.setattr(reuse, "keep", fail)
    publish(ONE % "")
    execution = run()
    assert execution.state is State.SUCCESS
    assert [line for line in messages(execution.id) if "cannot be used" in line] == [
        "The cache of outputs cannot be used now: no such table"
    ] * 2
