"""Calls to a webhook's address: which trigger they mean, the execution they start, and what is noted of them."""

import hashlib
import hmac
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from builder.clock import Clock
from builder.engine.execution import Execution
from builder.errors import BuilderError, Conflict, NotFound, Unavailable
from builder.runtime.files import storage
from builder.store import triggers
from builder.store.executions import new_id
from builder.store.gate import write
from builder.store.triggers import Trigger, calls
from builder.tasks.core.trigger.batch_webhook import BatchWebhook
from builder.tasks.core.trigger.calls import Signature
from builder.tasks.core.trigger.webhook import Webhook
from builder.tasks.prepare import prepare_properties
from builder.triggers.called.batches import is_wanted, keep, start_when_enough
from builder.triggers.called.reading import Call, Part, body_of, read_call
from builder.triggers.called.signatures import is_signed
from builder.triggers.opening import Opening

BATCHED = (BatchWebhook.type_name,)
TYPES = (Webhook.type_name, *Webhook.aliases, *BATCHED)
UNKNOWN = "There is no webhook at this address."
"""The one answer to a wrong key, a wrong flow, a webhook that is switched off and a wrong signature."""
_WRONG_KEY = "No webhook of this flow has the key that it came with."


@dataclass(frozen=True, slots=True)
class Received:
    """The trigger that was meant; `execution` None: a condition or its `when` did not hold.

    `gathered`: how many calls it keeps now, when it starts nothing yet. `call_id`: under which the call is noted.
    """

    trigger: Trigger
    call_id: int
    execution: Execution | None = None
    gathered: int | None = None


def receive(
    namespace: str, flow_id: str, key: str, came: calls.Came, clock: Clock, *, notes_strays: bool = True
) -> Received:
    """Starts the execution that this call asks for, and notes what was answered and why.

    `notes_strays`: also that a call came with a wrong key.

    Raises NotFound(UNKNOWN), which is all that somebody learns who may not call it, and what starting raises.
    """
    meant, others = None, False
    _same("nobody", key)  # where there is nothing to compare with, it takes no less time
    for trigger in triggers.of_flow(namespace, flow_id):
        if trigger.type in TYPES:
            others = True
            meant = trigger if _same(_key(trigger, clock), key) else meant
    if meant is None:
        if others and notes_strays:
            calls.add_stray(f"{namespace}/{flow_id}", came, clock.now(), status=404, reason=_WRONG_KEY)
        raise NotFound(UNKNOWN)
    refusal = _refusal(meant, came, clock)
    if refusal is not None:
        calls.add(meant.key, came, clock.now(), status=404, reason=refusal, keeps=False)
        raise NotFound(UNKNOWN)
    if not meant.active:
        calls.add(meant.key, came, clock.now(), status=404, reason="The webhook is switched off.")
        raise NotFound(UNKNOWN)
    return _heed(meant, came, clock)


def repeat(trigger: Trigger, call_id: str, clock: Clock, *, by: str) -> Received:
    """Does once more what a call asked for that is kept; it was signed then, and a person asks for it.

    Raises NotFound when it is kept no more, Conflict when the webhook is switched off, and what starting raises.
    """
    came = calls.came(trigger.key, call_id)
    if not trigger.active:
        raise Conflict(f"Trigger `{trigger.id}` is switched off; switch it on to repeat its calls.")
    return _heed(trigger, came, clock, f"A call repeated by {by}.")


def _refusal(trigger: Trigger, came: calls.Came, clock: Clock) -> str | None:
    """Why a call with the right key is none all the same."""
    written = trigger.definition.get("signature")
    if written is None:
        return None
    opening = Opening(trigger, {}, clock)
    try:
        wanted = prepare_properties(Signature, written, opening.rendered)
    except Unavailable:
        raise
    except BuilderError as error:
        return opening.told(f"Its signature could not be checked: {error.message}")
    headers = {name.lower(): values[0] for name, values in came.headers.items() if values}
    if is_signed(wanted, headers, came.body, clock.now()):
        return None
    return "Its signature is missing, wrong or too old."


