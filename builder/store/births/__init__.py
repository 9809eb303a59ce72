"""How an execution is made out of a flow: its id, inputs, labels and limits; used by actions and for subflows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings

from builder.engine.execution import Execution
from builder.engine.moving.overall import notes
from builder.engine.states import State
from builder.errors import Conflict, InvalidInput, NotFound
from builder.expressions.lookups import Ask
from builder.expressions.render import render_value
from builder.flows.check import Checked, check
from builder.flows.dialects.compat import Compat
from builder.flows.document import parse
from builder.flows.inputs import KeepFile, Resolved, resolve
from builder.flows.limits import Limits
from builder.flows.model import Flow, Input
from builder.flows.together import Together
from builder.store import flows, triggers
from builder.store.births.given_files import files_seen_from
from builder.store.births.judging import BLOCK, FAIL, failing, said, strongest
from builder.store.births.sharing import concurrency_key
from builder.store.encryption import encrypt, sealed_where
from builder.store.executions.values import NewExecution, new_id
from builder.store.hiding import SHORTEST_SECRET, masked
from builder.store.lookups import StoredLookups, nobody_is_asked
from builder.tasks.catalogue import catalogue
from builder.tasks.core.trigger import FLOWS

CORRELATION = "system.correlationId"
SYSTEM = "system."
STARTED_BY = "system.username"
STARTED_FROM = "system.from"
_PARSED_KEPT = 256


@dataclass(frozen=True, slots=True)
class Runnable:
    """A published flow, read. `source` is its text."""

    flow: Flow
    revision: int
    source: str
    disabled: bool


@dataclass(frozen=True, slots=True)
class Parent:
    """Whose Subflow this is; `labels` are what it hands down."""

    execution_id: str
    path: str
    labels: Sequence[tuple[str, str]] = ()


def checked(source: str) -> Checked:
    """What a flow's text says, and all that is wrong with it; remembered by the text."""
    return _checked(source, limits(), compat())


@lru_cache(maxsize=_PARSED_KEPT)
def _checked(source: str, within: Limits, release: Compat) -> Checked:
    return check(source, catalogue(), limits=within, compat=release)


class StoredWorld:
    """What a check asks about other flows; their coming and going changes its answer, so it is never remembered."""

    def flow_exists(self, namespace: str, id: str) -> bool:
        return flows.exists(namespace, id)

    def flow_triggers(self) -> Iterable[tuple[tuple[str, str], Mapping[str, Any]]]:
        found = triggers.of_types(FLOWS)
        return [((one.namespace, one.flow_id), one.definition) for one in found]

    def flow_map(self, namespace: str, id: str) -> Mapping[str, Any] | None:
        try:
            said = checked(flows.to_run(namespace, id)[1]).document.data
        except NotFound:
            return None
        return said if isinstance(said, Mapping) else None

    def plugin_defaults(self) -> Sequence[Mapping[str, Any]]:
        """Defaults for every flow are not offered: a flow says all it does."""
        return ()


def examined(source: str) -> Checked:
    """What `checked` says, and what is wrong with what the flow refers to outside its text."""
    return check(source, catalogue(), world=StoredWorld(), limits=limits(), compat=compat())


def examined_together(sources: Sequence[str]) -> list[Checked]:
    """The same of several texts, each of which may refer to the others."""
    world = Together((parse(source, limits()).data for source in sources), StoredWorld())
    return [check(source, catalogue(), world=world, limits=limits(), compat=compat()) for source in sources]


def limits() -> Limits:
    """How large a flow's text may be here."""
    given = settings.MILLSTREAM
    return Limits(
        bytes_=given["FLOW_BYTES"], depth=given["FLOW_DEPTH"], values=given["FLOW_VALUES"], digits=given["FLOW_DIGITS"]
    )


def compat() -> Compat:
    """Which release of the language holds here for a flow that names none."""
    found: Compat = settings.MILLSTREAM["COMPAT"]
    return found


def runnable(namespace: str, flow_id: str, revision: int | None = None) -> Runnable:
    """The flow to run, the latest revision unless one is given. Raises NotFound or InvalidFlow."""
    number, source, disabled = flows.to_run(namespace, flow_id, revision)
    return Runnable(checked(source).valid_flow, number, source, disabled)


def refuse_disabled(found: Runnable) -> None:
    """Raises Conflict when the flow is switched off."""
    if found.disabled:
        raise Conflict(f"Flow `{found.flow.namespace}.{found.flow.id}` is disabled; switch it on to run it.")


