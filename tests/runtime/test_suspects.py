"""Suspects may be what takes their process away: processes of their own drive them until they have come through."""

import ipaddress
import subprocess
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Self

import pytest

from builder.clock import SystemClock
from builder.engine.execution import Execution as Value
from builder.engine.moving.overall.notes import UNSENT
from builder.engine.states import State
from builder.models import Execution
from builder.runtime.runner.runner import Runner
from builder.runtime.runner.suspects import FEW, SuspectProcesses, companies, judged, places_for
from builder.store import executions
from tests.runtime.conftest import SlowServer, create, ended, messages, publish, wait_until

LOG = "tasks:\n  - {id: say, type: io.kestra.plugin.core.log.Log, message: hello}\n"
ASKING = """tasks:
  - {id: ask, type: io.kestra.plugin.core.http.Request, uri: "URL"}
  - {id: after, type: io.kestra.plugin.core.log.Log, message: "it said {{ outputs.ask.body }}"}
  - {id: again, type: io.kestra.plugin.core.http.Request, uri: "URL"}
"""
BESIDE = """tasks:
  - id: both
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
      - {id: quick, type: io.kestra.plugin.core.http.Request, uri: "QUICK"}
      - {id: slow, type: io.kestra.plugin.core.http.Request, uri: "SLOW"}
  - {id: last, type: io.kestra.plugin.core.http.Request, uri: "QUICK"}
"""
FOLDER = """tasks:
  - id: here
    type: io.kestra.plugin.core.flow.WorkingDirectory
    tasks:
      - {id: ask, type: io.kestra.plugin.core.http.Request, uri: "URL"}
      - {id: again, type: io.kestra.plugin.core.http.Request, uri: "URL"}
  - {id: last, type: io.kestra.plugin.core.http.Request, uri: "URL"}
"""


class Noted(SuspectProcesses):
    """Starts nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.started: dict[str, int] = {}

    def start(self, suspects: Mapping[str, int], lost: Callable[[str], None]) -> None:
        self.started.update(suspects)
        self.lose = lost


@pytest.fixture
def processes() -> Noted:
    return Noted()


class Made(Runner):
    """A runner for a while."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *broken: object) -> None:
        self.stop()


Make = Callable[..., Made]


@pytest.fixture
def make(transactional_db: None, valkey: str, settings: Any, tmp_path: Any) -> Make:
    """Makes runners of one installation; tasks may reach this machine."""
    settings.MEDIA_ROOT = str(tmp_path / "files")
    settings.MILLSTREAM = {**settings.MILLSTREAM, "ALLOW_NETWORKS": (ipaddress.ip_network("127.0.0.1/32"),),
                           "WORK_FOLDER": tmp_path / "work", "GRACE_SECONDS": 0}  # fmt: skip

    def made(name: str, places: int, **options: Any) -> Made:
        return Made(name, SystemClock(), places=places, lease_seconds=5.0, **options)

    return made


@pytest.fixture
def server() -> Iterator[SlowServer]:
    made = SlowServer()
    yield made
    made.close()


def lose(ids: list[str], losses: int) -> None:
    """The process that had these is gone; it was the second, third ... in a row, as the losses say."""
    over = {"owner": "gone", "lease_until": SystemClock().now() - timedelta(seconds=1)}
    Execution.objects.filter(id__in=ids).update(**over, alone=True, losses=losses - 1)


def given_back(execution_id: str) -> Value:
    """The execution, once nobody has it."""
    wait_until(lambda: executions.item(execution_id).owner == "")
    return executions.load(execution_id)[0]


def lost_in_a_call(make: Make, server: SlowServer, one: str, losses: int, **options: Any) -> None:
    """It is in a call, and its process is gone, as `lose` says. (A stop that nobody hears of: the attempt is open.)"""
    asked = server.asked
    with make("gone", options.pop("places", 100), **options) as runner:
        runner.take([one])
        wait_until(lambda: server.asked == asked + 1)
    lose([one], losses)


def come_through(make: Make, one: str, *, places: int) -> Value:
    """What it has come to when the process for suspects lets go of it."""
    with make("suspects", places, for_suspects=True) as runner:
        runner.take([one])
        runner.wait_until_empty()
    return given_back(one)


