"""What goes wrong between the decisions: lost databases, vanished texts, kills at a bad moment."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection, connections

from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.engine.states import State
from builder.errors import Unavailable
from builder.runtime.runner import errands
from builder.runtime.runner.born import making as children
from builder.runtime.runner.driven import Driven
from builder.runtime.runner.keeping import plans
from builder.runtime.runner.keeping.database import Database
from builder.runtime.runner.keeping.plans import make_ready
from builder.runtime.runner.runner import Runner
from builder.store import executions, kv
from builder.store.executions import Claim, Saved
from tests.doubles.patience import PATIENCE_SECONDS
from tests.runtime.conftest import SlowServer, create, ended, publish, wait_until

LOG = "io.kestra.plugin.core.log.Log"
REQUEST = "io.kestra.plugin.core.http.Request"
FLOW = "io.kestra.plugin.core.flow"
CHILD = f"tasks:\n  - {{id: wait, type: {FLOW}.Pause}}\n"
PARENT = f"tasks:\n  - {{id: call, type: {FLOW}.Subflow, namespace: team, flowId: child, wait: true}}\n"


def errors(execution_id: str) -> list[tuple[str, str]]:
    return [(line.path, line.message) for line in executions.logs(execution_id, min_level="ERROR")]


def started(runner: Runner, source: str, flow_id: str = "one") -> str:
    publish(source, flow_id)
    execution_id = create(flow_id)
    runner.take([execution_id])
    return execution_id


def test_what_the_engine_itself_finds_wrong_is_in_the_log(runner: Runner) -> None:
    execution_id = started(runner, f"""
tasks:
  - id: which
    type: {FLOW}.Switch
    value: nothing
    cases:
      a: [{{id: a, type: {LOG}, message: x}}]
