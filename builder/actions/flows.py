"""What people do with flows: check, create, update, publish a draft, switch on and off, delete."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from builder.actions.merging import Merged, merge
from builder.actions.triggers.pauses import Resumed, note_changed
from builder.clock import SystemClock
from builder.errors import InvalidFlow, LimitExceeded, NotFound, Problem, Severity, StaleRevision
from builder.flows.check import Checked
from builder.flows.dialects.signs import Spoken, spoken
from builder.flows.document import parse_kept
from builder.flows.edit import SetValue, Unset, apply
from builder.flows.model import Flow
from builder.runtime import queue
from builder.store import births, executions, flows, triggers
from builder.store.flows import Revision, drafts
from builder.store.flows.drafts import Draft
from builder.store.gate import unit, write
from builder.tasks.catalogue import catalogue

_CLOCK = SystemClock()


@dataclass(frozen=True, slots=True)
class Published:
    """What a publish made. `is_new` False: the text was the latest revision's already.

    `merged` names what somebody else had published meanwhile and is in this text too. `resumed`: the schedules that
    it switched on again, where times had passed.
    """

    revision: Revision
    flow: Flow
    is_new: bool
    warnings: tuple[Problem, ...]
    merged: tuple[str, ...] = ()
    resumed: tuple[Resumed, ...] = ()


Save = Callable[[str], Published]
"""Publishes the text of one flow."""


def validate(source: str) -> Checked:
    """Everything that is wrong with a flow's text; never raises for a bad one."""
    return births.examined(source)


def spoken_in(checked: Checked) -> Spoken:
    """The dialect of the language that a flow's text is written in, with its older names."""

    def canonical(name: str) -> str | None:
        found = catalogue().find(name)
        return found.name if found else None

    return spoken(checked.document.data, canonical)


def validate_all(sources: Sequence[str]) -> list[Checked]:
    """The same for several texts, each of which may refer to the others."""
    return births.examined_together(sources)


def create_flow(source: str, *, by: str) -> Published:
    """Publishes a flow that does not exist yet. Raises InvalidFlow, Conflict when it exists."""
    return _publish(source, _valid(source), by=by, must_be_new=True)


@unit
def save_flows(sources: Sequence[str], save: Save) -> list[Published]:
    """Publishes several flows, each by `save`: all of them or none."""
    found = [_valid(source) for source in sources]
    limits = {(flow.namespace, flow.id): flow.concurrency for flow in found}
    now = _CLOCK.now()
    with write():
        flows.hold_all(limits, begun_at=now)
        queue.ring_on_commit(executions.change_limits(limits, now))
        saved = [save(source) for source in sources]
    return [replace(one, warnings=_warnings(one.revision.source)) for one in saved]  # each may name those after it


def update_flow(
    namespace: str,
    flow_id: str,
    source: str,
    *,
    by: str,
    base_revision: int | None = None,
) -> Published:
    """Publishes a new text of a flow. Raises NotFound, InvalidFlow, StaleRevision."""
    flows.get(namespace, flow_id)
    flow = _valid(source)
    _same_flow(flow, namespace, flow_id)
    return _publish(source, flow, by=by, base_revision=base_revision)


def save_flow(source: str, *, by: str) -> Published:
    """Creates the flow or publishes a new revision of it, whichever its ids ask for."""
    return _publish(source, _valid(source), by=by)


@unit
def publish(namespace: str, flow_id: str, *, by: str, base_revision: int | None = None) -> Published:
    """Publishes the draft. Raises NotFound when there is none, InvalidFlow, StaleRevision.

    What others published since it began is merged in when it concerns other steps; StaleRevision names what both
    changed. A `base_revision` that is the latest says: the person has seen it, mine counts. A draft of a new flow is
    published under the ids in its text, which may differ from those it was begun with.
    """
    draft = drafts.get(namespace, flow_id)
    if flows.exists(namespace, flow_id):
        return _publish_over(draft, base_revision, by)
    flow = _valid(draft.text)
    with write():
        published = _publish(draft.text, flow, by=by, must_be_new=True)
        if (flow.namespace, flow.id) != (namespace, flow_id):
            drafts.remove(namespace, flow_id)
        return published


@unit
def delete_flows(named: Sequence[tuple[str, str]], *, by: str) -> None:
    """Deletes several (namespace, id): all of them or none. Raises NotFound."""
    with write():
        flows.hold_all(named)
        for namespace, flow_id in named:
            delete_flow(namespace, flow_id, by=by)


@unit
def delete_flow(namespace: str, flow_id: str, *, by: str) -> Revision:
    """Deletes a flow; its executions and old revisions stay readable. Raises NotFound."""
    now = _CLOCK.now()
    with write():
        revision = flows.mark_deleted(namespace, flow_id, by=by, now=now)
        triggers.declare(namespace, flow_id, revision.number, (), disabled=True, now=now)
        drafts.remove(namespace, flow_id)
    return revision


