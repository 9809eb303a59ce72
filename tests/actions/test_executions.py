"""Whatever starts or moves an execution does it by these verbs: a row first, then the doorbell."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from builder.actions import drafts, executions, flows
from builder.actions.executions import bulk
from builder.engine.states import State
from builder.errors import Conflict, InvalidFlow, InvalidInput, NotFound
from builder.models import Execution
from builder.runtime.files import storage
from builder.store import encryption
from builder.store import executions as stored
from builder.store.executions import Saved
from tests.actions.conftest import Doorbell, flow
from tests.store.conftest import a_run

pytestmark = pytest.mark.django_db
LATER = datetime.now(UTC) + timedelta(minutes=5)
LOG = "  - id: say\n    type: io.kestra.plugin.core.log.Log\n    message: x\n"
LOOP = """\
  - {id: a, type: io.kestra.plugin.core.log.Log, message: x}
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: ["1"]
    tasks:
      - {id: b, type: io.kestra.plugin.core.log.Log, message: x}
errors:
  - {id: alert, type: io.kestra.plugin.core.log.Log, message: x}
"""
CHAIN = "".join(f"  - {{id: {name}, type: io.kestra.plugin.core.log.Log, message: x}}\n" for name in "abc")
PAUSE = """\
  - id: wait
    type: io.kestra.plugin.core.flow.Pause
    onResume:
      - id: answer
        type: INT
