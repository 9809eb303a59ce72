"""Starting executions: of a published flow or of a draft, with inputs resolved and files kept."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.errors import BuilderError
from builder.flows.inputs import Resolved, Upload
from builder.flows.model import Flow, Input
from builder.runtime.files import storage
from builder.runtime.starting import start
from builder.runtime.world.asking import Answers, with_answers
from builder.store import births, executions
from builder.store.births import Parent, Runnable
from builder.store.births.judging import Failing, failing
from builder.store.executions import NewExecution
from builder.store.flows import drafts

__all__ = ["ask_ahead", "asks_others", "check_inputs", "failing_checks", "inputs_of", "run", "start"]

_CLOCK = SystemClock()
_ASKS = re.compile(r"\b(http|subflow)(\s|\\[nrt])*\(")


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
    answers: Answers | None = None,
) -> Execution:
    """Runs a flow: a row, then a ring. `files` are uploads by input id; `draft` runs the draft's text.

    Inputs that hold a secret of `hidden` are encrypted. `require_inputs` False: those that are missing are left out.
    `refused_when_full`: raises TooMany where the flow's queueLimit is reached, instead of making one that ends at once.
    What its inputs and checks ask of other servers and flows is asked first, unless `answers` are given.

    Inside a transaction of the caller the ring waits for its commit. Raises NotFound, Conflict when the flow is
    disabled, InvalidInput with everything that is wrong with the inputs, InvalidFlow for a draft with errors.
    """
    found = _draft(namespace, flow_id) if draft else births.runnable(namespace, flow_id, revision)
    births.refuse_disabled(found)
    births.refuse_system_labels(labels)
    chosen = execution_id or executions.new_id()
    now = _CLOCK.now()
    keep_file = storage.keeper(chosen, namespace, flow_id)

    def make(known: Answers) -> NewExecution:
        values = births.resolved_inputs(
            found.flow,
            found.revision,
            {**(inputs or {}), **(files or {})},
            now,
            keep_file=keep_file,
            hidden=hidden,
            require=require_inputs,
            ask=known.of,
        )
        return births.born(
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
            ask=known.of,
        )

    try:
        new = make(answers) if answers is not None else with_answers(make)
        return start(replace(new, refused_when_full=refused_when_full))
    except Exception:
        storage.forget(chosen)
        raise


def asks_others(flow: Flow) -> bool:
    """Whether a run may have to ask others before it is made: what is rendered then, or read there, calls them."""
    return bool(_ASKS.search(repr((flow.inputs, flow.checks, flow.variables, flow.labels))))


def ask_ahead(
    found: Runnable,
    inputs: Callable[[], Mapping[str, Any]],
    *,
    hidden: Collection[str],
    require_inputs: bool,
    seconds: float,
    in_all: float,
) -> Answers:
    """What a run with these inputs would ask of others, for one that is made in a transaction, which must not wait.

    `seconds`: how long one answer may take; `in_all`: all together.
    """
    answers = Answers(seconds=seconds, in_all=in_all)
    with suppress(BuilderError):  # the run itself will say so
        given = inputs()
        with_answers(lambda known: _tried(found, given, hidden, require_inputs, known), answers)
    return answers.completed()


def _tried(
    found: Runnable, inputs: Mapping[str, Any], hidden: Collection[str], require: bool, known: Answers
) -> Sequence[Failing]:
    now = _CLOCK.now()
    values = births.resolved_inputs(
        found.flow, found.revision, inputs, now, hidden=hidden, require=require, ask=known.of
    )
    return failing(found.flow, found.revision, values, now, known.of)


def check_inputs(
    namespace: str,
    flow_id: str,
    inputs: Mapping[str, Any],
    *,
    revision: int | None = None,
    draft: bool = False,
    asks: bool = True,
) -> Resolved:
    """What a run with these inputs would get, and what is wrong with them; stores nothing.

    `asks`: servers and flows that the inputs name in http() and subflow() are asked.
    """
    found = _draft(namespace, flow_id) if draft else births.runnable(namespace, flow_id, revision)
    return _resolved(found, inputs, _CLOCK.now(), asks)


def failing_checks(
    namespace: str,
    flow_id: str,
    inputs: Mapping[str, Any],
    *,
    revision: int | None = None,
    draft: bool = False,
    asks: bool = True,
) -> Sequence[Failing]:
    """The flow's checks that do not hold with these inputs; none while the inputs themselves are wrong."""
    found = _draft(namespace, flow_id) if draft else births.runnable(namespace, flow_id, revision)
    if not found.flow.checks:
        return ()
    now = _CLOCK.now()
    resolved = _resolved(found, inputs, now, asks)
    if resolved.faults:
        return ()
    return with_answers(
        lambda known: failing(found.flow, found.revision, resolved.values, now, known.of), _of_a_form(asks)
    )


def _resolved(found: Runnable, inputs: Mapping[str, Any], now: datetime, asks: bool) -> Resolved:
    return with_answers(
        lambda known: births.resolve_inputs(found.flow, found.revision, inputs, now, ask=known.of), _of_a_form(asks)
    )


def _of_a_form(asks: bool) -> Answers:
    """A form asks after each change of a value, so what others answered a moment ago will do."""
    return Answers(may_be_old=True) if asks else Answers().completed()


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