def _heed(trigger: Trigger, came: calls.Came, clock: Clock, told: str = "") -> Received:
    opening = Opening(trigger, {}, clock)
    try:
        return _started(opening, came, clock, told)
    except Unavailable:
        raise
    except BuilderError as error:
        reason = opening.told(f"{told} {error.message}".strip())
        calls.add(trigger.key, came, clock.now(), status=error.status, reason=reason)
        raise


def _started(opening: Opening, came: calls.Came, clock: Clock, told: str) -> Received:
    trigger, call = opening.trigger, read_call(came)
    opening = opening.with_variables(_variables(trigger, call))
    if trigger.type in BATCHED:
        return _gathered(opening, came, clock, told)
    objection = opening.objection()
    if objection is not None:
        reason = f"{told} {objection.reason}".strip()
        return Received(trigger, calls.add(trigger.key, came, clock.now(), status=204, reason=reason))
    chosen = new_id()
    try:
        opening = opening.with_variables({**opening.variables, **_kept(trigger, call, chosen)})
        opening = opening.asking(require_inputs=False)
        with write():  # all or nothing: who is told that it cannot be now calls again
            execution = opening.start(require_inputs=False, refused_when_full=True, execution_id=chosen)
            triggers.note_execution(trigger, execution.id, clock.now())
            call_id = calls.add(trigger.key, came, clock.now(), status=200, reason=told, execution_id=execution.id)
    except Exception:
        storage.forget(chosen)
        raise
    return Received(trigger, call_id, execution)


def _gathered(opening: Opening, came: calls.Came, clock: Clock, told: str) -> Received:
    trigger = opening.trigger
    if not is_wanted(opening):
        reason = f"{told} `eventFilter` left it out.".strip()
        return Received(trigger, calls.add(trigger.key, came, clock.now(), status=204, reason=reason))
    with write():
        count = keep(opening, clock.now())
        reason = f"{told} Kept; there are {count} now.".strip()
        call_id = calls.add(trigger.key, came, clock.now(), status=202, reason=reason)
    with suppress(Unavailable):  # the call is kept, and the scheduler looks at what is kept as well
        start_when_enough(trigger, count, clock)
    return Received(trigger, call_id, gathered=count)


def _key(trigger: Trigger, clock: Clock) -> str:
    """An expression that cannot be told is nobody's key."""
    written = str(trigger.definition.get("key", ""))
    try:
        found = str(Opening(trigger, {}, clock).rendered(written)) if "{" in written else written
    except Unavailable:
        raise
    except BuilderError:
        found = ""
    return found.strip() or new_id()


def _same(one: str, other: str) -> bool:
    """In constant time, so that the answer's delay tells nothing."""
    first, second = (hashlib.sha256(text.strip().encode("utf-8", "replace")).digest() for text in (one, other))
    return hmac.compare_digest(first, second)


def _variables(trigger: Trigger, call: Call) -> dict[str, Any]:
    dropped = call.is_form or trigger.definition.get("fetchType") in ("STORE", "NONE")
    found: dict[str, Any] = {
        "body": None if dropped else body_of(call.body),
        "headers": dict(call.headers),
        "parameters": {name: list(values) for name, values in call.parameters.items()},
    }
    if call.is_form:
        found["parts"] = [_described(part) for part in call.parts]
        found["formFields"] = {name: list(values) for name, values in (call.fields or {}).items()}
    return found


def _described(part: Part) -> dict[str, Any]:
    return {
        "name": part.name, "filename": part.filename, "contentType": part.content_type, "size": len(part.content),
    }  # fmt: skip


def _kept(trigger: Trigger, call: Call, execution_id: str) -> dict[str, Any]:
    """What is kept as files of the execution."""
    if call.is_form:
        uris = [storage.put(execution_id, part.filename or part.name, part.content) for part in call.parts]
        return {"parts": [{**_described(part), "uri": uri} for part, uri in zip(call.parts, uris, strict=True)]}
    if trigger.definition.get("fetchType") == "STORE" and call.body:
        return {"uri": storage.put(execution_id, "body", call.body)}
    return {}