"""


def moved(execution_id: str, state: State, runs: tuple = ()) -> None:
    """What a runner would write."""
    claim = stored.claim(execution_id, "w", LATER, 10)
    assert claim
    execution = replace(
        claim.execution,
        state=state,
        runs={run.path: run for run in runs},
        history=(*claim.execution.history, (State.RUNNING, LATER), (state, LATER)),
    )
    stored.save([Saved(execution, claim.epoch, execution.runs, parked=state is State.PAUSED)], LATER)


def test_a_run_is_a_row_and_a_ring(hello: str, doorbell: Doorbell):
    execution = executions.run("team", "hello", {"name": "Ada"}, labels=[("kind", "mine"), ("a", "b")])
    assert doorbell.rung == [execution.id]
    kept, _ = stored.load(execution.id)
    assert kept == execution
    assert (kept.inputs, kept.state, kept.revision) == ({"name": "Ada"}, State.CREATED, 1)
    assert kept.labels == (("kind", "greeting"), ("a", "b"), ("system.correlationId", execution.id))


def test_defaults_fill_what_is_missing(hello: str):
    assert executions.run("team", "hello").inputs == {"name": "World"}


def test_bad_inputs_are_refused_all_at_once():
    flows.create_flow(flow(LOG, "inputs:\n  - {id: a, type: INT}\n  - {id: b, type: INT}\n"), by="ada")
    with pytest.raises(InvalidInput) as caught:
        executions.run("team", "work", {"a": "x"})
    assert [fault.path for fault in caught.value.faults] == [("a",), ("b",)]
    assert len(executions.check_inputs("team", "work", {"a": "1"}).faults) == 1


def test_a_secret_input_is_stored_encrypted():
    flows.create_flow(flow(LOG, "inputs:\n  - {id: key, type: SECRET}\n"), by="ada")
    execution = executions.run("team", "work", {"key": "hush"})
    assert "hush" not in str(execution.inputs)
    assert encryption.opened(execution.inputs) == ({"key": "hush"}, ("hush",))


class _Upload:
    name = "a/b.txt"

    def chunks(self) -> Iterator[bytes]:
        yield b"text"


def test_an_upload_becomes_a_file_of_the_execution(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    flows.create_flow(flow(LOG, "inputs:\n  - {id: doc, type: FILE}\n"), by="ada")
    execution = executions.run("team", "work", files={"doc": _Upload()})
    assert storage.read(execution.inputs["doc"], [execution.id]) == b"text"


def test_a_disabled_flow_does_not_run(hello: str):
    flows.set_disabled("team", "hello", True, by="ada")
    with pytest.raises(Conflict, match="disabled"):
        executions.run("team", "hello")


def test_a_missing_flow_does_not_run():
    with pytest.raises(NotFound):
        executions.run("team", "nowhere")


def test_system_labels_are_refused(hello: str):
    with pytest.raises(InvalidInput, match="system"):
        executions.run("team", "hello", labels=[("system.readOnly", "true")])


def test_a_draft_runs_its_own_text(hello: str):
    drafts.save_draft("team", "hello", hello.replace("Hello", "Draft"), by="ada")
    execution = executions.run("team", "hello", draft=True)
    claim = stored.claim(execution.id, "w", LATER, 10)
    assert claim and "Draft {{" in claim.source
    assert stored.item(execution.id).is_draft
    drafts.save_draft("team", "hello", "id: [", by="ada")
    with pytest.raises(InvalidFlow):
        executions.run("team", "hello", draft=True)


def test_an_old_revision_runs_its_own_text(hello: str):
    flows.update_flow("team", "hello", hello.replace("Hello", "Bye"), by="ada")
    execution = executions.run("team", "hello", revision=1)
    claim = stored.claim(execution.id, "w", LATER, 10)
    assert claim and claim.source == hello


def test_a_scheduled_run_waits_unrung(hello: str, doorbell: Doorbell):
    execution = executions.run("team", "hello", schedule_at=LATER)
    assert doorbell.rung == []
    assert stored.due(LATER - timedelta(seconds=1)) == []
    assert stored.due(LATER) == [execution.id]


def test_kill_asks_the_runner_and_tells_it(hello: str, doorbell: Doorbell):
    execution = executions.run("team", "hello")
    executions.kill(execution.id, by="ada")
    assert doorbell.told == [execution.id]
    assert [signal.kind for signal in stored.signals([execution.id])[execution.id]] == ["kill"]


def test_an_ended_execution_cannot_be_killed(hello: str):
    execution = executions.run("team", "hello")
    moved(execution.id, State.SUCCESS)
    with pytest.raises(Conflict, match="ended"):
        executions.kill(execution.id)


def test_a_queued_execution_is_killed_at_once_or_let_in():
    flows.create_flow(flow(LOG, "concurrency:\n  limit: 1\n"), by="ada")
    executions.run("team", "work")
    second, third = executions.run("team", "work"), executions.run("team", "work")
    assert second.state is State.QUEUED
    assert executions.kill(second.id).state is State.KILLED
    assert stored.load(second.id)[0].state is State.KILLED
    assert executions.force_run(third.id).state is State.CREATED
    assert stored.claim(third.id, "w", LATER, 10)


def test_a_queued_execution_is_taken_out_of_the_queue_to_run_or_to_an_end():
    flows.create_flow(flow(LOG, "concurrency:\n  limit: 1\n"), by="ada")
    first, second, third = (executions.run("team", "work") for _ in range(3))
    with pytest.raises(Conflict, match="not QUEUED"):
        executions.unqueue(first.id)
    with pytest.raises(InvalidInput, match="cannot become PAUSED"):
        executions.unqueue(second.id, State.PAUSED)
    assert executions.unqueue(second.id, State.CANCELLED).state is State.CANCELLED
    let_in = executions.unqueue(third.id)
    assert [state for state, _ in let_in.history] == [State.CREATED, State.QUEUED]
    assert stored.claim(third.id, "w", LATER, 10)


def test_a_revision_with_another_limit_holds_for_those_that_wait(doorbell: Doorbell):
    flows.create_flow(flow(LOG, "concurrency:\n  limit: 1\n"), by="ada")
    executions.run("team", "work")
    second, third = executions.run("team", "work"), executions.run("team", "work")
    doorbell.rung.clear()
    flows.update_flow("team", "work", flow(LOG, "concurrency:\n  limit: 2\n"), by="ada")
    assert doorbell.rung == [second.id]
    flows.update_flow("team", "work", flow(LOG), by="ada")
    assert doorbell.rung == [second.id, third.id]


KEYED = """\
inputs:
  - {id: customer, type: STRING, required: false}
  - {id: pin, type: SECRET, required: false}
concurrency:
  limit: 1
  key: "{{ inputs.customer ?? inputs.pin }}"
"""


def key_of(execution_id: str) -> str:
    """What it shares its flow's limit by, as it is kept."""
    return Execution.objects.values_list("concurrency_key", flat=True).get(id=execution_id)


def test_executions_with_the_same_key_share_the_limit():
    flows.create_flow(flow(LOG, KEYED), by="ada")
    first = executions.run("team", "work", {"customer": "a"})
    states = [executions.run("team", "work", {"customer": customer}).state.value for customer in "bab"]
    assert states == ["CREATED", "QUEUED", "QUEUED"]
    assert executions.replay(first.id).state is State.QUEUED
    assert executions.run("team", "work", {"customer": "c"}).state is State.CREATED
    assert key_of(first.id) == "a"