""")  # fmt: skip
    message = ended(execution_id).runs["which"].message
    assert message
    assert errors(execution_id) == [("which", message)]


def test_a_flow_that_cannot_be_started_is_in_the_log_once(runner: Runner) -> None:
    execution_id = started(runner, PARENT)
    assert ended(execution_id).state is State.FAILED
    assert [path for path, _ in errors(execution_id)] == ["call"]


def test_a_task_that_fails_says_so_once(runner: Runner) -> None:
    execution_id = started(runner, "tasks:\n  - {id: fail, type: io.kestra.plugin.core.execution.Fail}\n")
    assert ended(execution_id).state is State.FAILED
    assert len(errors(execution_id)) == 1


def test_a_text_that_vanished_under_way_ends_its_runs_and_its_children(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(CHILD, "child")
    execution_id = started(runner, PARENT)
    wait_until(lambda: executions.item(execution_id).owner == "" and executions.item(execution_id).runs_total == 1)
    child = executions.load(execution_id)[0].runs["call"].child
    assert child is not None

    def unreadable(*_: object) -> None:
        raise Unavailable("no such task type")

    monkeypatch.setattr(plans, "plan_of", unreadable)
    runner.take([execution_id])
    over = ended(execution_id)
    assert (over.state, over.runs["call"].state) == (State.FAILED, State.KILLED)
    assert "no such task type" in over.message
    assert [row.kind for row in executions.signals([child])[child]] == ["kill"]


def test_a_child_made_while_its_parent_is_killed_is_not_born(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(CHILD, "child")
    making, killed = threading.Event(), threading.Event()
    make_child = children.make_child

    def slowly(*arguments: Any) -> Any:
        made = make_child(*arguments)
        making.set()
        killed.wait(PATIENCE_SECONDS)
        return made

    monkeypatch.setattr(errands.children, "make_child", slowly)
    execution_id = started(runner, PARENT)
    assert making.wait(PATIENCE_SECONDS)
    executions.send(execution_id, executions.KILL, SystemClock().now())
    heard = runner._driven[execution_id].hear
    rows = executions.signals([execution_id])[execution_id]
    runner._loop.call_soon_threadsafe(heard, rows)
    wait_until(lambda: runner._driven[execution_id].execution.state is State.KILLING)
    killed.set()
    assert ended(execution_id).state is State.KILLED
    assert executions.children_running(execution_id) == []


def given_back_in_a_save(
    runner: Runner, execution_id: str, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[Driven], None]
) -> Execution:
    """What is kept when the process stops while a save is under way, and something comes before that is through."""
    saver, driven = runner._tools.saver, runner._driven[execution_id]
    saving, go_on, save = threading.Event(), threading.Event(), saver.save

    async def slowly(saved: Saved) -> bool:
        saving.set()
        await asyncio.to_thread(go_on.wait, PATIENCE_SECONDS)
        return await save(saved)

    monkeypatch.setattr(saver, "save", slowly)
    asyncio.run_coroutine_threadsafe(driven.save_now(), runner._loop)
    assert saving.wait(PATIENCE_SECONDS)
    given_back = asyncio.run_coroutine_threadsafe(driven.hand_back(), runner._loop)
    wait_until(lambda: driven._leaving)
    meanwhile(driven)
    wait_until(lambda: bool(driven._inbox))
    go_on.set()
    assert given_back.result(PATIENCE_SECONDS)
    return executions.load(execution_id)[0]


def test_a_kill_that_comes_as_the_process_stops_is_obeyed(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    server = SlowServer()
    one = started(runner, f'tasks:\n  - {{id: ask, type: {REQUEST}, uri: "{server.url}"}}\n')
    wait_until(lambda: server.asked == 1)

    def kill(driven: Driven) -> None:
        executions.send(one, executions.KILL, SystemClock().now())
        runner._loop.call_soon_threadsafe(driven.hear, executions.signals([one])[one])

    assert given_back_in_a_save(runner, one, monkeypatch, kill).state is State.KILLING
    assert (ended(one).state, server.asked) == (State.KILLED, 1)
    server.close()


def test_an_answer_that_comes_as_the_process_stops_is_kept(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    server = SlowServer()
    ask = f'{{id: ask, type: {REQUEST}, uri: "{server.url}"}}'
    one = started(runner, f"tasks:\n  - {ask}\n  - {{id: wait, type: {FLOW}.Pause}}\n")
    wait_until(lambda: server.asked == 1)
    kept = given_back_in_a_save(runner, one, monkeypatch, lambda driven: server.answer())
    server.close()
    assert (kept.runs["ask"].state, len(kept.runs["ask"].attempts), server.asked) == (State.SUCCESS, 1, 1)


def test_one_that_cannot_be_taken_up_leaves_the_others_alone(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(f"tasks:\n  - {{id: say, type: {LOG}, message: hello}}\n")
    ids = [create() for _ in range(3)]

    def picky(claim: Claim) -> Any:
        if claim.execution.id == ids[1]:
            raise RuntimeError("something unforeseen")
        return make_ready(claim)

    monkeypatch.setattr("builder.runtime.runner.runner.make_ready", picky)
    runner.take(ids)
    assert [ended(ids[number]).state for number in (0, 2)] == [State.SUCCESS] * 2
    wait_until(lambda: runner.wait_for_place(0) == 100)


def test_an_execution_that_loses_one_process_after_another_is_given_up(runner: Runner) -> None:
    publish(f"tasks:\n  - {{id: say, type: {LOG}, message: x}}\n")
    execution_id = create()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE builder_execution SET losses = 10, alone = %s WHERE id = %s", [True, execution_id])
    runner.take([execution_id])
    execution = ended(execution_id)
    assert execution.state is State.FAILED and "10 times" in execution.message


def test_a_question_waits_for_a_database_that_is_away(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    kv.set_value("team", "flag", "yes", SystemClock().now())
    get: Callable[..., Any] = kv.get
    asked: list[float] = []

    def away_first(*arguments: Any) -> Any:
        asked.append(time.monotonic())
        if len(asked) < 3:
            raise OperationalError("server closed the connection unexpectedly")
        return get(*arguments)

    monkeypatch.setattr(kv, "get", away_first)
    execution_id = started(runner, f"""
tasks:
  - {{id: say, type: {LOG}, message: x, runIf: "{{{{ kv('flag') == 'yes' }}}}"}}
""")  # fmt: skip
    assert ended(execution_id).runs["say"].state is State.SUCCESS
    assert len(asked) == 3


async def test_a_connection_that_the_server_closed_is_opened_again(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no server")
    monkeypatch.setattr("builder.runtime.runner.keeping.database._LOOKED_AT_SECONDS", 0)
    database = Database()

    def terminate() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            number = cursor.fetchone()[0]
        with connection.copy().temporary_connection() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [number])

    await database.call(terminate)
    assert await database.call(executions.due, SystemClock().now()) == []
    await asyncio.to_thread(database.close)


async def test_the_end_of_a_runner_closes_its_connection(transactional_db: None) -> None:
    database = Database()
    mine: list[Any] = []
    await database.call(lambda: (connection.ensure_connection(), mine.append(connections["default"])))
    await asyncio.to_thread(database.close)
    assert mine[0].connection is None
