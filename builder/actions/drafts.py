"""What people do in the editor: save the text as typed, edit it by form, undo, redo, discard. Nothing is ever lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from builder.clock import SystemClock
from builder.errors import NotFound
from builder.flows.edit import Edit, Edited, Several, apply, edit_from_json
from builder.store import flows
from builder.store.flows import drafts
from builder.store.flows.drafts import Draft
from builder.store.gate import write

_CLOCK = SystemClock()


@dataclass(frozen=True, slots=True)
class Opened:
    """What the editor shows. `published` "" and `revision` None: the flow does not exist yet.

    `draft` None: nobody began to edit it since it was made; the text is the published one.
    """

    text: str
    draft: Draft | None
    published: str
    revision: int | None

    @property
    def changed(self) -> bool:
        return self.text != self.published

    @property
    def is_stale(self) -> bool:
        """Somebody published after this draft began."""
        return self.draft is not None and self.draft.base_revision != self.revision and self.changed


@dataclass(frozen=True, slots=True)
class DraftEdited:
    draft: Draft
    edited: Edited


def open_draft(namespace: str, flow_id: str) -> Opened:
    """The text to edit. Raises NotFound when there is neither a flow nor a draft."""
    draft = drafts.find(namespace, flow_id)
    published, revision = _published(namespace, flow_id)
    if draft is None and revision is None:
        raise NotFound(f"There is no flow and no draft named `{namespace}.{flow_id}`.")
    unchanged = draft is None or (not draft.changed and draft.text != published)
    return Opened(published if unchanged or draft is None else draft.text, draft, published, revision)


def save_draft(
    namespace: str,
    flow_id: str,
    text: str,
    *,
    by: str,
    title: str = "typing",
    base_revision: int | None = None,
) -> Draft:
    """Keeps the text as typed, errors and all, as one more step of the history."""
    with write():
        return _save(namespace, flow_id, text, by=by, title=title, base_revision=base_revision)


def edit_draft(namespace: str, flow_id: str, edit: Edit | Mapping[str, Any], *, by: str) -> DraftEdited:
    """One edit of the form, spliced into the text. Raises InvalidInput when it does not fit, NotFound."""
    wanted = edit_from_json(edit) if isinstance(edit, Mapping) else edit
    with write():
        edited = apply(open_draft(namespace, flow_id).text, wanted)
        return DraftEdited(_save(namespace, flow_id, edited.text, by=by, title=_title(wanted)), edited)


def undo_draft(namespace: str, flow_id: str, *, by: str) -> Draft:
    """One step back; unchanged at the beginning. Raises NotFound."""
    return drafts.undo(namespace, flow_id, by=by, now=_CLOCK.now())


def redo_draft(namespace: str, flow_id: str, *, by: str) -> Draft:
    """One step forward again. Raises NotFound."""
    return drafts.redo(namespace, flow_id, by=by, now=_CLOCK.now())


def discard_draft(namespace: str, flow_id: str) -> None:
    """Puts the draft away; `restore_draft` takes that back until the next edit."""
    drafts.discard(namespace, flow_id)


def restore_draft(namespace: str, flow_id: str) -> Draft:
    """Takes a discard back. Raises NotFound."""
    return drafts.restore(namespace, flow_id)


def _save(
    namespace: str,
    flow_id: str,
    text: str,
    *,
    by: str,
    title: str,
    base_revision: int | None = None,
) -> Draft:
    published, revision = _published(namespace, flow_id)
    draft = drafts.find(namespace, flow_id)
    if draft is not None and not draft.changed and revision is not None and draft.text != published:
        _follow(namespace, flow_id, published, revision, by)
    return drafts.save(
        namespace,
        flow_id,
        text,
        base_text=published,
        by=by,
        now=_CLOCK.now(),
        title=title,
        base_revision=base_revision if base_revision is not None else revision,
    )


def _follow(namespace: str, flow_id: str, published: str, revision: int, by: str) -> None:
    """An untouched draft follows what was published elsewhere, as a step of its own."""
    drafts.save(
        namespace,
        flow_id,
        published,
        base_text=published,
        base_revision=revision,
        by=by,
        now=_CLOCK.now(),
        title="published elsewhere",
    )
    drafts.rebase(namespace, flow_id, revision, changed=False)


def _published(namespace: str, flow_id: str) -> tuple[str, int | None]:
    try:
        latest = flows.revision(namespace, flow_id)
    except NotFound:
        return "", None
    return latest.source, latest.number


def _title(edit: Edit) -> str:
    """What the undo button says: "set tasks.2.prompt"."""
    if isinstance(edit, Several):
        return _title(edit.main)
    verb = {"SetValue": "set", "RenameKey": "rename"}.get(type(edit).__name__, type(edit).__name__.lower())
    return f"{verb} {'.'.join(map(str, edit.path))}"[:200]