def test_a_key_that_cannot_be_told_starts_nothing_and_a_secret_one_is_not_kept_plain():
    flows.create_flow(flow(LOG, KEYED), by="ada")
    pinned = executions.run("team", "work", {"pin": "hush-hush"})
    assert re.fullmatch("[0-9a-f]{64}", key_of(pinned.id))
    flows.update_flow("team", "work", flow(LOG, KEYED.replace("inputs.customer ??", "outputs.log.value ~")), by="ada")
    with pytest.raises(InvalidInput, match=r"concurrency\.key of the flow cannot be told"):
        executions.run("team", "work")


def test_an_end_can_be_changed_to_another_end(hello: str):
    execution = executions.run("team", "hello")
    with pytest.raises(InvalidInput, match="has ended"):
        executions.change_status(execution.id, State.SUCCESS)
    moved(execution.id, State.FAILED)
    with pytest.raises(InvalidInput, match="no end"):
        executions.change_status(execution.id, State.RUNNING)
    assert executions.change_status(execution.id, State.SUCCESS).state is State.SUCCESS
    assert stored.load(execution.id)[0].state is State.SUCCESS
    with pytest.raises(InvalidInput, match="forced"):
        executions.force_run(execution.id)


def test_what_waits_for_its_date_can_be_forced_to_run(hello: str, doorbell: Doorbell):
    execution = executions.run("team", "hello", schedule_at=LATER + timedelta(days=1))
    assert doorbell.rung == []
    executions.force_run(execution.id)
    assert doorbell.rung == [execution.id] and execution.id in stored.due(LATER)


def test_resume_wants_the_answers_its_pause_asks_for(doorbell: Doorbell):
    flows.create_flow(flow(PAUSE), by="ada")
    execution = executions.run("team", "work")
    with pytest.raises(Conflict, match="not PAUSED"):
        executions.resume(execution.id)
    moved(execution.id, State.PAUSED, (a_run("wait", State.PAUSED),))
    assert [wanted.id for wanted in executions.resume_inputs(execution.id)] == ["answer"]
    with pytest.raises(InvalidInput, match="answer"):
        executions.resume(execution.id, {"answer": "x"})
    executions.resume(execution.id, {"answer": "42"})
    (signal,) = stored.signals([execution.id])[execution.id]
    assert (signal.kind, signal.payload["path"], signal.payload["inputs"]) == ("resume", "wait", {"answer": 42})
    assert doorbell.told == [execution.id]


def test_restart_takes_up_what_failed_and_leaves_the_rest(doorbell: Doorbell):
    flows.create_flow(flow(LOOP), by="ada")
    execution = executions.run("team", "work")
    good = a_run("a", State.SUCCESS, outputs={"x": 1})
    block, bad = a_run("each", State.FAILED), a_run("each[0]/b", State.FAILED, parent="each")
    moved(execution.id, State.FAILED, (good, block, bad, a_run("alert", State.SUCCESS, branch="errors")))
    again = executions.restart(execution.id)
    kept, _ = stored.load(execution.id)
    assert kept == again
    assert {path: run.state for path, run in kept.runs.items()} == {
        "a": State.SUCCESS,
        "each": State.RUNNING,
        "each[0]/b": State.RESTARTED,
    }
    assert (kept.state, doorbell.rung[-1]) == (State.RESTARTED, execution.id)


def test_a_success_has_nothing_to_restart(hello: str):
    execution = executions.run("team", "hello")
    moved(execution.id, State.SUCCESS, (a_run("say", State.SUCCESS),))
    with pytest.raises(Conflict, match="No task found to restart execution from!"):
        executions.restart(execution.id)


