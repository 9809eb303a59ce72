"""Letting a paused execution go on, with the answers that its Pause asks for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from builder.clock import SystemClock
from builder.engine.execution import Execution, TaskRun
from builder.engine.plan import Plan
from builder.engine.states import State
from builder.errors import Conflict, InvalidInput
from builder.flows.inputs import Resolved, Upload
from builder.flows.model import Input
from builder.flows.read import read_inputs
from builder.runtime import queue
from builder.runtime.files import storage
from builder.runtime.runner.keeping.plans import plan_of
from builder.runtime.world.asking import Answers, with_answers
from builder.store import births, executions
from builder.store.encryption import sealed_where
from builder.store.executions import RESUME
from builder.store.gate import write
from builder.tasks.catalogue import catalogue
from builder.tasks.flow.layout import Review

_CLOCK = SystemClock()
_DECISIONS = {"APPROVE": "APPROVED", "APPROVED": "APPROVED", "DENY": "DENIED", "DENIED": "DENIED"}


def resume(
    execution_id: str,
    inputs: Mapping[str, Any] | None = None,
    *,
    path: str | None = None,
    by: str = "",
    files: Mapping[str, Upload] | None = None,
    is_secret: Callable[[str], bool] | None = None,
    decision: str = "",
    comment: str = "",
    answers: Answers | None = None,
) -> Execution:
    """Lets a paused execution go on; `path` names the paused task run (the first one else).

    A review (Approval) takes a `decision`, approve or deny, and a `comment`; without a decision it is approved.
    `inputs` answer the Pause's onResume; texts in them that hold a secret are encrypted. What they ask of others is
    asked first, unless `answers` are given.

    Raises NotFound, Conflict when it is not paused, InvalidInput.
    """
    execution = _paused(execution_id)
    paused = _paused_run(execution, path)
    given = {**(inputs or {}), **(files or {})}
    said = _said(execution, paused, decision, comment)
    values = _resume_values(execution, paused, given, answers) if paused else {}
    values = values if is_secret is None else sealed_where(values, is_secret)
    # "" is no run's path: a second click on a pause by hand must not answer the step that asks next
    payload = {"path": paused.path if paused else "", "inputs": values, "by": by, **said}
    with write():
        _paused(execution_id)
        executions.send(execution_id, RESUME, _CLOCK.now(), payload)
    queue.notify(execution_id)
    return execution


@dataclass(frozen=True, slots=True)
class Waiting:
    """A step that waits for a person; `review`: what it is called to say yes or no, where that is asked. `about`: what
    the flow says of the step."""

    path: str
    review: Review | None
    about: str = ""


def waits(execution_id: str) -> list[Waiting]:
    """The steps that wait for a person, the first one first. Raises NotFound, Conflict when nothing does."""
    return waits_of(_paused(execution_id))


def waits_of(execution: Execution) -> list[Waiting]:
    """The same of an execution at hand; none where nothing does."""
    return [_waiting(execution, run) for run in _paused_runs(execution)]


def _waiting(execution: Execution, run: TaskRun) -> Waiting:
    about = _plan(execution).node(run).properties.get("description")
    return Waiting(run.path, _review(execution, run), str(about or ""))


def _review(execution: Execution, paused: TaskRun) -> Review | None:
    flow = _plan(execution).node(paused).flow
    return flow.review if flow is not None else None


def _said(execution: Execution, paused: TaskRun | None, decision: str, comment: str) -> dict[str, str]:
    """What a reviewer said. Raises Conflict where no review is waited for, InvalidInput for what is no decision."""
    review = _review(execution, paused) if paused is not None else None
    if review is None:
        if decision:
            raise Conflict(f"Execution `{execution.id}` waits for no review; resume it instead.")
        return {}
    result = _DECISIONS.get(decision.strip().upper() or "APPROVE")
    if result is None:
        raise InvalidInput(f"decision: `{decision[:40]}` is neither APPROVE nor DENY.")
    if result in review.commented and not comment.strip():
        raise InvalidInput("comment: say why; this step asks for a comment.")
    return {"decision": result, "comment": comment.strip()}


def resume_inputs(execution_id: str, *, path: str | None = None) -> Sequence[Input]:
    """The inputs that a resume asks for; empty when it asks for none. Raises NotFound, Conflict."""
    execution = _paused(execution_id)
    paused = _paused_run(execution, path)
    return _on_resume(execution, paused) if paused else ()


def check_resume(execution_id: str, inputs: Mapping[str, Any], *, path: str | None = None) -> Resolved:
    """What a resume with these answers would get, and what is wrong with them; stores nothing."""
    execution = _paused(execution_id)
    paused = _paused_run(execution, path)
    if paused is None:
        return Resolved({})
    flow = _plan(execution).flow
    declared = _on_resume(execution, paused)
    now = _CLOCK.now()
    return with_answers(
        lambda known: births.resolve_inputs(flow, execution.revision, inputs, now, declared=declared, ask=known.of),
        Answers(may_be_old=True),
    )


def _paused(execution_id: str) -> Execution:
    execution = executions.alive(execution_id, "resumed")
    if execution.state is not State.PAUSED and not _paused_runs(execution):
        raise Conflict(f"Execution `{execution_id}` is {execution.state}, not PAUSED.")
    return execution


def _paused_runs(execution: Execution) -> list[TaskRun]:
    parents = {run.parent for run in execution.runs.values() if run.state is State.PAUSED}
    return [run for run in execution.runs.values() if run.state is State.PAUSED and run.path not in parents]


def _paused_run(execution: Execution, path: str | None) -> TaskRun | None:
    paused = _paused_runs(execution)
    if path is None:
        return paused[0] if paused else None
    for run in paused:
        if path in (run.path, run.id):
            return run
    raise Conflict(f"The task run `{path}` of execution `{execution.id}` is not paused.")


def _resume_values(
    execution: Execution, paused: TaskRun, given: Mapping[str, Any], answers: Answers | None
) -> dict[str, Any]:
    flow, declared, now = _plan(execution).flow, _on_resume(execution, paused), _CLOCK.now()
    keep_file = storage.keeper(execution.id, execution.namespace, execution.flow_id)

    def resolve(known: Answers) -> dict[str, Any]:
        return births.resolved_inputs(
            flow, execution.revision, given, now, declared=declared, keep_file=keep_file, ask=known.of
        )

    return with_answers(resolve) if answers is None else resolve(answers)


def _on_resume(execution: Execution, paused: TaskRun) -> tuple[Input, ...]:
    """What the Pause asks for, from the flow's text that this execution runs."""
    node = _plan(execution).by_id.get(paused.task_id)
    plugin = catalogue().find(node.task.type_name) if node else None
    return read_inputs([written for _, written in plugin.inputs(node.properties)]) if plugin and node else ()


def _plan(execution: Execution) -> Plan:
    return plan_of(executions.sources([execution.id])[execution.id], execution.revision, execution.created_at)
