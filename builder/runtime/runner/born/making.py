"""Executions that one starts (Subflow, its next try): made here, created by the store in its own transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from builder.clock import Clock
from builder.engine.again.replay import tried_again
from builder.engine.again.restart import RESTARTABLE, restarted
from builder.engine.commands import StartChild, TryAgain
from builder.engine.execution import Execution, TaskRun
from builder.engine.moving.ids import next_id
from builder.engine.moving.inside import batches
from builder.engine.moving.overall import notes
from builder.engine.plan import Plan
from builder.engine.states import TERMINAL, State
from builder.errors import Conflict, InvalidInput
from builder.expressions import result_to_json, truthy
from builder.flows.read import label_text, read_labels
from builder.runtime.evaluate import RuntimeLookups, render
from builder.runtime.files import storage
from builder.runtime.masking import Masker
from builder.runtime.runner.keeping.plans import plan_of
from builder.runtime.world.asking import Answers
from builder.store import births, executions
from builder.store.encryption import sealed_where
from builder.store.executions import KILL, Claim, NewExecution
from builder.store.gate import write

_AT_ONCE = 200


def make_child(
    parent: Execution, command: StartChild, now: datetime, masker: Masker, known: Answers
) -> NewExecution | None:
    """The child to create; None when it is there already. What holds a secret of the parent is one of the child's.

    Blocking; raises BuilderError when it cannot be made.
    """
    if executions.load_many([command.child], with_runs=False):
        return None
    request = command.request
    found = births.runnable(str(request["namespace"]), str(request["flowId"]), _revision(request.get("revision")))
    births.refuse_disabled(found)
    keep_file = storage.keeper(command.child, found.flow.namespace, found.flow.id)
    values = births.resolved_inputs(
        found.flow, found.revision, request.get("inputs") or {}, now, keep_file=keep_file, ask=known.of
    )
    labels = [(key, masker.text(value)) for key, value in _labels(request)]
    births.refuse_system_labels(labels)
    return births.born(
        found.flow, found.revision, now, inputs=sealed_where(values, masker.holds), execution_id=command.child,
        labels=labels,
        trigger=_trigger(parent), due_at=_date(request.get("scheduleDate")),
        parent=births.Parent(parent.id, command.path, _handed_down(parent, request)), ask=known.of,
    )  # fmt: skip


def make_next(execution: Execution, plan: Plan, command: TryAgain, claim: Claim, now: datetime) -> NewExecution:
    """The execution that tries again what ended RETRIED."""
    return NewExecution(
        tried_again(execution, now),
        source=claim.source if claim.is_draft else None,
        concurrency=plan.flow.concurrency,
        concurrency_key=claim.concurrency_key,
        due_at=command.due_at if command.due_at > now else None,
    )


def is_wanted(parent: Execution, child: NewExecution) -> bool:
    """Its run may have been killed while the child was made; then nobody would kill the child any more."""
    path = child.execution.parent_path or ""
    batch = batches.batch_of(parent.runs, path)
    run = parent.runs.get(path) if batch is None else batch[0]
    if child.execution.id == parent.notes.get(notes.NEXT):
        return True
    return run is not None and run.state not in (State.KILLING, State.KILLED)


def rendered(command: StartChild, seen: dict[str, Any], lookups: RuntimeLookups, clock: Clock) -> StartChild:
    """The command of a batch with its request rendered. Blocking; raises ExpressionError."""
    seen["taskrun"] = {**seen.get("taskrun", {}), **(command.taskrun or {})}
    request = result_to_json(render(command.request, seen, lookups, clock, typed=False))
    return replace(command, request={**request, "inheritLabels": truthy(request.get("inheritLabels"))})


def restart_child(child: str, now: datetime) -> Execution | None:
    """Restarts a child that failed; None when there is none, or nothing in it to restart. Blocking.

    One that was restarted already, or that runs for another reason, is left as it is.
    """
    with write():
        executions.hold(child)
        found = executions.load_many([child]).get(child)
        if found is None or found[0].state not in RESTARTABLE:
            return None
        execution = found[0]
        plan = plan_of(executions.sources([child])[child], execution.revision, execution.created_at)
        try:
            again = restarted(plan, execution, now)
        except Conflict:
            return None
        executions.replace_execution(again, now, due=True)
        return again


def outputs_of(children: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """The outputs of child executions in their order, {} for one that has none. Blocking."""
    for start in range(0, len(children), _AT_ONCE):
        some = children[start : start + _AT_ONCE]
        found = executions.load_many(some, with_runs=False)
        for child in some:
            yield _outputs_of(found[child][0] if child in found else None)


def _outputs_of(execution: Execution | None) -> Mapping[str, Any]:
    """Those of the last one, where it was tried again as another execution."""
    while execution is not None and execution.state is State.RETRIED:
        following = next_id(execution.id)
        found = executions.load_many([following], with_runs=False).get(following)
        execution = found[0] if found else None
    return execution.outputs or {} if execution is not None else {}


def ended_child(child: str) -> Execution | None:
    """The child when it has ended. Blocking."""
    found = executions.load_many([child], with_runs=False).get(child)
    return found[0] if found and found[0].state in TERMINAL else None


def begun_by(runs: Iterable[TaskRun]) -> Iterator[str]:
    """The children that these runs have begun."""
    for run in runs:
        if run.child is not None:
            yield run.child
        yield from (one.child for one in batches.kills(run))


def kill_child(child: str, now: datetime) -> bool:
    """Asks a child to end. Blocking; False when it has ended already or never was."""
    return executions.send(child, KILL, now)


def _trigger(parent: Execution) -> dict[str, Any]:
    variables = {
        "executionId": parent.id,
        "namespace": parent.namespace,
        "flowId": parent.flow_id,
        "flowRevision": parent.revision,
    }
    return {"id": "subflow", "type": "io.kestra.plugin.core.flow.Subflow", "variables": variables}


def _handed_down(parent: Execution, request: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    everything = bool(request.get("inheritLabels"))
    return [(key, value) for key, value in parent.labels if everything or key.startswith(births.SYSTEM)]


def _labels(request: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    labels = request.get("labels") or {}
    if isinstance(labels, Mapping):
        return [(str(key), label_text(value)) for key, value in labels.items()]
    return read_labels(labels)


def _revision(value: Any) -> int | None:
    try:
        return None if value in (None, "") else int(value)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"revision: {value!r} is not a whole number.") from error


def _date(value: Any) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError as error:
        raise InvalidInput(f"scheduleDate: {value!r} is not a date such as 2026-01-31T09:00:00Z.") from error
    if at.tzinfo is None:
        raise InvalidInput(f"scheduleDate: {value!r} needs a time zone, e.g. 2026-01-31T09:00:00Z.")
    return at