def test_replay_is_a_new_execution_that_keeps_what_came_before(doorbell: Doorbell):
    flows.create_flow(flow(CHAIN, "inputs:\n  - {id: name, type: STRING}\n"), by="ada")
    execution = executions.run("team", "work", {"name": "Ada"})
    runs = [a_run(name, State.SUCCESS, outputs={"n": name}) for name in "abc"]
    moved(execution.id, State.SUCCESS, tuple(runs))
    copy = executions.replay(execution.id, from_run=runs[1].id)
    assert (copy.state, copy.inputs, copy.original_id, copy.parent_id) == (
        State.RESTARTED,
        {"name": "Ada"},
        execution.id,
        execution.id,
    )
    assert {path: run.state for path, run in copy.runs.items()} == {"a": State.SUCCESS, "b": State.RESTARTED}
    assert copy.runs["a"].id != runs[0].id
    assert stored.load(copy.id)[0] == copy
    assert doorbell.rung[-1] == copy.id
    fresh = executions.replay(execution.id)
    assert (fresh.state, fresh.runs) == (State.CREATED, {})


def test_replay_with_a_new_revision_runs_its_text(hello: str):
    execution = executions.run("team", "hello")
    moved(execution.id, State.FAILED, (a_run("say", State.FAILED),))
    flows.update_flow("team", "hello", hello.replace("Hello", "Bye"), by="ada")
    assert executions.replay(execution.id, revision=2).revision == 2
    again = executions.restart(execution.id, revision=2)
    assert (again.revision, again.state, again.id == execution.id) == (2, State.RESTARTED, False)


def test_only_ended_executions_are_deleted_with_their_files(hello: str, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    execution = executions.run("team", "hello")
    with pytest.raises(Conflict, match="not ended"):
        executions.delete([execution.id])
    storage.put(execution.id, "x", b"x")
    moved(execution.id, State.SUCCESS)
    assert executions.delete([execution.id]) == 1
    assert stored.load_many([execution.id]) == {}


def test_a_bulk_action_does_what_it_can_and_names_the_rest(hello: str):
    going, ended = executions.run("team", "hello"), executions.run("team", "hello")
    moved(ended.id, State.SUCCESS)
    done = bulk.for_each(bulk.ids_of(stored.Filters(flow_id="hello")), executions.kill)
    assert (done.count, [execution_id for execution_id, _ in done.refused]) == (1, [ended.id])
    assert stored.signals([going.id])


def test_labels_change_after_the_end(hello: str):
    execution = executions.run("team", "hello")
    with pytest.raises(Conflict):
        executions.set_labels(execution.id, [("a", "1")])
    moved(execution.id, State.SUCCESS)
    assert executions.set_labels(execution.id, [("a", "1")]).labels == (
        ("a", "1"),
        ("system.correlationId", execution.id),
    )
    assert stored.search(stored.Filters(labels=[("a", "1")])).total == 1


def test_a_kill_that_came_as_it_ended_does_not_end_the_restarted_one(hello: str):
    execution = executions.run("team", "hello")
    executions.kill(execution.id)
    moved(execution.id, State.FAILED, (a_run("say", State.FAILED),))
    executions.restart(execution.id)
    assert stored.signals([execution.id]) == {}


def test_marking_a_run_of_a_paused_execution_lets_a_runner_take_it_up(hello: str, doorbell: Doorbell):
    """What ran beside the pause was its last runner's, and the pause may have an end."""
    flows.create_flow(flow(PAUSE + LOG), by="ada")
    execution = executions.run("team", "work")
    moved(execution.id, State.PAUSED, (a_run("wait", State.PAUSED), a_run("say", State.FAILED)))
    doorbell.rung.clear()
    assert executions.mark(execution.id, "say", State.SUCCESS).state is State.PAUSED
    assert doorbell.rung == [execution.id]
    assert stored.due(datetime.now(UTC)) == [execution.id]


def test_a_second_resume_of_a_pause_by_hand_names_no_step(hello: str):
    execution = executions.run("team", "hello")
    moved(execution.id, State.PAUSED)
    executions.resume(execution.id)
    assert [row.payload["path"] for row in stored.signals([execution.id])[execution.id]] == [""]


def test_a_quota_ends_what_is_over_it_until_the_next_window() -> None:
    flows.create_flow(flow(LOG, "quotas:\n  - {duration: P1D, limit: 2, behavior: CANCEL}\n"), by="ada")
    made = [executions.run("team", "work") for _ in range(3)]
    assert [one.state for one in made] == [State.CREATED, State.CREATED, State.CANCELLED]
    assert "its quota is 2 in PT24H" in made[2].message
    Execution.objects.filter(flow_id="work").update(created_at=made[0].created_at - timedelta(days=1))
    assert executions.run("team", "work").state is State.CREATED
