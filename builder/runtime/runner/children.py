"""Executions that one starts (Subflow, its next try): made here, created by the store in its own transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from builder.engine.commands import StartChild, TryAgain
from builder.engine.execution import Execution
from builder.engine.moving import notes
from builder.engine.plan import Plan
from builder.engine.replay import tried_again
from builder.engine.states import TERMINAL, State
from builder.errors import InvalidInput
from builder.flows.read import label_text, read_labels
from builder.runtime import storage
from builder.runtime.masking import Masker
from builder.store import births, executions
from builder.store.encryption import sealed_where
from builder.store.executions import KILL, Claim, NewExecution


def make_child(parent: Execution, command: StartChild, now: datetime, masker: Masker) -> NewExecution | None:
    """The child to create; None when it is there already. What holds a secret of the parent is one of the child's.

    Blocking; raises BuilderError when it cannot be made.
    """
    if executions.load_many([command.child], with_runs=False):
        return None
    request = command.request
    found = births.runnable(str(request["namespace"]), str(request["flowId"]), _revision(request.get("revision")))
    births.refuse_disabled(found)
    values = births.resolved_inputs(
        found.flow, found.revision, request.get("inputs") or {}, now, keep_file=storage.keeper(command.child)
    )
    labels = [(key, masker.text(value)) for key, value in _labels(request)]
    return births.born(
        found.flow, found.revision, now, inputs=sealed_where(values, masker.holds), execution_id=command.child,
        labels=labels,
        trigger=_trigger(parent), due_at=_date(request.get("scheduleDate")),
        parent=births.Parent(parent.id, command.path, _handed_down(parent, request)),
    )  # fmt: skip


def make_next(execution: Execution, plan: Plan, command: TryAgain, claim: Claim, now: datetime) -> NewExecution:
    """The execution that tries again what ended RETRIED."""
    return NewExecution(
        tried_again(execution, now),
        source=claim.source if claim.is_draft else None,
        concurrency=plan.flow.concurrency,
        due_at=command.due_at if command.due_at > now else None,
    )


def is_wanted(parent: Execution, child: NewExecution) -> bool:
    """Its run may have been killed while the child was made; then nobody would kill the child any more."""
    run = parent.runs.get(child.execution.parent_path or "")
    if child.execution.id == parent.notes.get(notes.NEXT):
        return True
    return run is not None and run.state not in (State.KILLING, State.KILLED)


def ended_child(child: str) -> Execution | None:
    """The child when it has ended. Blocking."""
    found = executions.load_many([child], with_runs=False).get(child)
    return found[0] if found and found[0].state in TERMINAL else None


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