def born(
    flow: Flow,
    revision: int,
    now: datetime,
    *,
    inputs: Mapping[str, Any],
    execution_id: str | None = None,
    labels: Sequence[tuple[str, str]] = (),
    trigger: Mapping[str, Any] | None = None,
    parent: Parent | None = None,
    due_at: datetime | None = None,
    draft_source: str | None = None,
    ends_at_once: bool = False,
    ask: Ask = nobody_is_asked,
) -> NewExecution:
    """A new execution of this flow. `inputs` are resolved already (see `resolved_inputs`).

    The flow's checks are asked: one that blocks raises InvalidInput, one that fails makes it FAILED from the start.
    `ends_at_once`: it is made to have failed, so nothing is asked, and it shares no limit.
    """
    chosen = execution_id or new_id()
    execution = Execution(
        id=chosen,
        namespace=flow.namespace,
        flow_id=flow.id,
        revision=revision,
        state=State.CREATED,
        history=((State.CREATED, now),),
        created_at=now,
        inputs=inputs,
        labels=labels_of(chosen, flow.labels, labels, parent.labels if parent else ()),
        trigger=trigger,
        parent_id=parent.execution_id if parent else None,
        parent_path=parent.path if parent else None,
        original_id=chosen,
        notes={notes.SCHEDULE_DATE: due_at.isoformat()} if due_at else {},
    )
    if not ends_at_once:
        execution = objected(execution, flow, now, ask)
    return NewExecution(
        execution,
        source=draft_source,
        concurrency=flow.concurrency,
        concurrency_key="" if ends_at_once else concurrency_key(flow, execution, now),
        due_at=due_at,
        quotas=() if ends_at_once else flow.quotas,
    )


def objected(execution: Execution, flow: Flow, now: datetime, ask: Ask = nobody_is_asked) -> Execution:
    """The execution as its flow's checks let it begin: a failing one may make it FAILED from the start, or be noted.

    Raises InvalidInput when one blocks it.
    """
    objections = failing(flow, execution.revision, execution.inputs, now, ask)
    if not objections:
        return execution
    behavior = strongest(objections)
    if behavior == BLOCK:
        raise InvalidInput(f"Flow execution blocked: {said(objections)}")
    noted = {**execution.notes, notes.CHECKS: [{"message": one.message, "style": one.style} for one in objections]}
    if behavior != FAIL:
        return replace(execution, notes=noted)
    history = (*execution.history, (State.FAILED, now))
    return replace(execution, notes=noted, state=State.FAILED, history=history, message=said(objections))


def refuse_system_labels(labels: Sequence[tuple[str, str]]) -> None:
    """Raises InvalidInput for labels that only Millstream may set."""
    for key, _ in labels:
        if key.startswith(SYSTEM) and key != CORRELATION:
            raise InvalidInput(f"The label `{key}` cannot be set: names that begin with `system.` are reserved.")


def labels_of(
    execution_id: str,
    of_flow: Sequence[tuple[str, str]],
    asked: Sequence[tuple[str, str]],
    inherited: Sequence[tuple[str, str]] = (),
) -> tuple[tuple[str, str], ...]:
    """Flow labels without system ones, then those of the request, then inherited ones; one correlation id in all."""
    mine = [pair for pair in of_flow if not pair[0].startswith(SYSTEM)]
    pairs = [*mine, *asked, *inherited, (CORRELATION, execution_id)]
    first: dict[str, str] = {}
    for key, value in pairs:
        first.setdefault(key, value)
    return tuple(first.items())


def resolve_inputs(
    flow: Flow,
    revision: int,
    given: Mapping[str, Any],
    now: datetime,
    *,
    keep_file: KeepFile | None = None,
    declared: Sequence[Input] | None = None,
    hidden: Collection[str] = (),
    require: bool = True,
    ask: Ask = nobody_is_asked,
) -> Resolved:
    """The values of a flow's inputs (or of those `declared` by a Pause), with all that is wrong.

    `ask` answers http() and subflow() (see `builder.runtime.world.asking`).

    SECRETs are encrypted, and so is every text that holds a secret: of `hidden` or read by a default.
    """
    variables = {
        "flow": {"id": flow.id, "namespace": flow.namespace, "revision": revision},
        "vars": flow.variables,
        "labels": dict(flow.labels),
    }
    secrets = list(hidden)
    lookups = StoredLookups(flow.namespace, lambda: now, on_secret=secrets.append, ask=ask)

    def render(template: str, more: Mapping[str, Any]) -> Any:
        return render_value(template, {**variables, **more}, lookups, typed=True, now=now)

    found = resolve(
        flow.inputs if declared is None else declared,
        given,
        render=render,
        keep_file=keep_file,
        find_file=files_seen_from(flow.namespace),
        encrypt=encrypt,
        compat=flow.compat,
        require=require,
    )
    return _without(found, [secret for secret in secrets if len(secret) >= SHORTEST_SECRET])


def _without(found: Resolved, secrets: Sequence[str]) -> Resolved:
    """The same with these secrets encrypted in values and masked in faults."""
    if not secrets:
        return found
    values = sealed_where(found.values, lambda text: any(secret in text for secret in secrets))
    faults = tuple(replace(fault, message=masked(fault.message, secrets)) for fault in found.faults)
    return replace(found, values=values, faults=faults)


def resolved_inputs(
    flow: Flow,
    revision: int,
    given: Mapping[str, Any],
    now: datetime,
    *,
    keep_file: KeepFile | None = None,
    declared: Sequence[Input] | None = None,
    hidden: Collection[str] = (),
    require: bool = True,
    ask: Ask = nobody_is_asked,
) -> dict[str, Any]:
    """The same, when nothing may be wrong. Raises InvalidInput with all faults."""
    result = resolve_inputs(
        flow, revision, given, now, keep_file=keep_file, declared=declared, hidden=hidden, require=require, ask=ask
    )
    if result.faults:
        raise InvalidInput(result.faults)
    return result.values
