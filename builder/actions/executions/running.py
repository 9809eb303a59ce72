"""Starting executions: of a published flow or of a draft, with inputs resolved and files kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.engine.states import TERMINAL, State
from builder.flows.inputs import Resolved, Upload
from builder.flows.model import Input
from builder.runtime import queue
from builder.runtime.files import storage
from builder.store import births, drafts, executions
from builder.store.births import Parent, Runnable
from builder.store.births.judging import Failing, failing
from builder.store.executions import NewExecution
from builder.store.gate import write

_CLOCK = SystemClock()


def run(
    namespace: str,
    flow_id: str,
    inputs: Mapping[str, Any] | None = None,
    *,
    labels: Sequence[tuple[str, str]] = (),
    revision: int | None = None,
    trigger: Mapping[str, Any] | None = None,
    parent: Parent | None = None,
    draft: bool = False,
    files: Mapping[str, Upload] | None = None,
    schedule_at: datetime | None = None,
    execution_id: str | None = None,
    by: str = "",
    hidden: Collection[str] = (),
    require_inputs: bool = True,
    refused_when_full: bool = False,
) -> Execution:
    """Runs a flow: a row, then a ring. `files` are uploads by input id; `draft` runs the draft's text.

    Inputs that hold a secret of `hidden` are encrypted. `require_inputs` False: those that are missing are left out.
    `refused_when_full`: raises TooMany where the flow's queueLimit is reached, instead of making one that ends at once.

    Inside a transaction of the caller the ring waits for its commit. Raises NotFound, Conflict when the flow is
    disabled, InvalidInput with everything that is wrong with the inputs, InvalidFlow for a draft with errors.
    """
    found = _draft(namespace, flow_id) if draft else births.runnable(namespace, flow_id, revision)
    births.refuse_disabled(found)
    births.refuse_system_labels(labels)
    chosen = execution_id or executions.new_id()
    now = _CLOCK.now()
    try:
        given = {**(inputs or {}), **(files or {})}
        values = births.resolved_inputs(
            found.flow,
            found.revision,
            given,
            now,
            keep_file=storage.keeper(chosen, namespace, flow_id),
            hidden=hidden,
            require=require_inputs,
        )
        new = births.born(
            found.flow,
            found.revision,
            now,
            inputs=values,
            execution_id=chosen,
            labels=[*labels, *_who(by)],
            trigger=trigger,
            parent=parent,
            due_at=schedule_at,
            draft_source=found.source if draft else None,
        )
        return start(replace(new, refused_when_full=refused_when_full))
    except Exception:
        storage.forget(chosen)
        raise


def start(new: NewExecution) -> Execution:
    """Creates an execution that is made already, and rings for it after the commit."""
    with write():
        execution = executions.create(new)
        if execution.state in TERMINAL:
            queue.ring_on_commit(executions.after_ends([execution], execution.created_at))
        elif execution.state is not State.QUEUED and new.due_at is None:
            queue.ring_on_commit([execution.id])
    return execution


def check_inputs(
    namespace: str,
    flow_id: str,
    inputs: Mapping[str, Any],
    *,
    revision: int | None = None,
    draft: bool = False,
) -> Resolved:
    """What a run with these inputs would get, and what is wrong with them; stores nothing."""
    found = _draft(namespace, flow_id) if draft else births.runnable(namespace, flow_id, revision)
    return births.resolve_inputs(found.flow, found.revision, inputs, _CLOCK.now())


def failing_checks(
    namespace: str,
    flow_id: str,
    inputs: Mapping[str, Any],
    *,
    revision: int | None = None,
    draft: bool = False,
) -> Sequence[Failing]:
    """The flow's checks that do not hold with these inputs; none while the inputs themselves are wrong."""
    found = _draft(namespace, flow_id) if draft else births.runnable(namespace, flow_id, revision)
    if not found.flow.checks:
        return ()
    now = _CLOCK.now()
    resolved = births.resolve_inputs(found.flow, found.revision, inputs, now)
    return () if resolved.faults else failing(found.flow, found.revision, resolved.values, now)


def inputs_of(namespace: str, flow_id: str, *, revision: int | None = None, draft: bool = False) -> Sequence[Input]:
    """The inputs that a run of this flow asks for. Raises NotFound, InvalidFlow."""
    found = _draft(namespace, flow_id) if draft else births.runnable(namespace, flow_id, revision)
    return found.flow.inputs


def _draft(namespace: str, flow_id: str) -> Runnable:
    draft = drafts.get(namespace, flow_id)
    flow = births.checked(draft.text).valid_flow
    return Runnable(flow, draft.base_revision or 0, draft.text, disabled=False)


def _who(by: str) -> list[tuple[str, str]]:
    return [(births.STARTED_BY, by)] if by else []
