"""Calls to a webhook's address: which trigger they mean, and the execution they start."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from builder.clock import Clock
from builder.engine.execution import Execution
from builder.errors import BuilderError, Forbidden, NotFound, Unavailable
from builder.runtime.files import storage
from builder.store import triggers
from builder.store.executions import new_id
from builder.store.triggers import Trigger
from builder.tasks.core.trigger.batch_webhook import BatchWebhook
from builder.tasks.core.trigger.calls import Signature
from builder.tasks.core.trigger.webhook import Webhook
from builder.tasks.prepare import prepare_properties
from builder.triggers.batches import gather
from builder.triggers.opening import Opening
from builder.triggers.signatures import is_signed

BATCHED = (BatchWebhook.type_name,)
TYPES = (Webhook.type_name, *Webhook.aliases, *BATCHED)
UNKNOWN = "There is no webhook at this address."
"""The one answer to a wrong key, a wrong flow and a webhook that is switched off: a guess learns nothing."""
UNSIGNED = "The signature of this call is missing, wrong or too old."
HIDDEN_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a form."""

    name: str
    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """What came in; lists, since names may repeat. `parts` and `fields` are those of a form."""

    headers: Mapping[str, Sequence[str]]
    parameters: Mapping[str, Sequence[str]]
    body: bytes
    is_form: bool = False
    parts: Sequence[Part] = ()
    fields: Mapping[str, Sequence[str]] | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """The trigger that was meant; `execution` None: a condition or its `when` did not hold.

    `gathered`: how many calls it keeps now, when it starts nothing yet.
    """

    trigger: Trigger
    execution: Execution | None
    gathered: int | None = None


def receive(namespace: str, flow_id: str, key: str, call: Call, clock: Clock) -> Received:
    """Starts the execution that this call asks for.

    Raises NotFound(UNKNOWN), Forbidden for a wrong signature, and what starting raises.
    """
    trigger = _meant(namespace, flow_id, key, clock)
    opening = Opening(trigger, _variables(trigger, call), clock)
    _refuse_unsigned(opening, call, clock)
    if trigger.type in BATCHED:
        return Received(trigger, None, gather(opening, clock))
    if opening.objection() is not None:
        return Received(trigger, None)
    chosen = new_id()
    try:
        opening = opening.with_variables({**opening.variables, **_kept(trigger, call, chosen)})
        execution = opening.start(require_inputs=False, execution_id=chosen)
    except Exception:
        storage.forget(chosen)
        raise
    triggers.note_execution(trigger, execution.id, clock.now())
    return Received(trigger, execution)


def _meant(namespace: str, flow_id: str, key: str, clock: Clock) -> Trigger:
    found = None
    _same("nobody", key)  # where there is nothing to compare with, it takes no less time
    for trigger in triggers.of_flow(namespace, flow_id):
        if trigger.type in TYPES and _same(_key(trigger, clock), key) and trigger.active:
            found = trigger
    if found is None:
        raise NotFound(UNKNOWN)
    return found


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


def _refuse_unsigned(opening: Opening, call: Call, clock: Clock) -> None:
    written = opening.trigger.definition.get("signature")
    if written is None:
        return
    wanted = prepare_properties(Signature, written, opening.rendered)
    headers = {name.lower(): values[0] for name, values in call.headers.items() if values}
    if not is_signed(wanted, headers, call.body, clock.now()):
        raise Forbidden(UNSIGNED)


def _variables(trigger: Trigger, call: Call) -> dict[str, Any]:
    headers = {name.lower(): list(values) for name, values in call.headers.items()}
    found: dict[str, Any] = {
        "body": None if call.is_form or trigger.definition.get("fetchType") in ("STORE", "NONE") else _body(call.body),
        "headers": {name: values for name, values in headers.items() if name not in HIDDEN_HEADERS},
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


def _body(content: bytes) -> Any:
    """A JSON map or list as such, other text as text, what is no text in base64, nothing as null."""
    if not content:
        return None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(content).decode()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict | list) else text