def driven_to_its_end(make: Make, one: str) -> Value:
    """By an ordinary worker."""
    with make("worker", 100) as runner:
        runner.take([one])
        return ended(one)


def test_who_was_lost_among_few_runs_alone() -> None:
    assert [places_for(losses) for losses in range(4)] == [None, FEW, 1, 1]


def test_suspects_go_into_two_processes_and_who_was_lost_most_comes_last() -> None:
    few = {f"f{number}": 1 for number in range(5)}
    assert companies({}) == []
    assert companies({"a": 1}) == [(FEW, ["a"])]
    assert companies(few) == [(FEW, ["f0", "f2", "f4"]), (FEW, ["f1", "f3"])]
    assert companies({"bad": 5, **few, "a": 2}) == [(FEW, list(few)), (1, ["a", "bad"])]
    assert companies({"bad": 4, "a": 2, "b": 2}) == [(1, ["a", "bad"]), (1, ["b"])]


def test_so_few_that_each_has_a_process_are_alone_at_once() -> None:
    assert judged({"a": 1}) == {"a": 2}
    assert judged({"a": 1, "bad": 4, "b": 1}) == {"a": 2, "b": 2}
    assert judged({"a": 1, "b": 1, "c": 1}) == judged({"bad": 3}) == {}


def test_none_is_started_once_its_worker_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **_: started.append(command))
    processes = SuspectProcesses()
    processes.stop()
    processes.start({"a": 1, "b": 2}, lambda name: None)
    assert started == []


def test_a_single_suspect_is_sent_to_run_alone(make: Make, processes: Noted) -> None:
    publish(LOG)
    one = create()
    lose([one], 1)
    with make("careful", 100, suspects=processes) as careful:
        careful.take([one])
        careful.wait_until_empty()
    assert processes.started == {one: 2}
    assert Execution.objects.values_list("owner", "losses").get(id=one) == ("", 2)


def test_what_a_process_for_suspects_drove_as_it_broke_down_need_not_wait_for_its_lease(
    make: Make, processes: Noted
) -> None:
    publish(LOG)
    one = create()
    lose([one], 1)
    with make("careful", 100, suspects=processes) as careful:
        careful.take([one])
        careful.wait_until_empty()
        claim = executions.claim(one, "its own process", SystemClock().now(), 600)
        assert claim is not None
        processes.lose("its own process")
    again = executions.claim(one, "careful", SystemClock().now(), 600)
    assert again is not None and again.losses == claim.losses + 1


def test_many_suspects_are_given_back_at_once_and_come_again_a_little_later(make: Make, processes: Noted) -> None:
    publish(LOG)
    innocent, suspects = create(), [create() for _ in range(40)]
    now = SystemClock().now()
    lose(suspects[:30], 1)
    lose(suspects[30:], 2)
    with make("careful", 100, suspects=processes) as careful:
        careful.take([*suspects[:20], innocent, *suspects[20:]])
        assert ended(innocent).state == "SUCCESS"
        wait_until(lambda: len(processes.started) == len(suspects))
        wait_until(lambda: careful.wait_for_place(0) == 100)
    assert processes.started == {each: 1 if each in suspects[:30] else 2 for each in suspects}
    rows = Execution.objects.filter(id__in=suspects)
    assert {(row.owner, row.lease_until) for row in rows} == {("", None)}
    assert {row.id: row.losses for row in rows} == processes.started, "no more losses are counted"
    assert all(row.due_at is not None and row.due_at > now + timedelta(seconds=4) for row in rows)


def test_a_process_for_suspects_gives_back_whom_it_is_not_meant_for(make: Make) -> None:
    publish(LOG)
    innocent, few, alone = (create() for _ in range(3))
    lose([few], 1)
    lose([alone], 2)
    with make("few", FEW, for_suspects=True) as runner:
        runner.take([innocent, alone])
        runner.wait_until_empty()
    with make("alone", 1, for_suspects=True) as runner:
        runner.take([few])
        runner.wait_until_empty()
    assert [given_back(each).state for each in (innocent, alone, few)] == [State.CREATED] * 3