@unit
def set_disabled(namespace: str, flow_id: str, disabled: bool, *, by: str) -> Published:
    """Switches a flow off or on: an edit of its text, published. Raises NotFound, InvalidFlow.

    An open draft gets the same edit, so that publishing it later does not undo the switch.
    """
    with write():
        flows.hold(namespace, flow_id)
        latest = flows.revision(namespace, flow_id)
        published = update_flow(namespace, flow_id, _switched(latest.source, disabled), by=by)
        draft = drafts.find(namespace, flow_id)
        if draft and draft.changed:
            title = "disabled" if disabled else "enabled"
            drafts.save(
                namespace,
                flow_id,
                _switched(draft.text, disabled),
                base_text=latest.source,
                by=by,
                title=title,
                base_revision=draft.base_revision,
                now=_CLOCK.now(),
            )
            drafts.rebase(namespace, flow_id, published.revision.number, changed=True)
    return published


def _switched(text: str, disabled: bool) -> str:
    """The text of a flow that is off, or on; one that says so already stays as it is."""
    data = parse_kept(text).data
    if isinstance(data, dict) and bool(data.get("disabled")) is disabled:
        return text
    return apply(text, SetValue(("disabled",), True) if disabled else Unset(("disabled",))).text


def restore_revision(namespace: str, flow_id: str, number: int, *, by: str) -> Published:
    """Publishes an old text again, as a new revision; of a deleted flow too. Raises NotFound."""
    old = flows.revision(namespace, flow_id, number)
    return _publish(old.source, _valid(old.source), by=by)


def _publish_over(draft: Draft, base_revision: int | None, by: str) -> Published:
    """Publishes the draft of a flow that exists."""
    namespace, flow_id = draft.namespace, draft.flow_id
    with write():
        flows.hold(namespace, flow_id)
        latest = flows.revision(namespace, flow_id)
        base = base_revision if base_revision is not None else draft.base_revision
        merged = Merged(draft.text)
        if base is not None and base != latest.number:
            merged = _merged(draft, base, latest)
            base = latest.number
        text = merged.text if merged.text is not None else draft.text
        flow = _valid(text)
        _same_flow(flow, namespace, flow_id)
        if text != draft.text:
            drafts.save(
                namespace,
                flow_id,
                text,
                base_text=latest.source,
                base_revision=base,
                by=by,
                now=_CLOCK.now(),
                title=f"merge of revision {latest.number}",
            )
        return replace(_publish(text, flow, by=by, base_revision=base), merged=merged.theirs)


def _merged(draft: Draft, base: int, latest: Revision) -> Merged:
    """The draft with what was published since it began. Raises StaleRevision."""
    merged = merge(flows.revision(draft.namespace, draft.flow_id, base).source, draft.text, latest.source)
    if merged.text is None:
        raise StaleRevision(
            f"{latest.created_by or 'Somebody'} published revision {latest.number} of "
            f"`{draft.namespace}.{draft.flow_id}` meanwhile, and both of you changed {', '.join(merged.clashes)}. "
            "Nothing was published: compare the two, then publish again."
        )
    return merged


def _valid(source: str) -> Flow:
    checked = births.checked(source)
    if checked.flow is None:
        _refuse_size(checked)
        raise InvalidFlow(checked.errors)
    return checked.flow


def _refuse_size(checked: Checked) -> None:
    large = [problem for problem in checked.errors if "MILLSTREAM_FLOW_BYTES" in problem.message + problem.hint]
    if large:
        raise LimitExceeded(large[0].message)


def _same_flow(flow: Flow, namespace: str, flow_id: str) -> None:
    changed: list[Problem] = []
    if flow.id != flow_id:
        changed.append(Problem(("id",), 0, 0, "Illegal flow id update", f"it is `{flow_id}` and must stay so"))
    if flow.namespace != namespace:
        changed.append(
            Problem(("namespace",), 0, 0, "Illegal namespace update", f"it is `{namespace}` and must stay so")
        )
    if changed:
        raise InvalidFlow(changed)


@unit
def _publish(
    source: str, flow: Flow, *, by: str, base_revision: int | None = None, must_be_new: bool = False
) -> Published:
    now = _CLOCK.now()
    with write():
        before = _latest_number(flow.namespace, flow.id)
        queue.ring_on_commit(executions.change_limit(flow.namespace, flow.id, flow.concurrency, now))
        revision = flows.publish(
            namespace=flow.namespace,
            flow_id=flow.id,
            source=source,
            by=by,
            now=now,
            base_revision=base_revision,
            description=flow.description,
            labels=flow.labels,
            disabled=flow.disabled,
            must_be_new=must_be_new,
        )
        if revision.number != before:
            _declare_triggers(flow, revision.number, now)
        _settle_draft(revision)
    return Published(revision, flow, revision.number != before, _warnings(source))


def _declare_triggers(flow: Flow, revision: int, now: datetime) -> None:
    for old in triggers.declare(flow.namespace, flow.id, revision, flow.triggers, disabled=flow.disabled, now=now):
        note_changed(old, now, _CLOCK)


def _settle_draft(revision: Revision) -> None:
    """The draft whose text was published holds nothing unpublished any more."""
    draft = drafts.find(revision.namespace, revision.flow_id)
    if draft and draft.text == revision.source:
        drafts.rebase(revision.namespace, revision.flow_id, revision.number, changed=False)


def _latest_number(namespace: str, flow_id: str) -> int:
    try:
        return flows.get(namespace, flow_id).revision
    except NotFound:
        return 0


def _warnings(source: str) -> tuple[Problem, ...]:
    found = births.examined(source).problems
    return tuple(problem for problem in found if problem.severity is Severity.WARNING)