def test_a_suspect_goes_on_elsewhere_once_what_was_lost_has_come_through(make: Make, server: SlowServer) -> None:
    publish(ASKING.replace("URL", server.url))
    one = create()
    lost_in_a_call(make, server, one, losses=2)
    server.answer()
    execution = come_through(make, one, places=1)
    assert (execution.state, execution.notes[UNSENT], messages(one)[-1]) == (State.RUNNING, True, "it said ok")
    assert server.asked == 2, "what comes next is not begun in the process for suspects"
    row = Execution.objects.get(id=one)
    assert row.due_at is not None and row.due_at <= SystemClock().now()
    assert (row.alone, row.losses) == (False, 0)
    execution = driven_to_its_end(make, one)
    assert (execution.state, server.asked, UNSENT in execution.notes) == (State.SUCCESS, 3, False)
    assert [attempt.lost for attempt in execution.runs["ask"].attempts] == ["shared", ""]
    assert [attempt.lost for attempt in execution.runs["again"].attempts] == [""], "what had not begun was not lost"


def test_one_that_had_not_begun_goes_on_elsewhere_once_it_has(make: Make, server: SlowServer) -> None:
    publish(ASKING.replace("URL", server.url))
    one = create()
    lose([one], 1)
    execution = come_through(make, one, places=FEW)
    assert (execution.state, execution.runs["ask"].state, server.asked) == (State.RUNNING, State.RUNNING, 0)
    server.answer()
    assert driven_to_its_end(make, one).state is State.SUCCESS


def test_a_suspect_stays_until_all_that_was_lost_has_come_through(make: Make, server: SlowServer) -> None:
    quick = SlowServer()
    publish(BESIDE.replace("QUICK", quick.url).replace("SLOW", server.url))
    one = create()
    lost_in_a_call(make, server, one, losses=2)
    quick.answer()
    with make("alone", 1, for_suspects=True) as runner:
        runner.take([one])
        wait_until(lambda: executions.load(one)[0].runs["both/quick"].state is State.SUCCESS)
        assert Execution.objects.values_list("owner", "losses").get(id=one) == ("alone", 2)
        server.answer()
        assert given_back(one).runs["both/slow"].state is State.SUCCESS
    quick.close()
    assert Execution.objects.values_list("alone", "losses").get(id=one) == (False, 0)


def test_a_block_with_a_folder_is_done_where_it_was_begun_again(make: Make, server: SlowServer) -> None:
    publish(FOLDER.replace("URL", server.url))
    one = create()
    lost_in_a_call(make, server, one, losses=2)
    server.answer()
    execution = come_through(make, one, places=1)
    assert (execution.runs["here"].state, execution.runs["last"].state) == (State.SUCCESS, State.RUNNING)
    execution = driven_to_its_end(make, one)
    assert execution.state is State.SUCCESS
    assert {path: len(run.attempts) for path, run in execution.runs.items()} == {
        "here": 0, "here/ask": 1, "here/again": 1, "last": 1,
    }  # fmt: skip


def test_whose_task_failed_for_its_losses_stays_alone_to_its_end(make: Make, server: SlowServer) -> None:
    handled = 'errors:\n  - {id: sorry, type: io.kestra.plugin.core.http.Request, uri: "URL"}\n'
    publish((ASKING + handled).replace("URL", server.url))
    one = create()
    lost_in_a_call(make, server, one, losses=3)
    for losses in (4, 5):
        lost_in_a_call(make, server, one, losses, places=1, for_suspects=True)
    server.answer()
    execution = come_through(make, one, places=1)
    assert [attempt.lost for attempt in execution.runs["ask"].attempts] == ["alone"] * 3
    assert (execution.state, execution.runs["sorry"].state) == (State.FAILED, State.SUCCESS)


def test_one_that_is_stopped_after_it_was_given_back_begins_nothing_more(make: Make, server: SlowServer) -> None:
    publish(ASKING.replace("URL", server.url))
    one = create()
    lost_in_a_call(make, server, one, losses=1)
    server.answer()
    come_through(make, one, places=FEW)
    executions.send(one, executions.KILL, SystemClock().now())
    execution = driven_to_its_end(make, one)
    assert (execution.state, execution.runs["again"].state, server.asked) == (State.KILLED, State.KILLED, 2)
