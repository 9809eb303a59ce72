"""Calls to a webhook's address: which trigger they mean, and the execution they start."""

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from builder.clock import Clock
from builder.engine.execution import Execution
from builder.errors import NotFound
from builder.expressions import render_value
from builder.expressions.lookups import Lookups
from builder.store import triggers
from builder.store.lookups import StoredLookups
from builder.store.triggers import Trigger
from builder.tasks.core.trigger.webhook import Webhook
from builder.triggers.opening import Opening

TYPES = (Webhook.type_name, *Webhook.aliases)
UNKNOWN = "There is no webhook at this address."
"""The one answer to a wrong key, a wrong flow and a webhook that is switched off: a guess learns nothing."""
HIDDEN_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})


@dataclass(frozen=True, slots=True)
class Call:
    """What came in. `headers` and `parameters` hold lists, since names may repeat."""

    headers: Mapping[str, Sequence[str]]
    parameters: Mapping[str, Sequence[str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Received:
    """The trigger that was meant; `execution` None: a condition or its `when` did not hold."""

    trigger: Trigger
    execution: Execution | None


def receive(namespace: str, flow_id: str, key: str, call: Call, clock: Clock) -> Received:
    """Starts the execution that this call asks for. Raises NotFound(UNKNOWN), and what starting raises."""
    trigger = _meant(namespace, flow_id, key, clock)
    opening = Opening(trigger, _variables(call), clock)
    if opening.objection() is not None:
        return Received(trigger, None)
    execution = opening.start()
    triggers.note_execution(trigger, execution.id, clock.now())
    return Received(trigger, execution)


def _meant(namespace: str, flow_id: str, key: str, clock: Clock) -> Trigger:
    lookups = StoredLookups(namespace, clock.now)
    found = None
    for trigger in triggers.of_flow(namespace, flow_id):
        if trigger.type in TYPES and trigger.active and _same(_key(trigger, lookups), key):
            found = trigger
    if found is None:
        raise NotFound(UNKNOWN)
    return found


def _key(trigger: Trigger, lookups: Lookups) -> str:
    return str(render_value(str(trigger.definition.get("key", "")), {}, lookups)).strip()


def _same(one: str, other: str) -> bool:
    """In constant time, so that the answer's delay tells nothing."""
    return hmac.compare_digest(one.encode(), other.strip().encode())


def _variables(call: Call) -> dict[str, Any]:
    headers = {name.lower(): list(values) for name, values in call.headers.items()}
    return {
        "body": _body(call.body),
        "headers": {name: values for name, values in headers.items() if name not in HIDDEN_HEADERS},
        "parameters": {name: list(values) for name, values in call.parameters.items()},
    }


def _body(content: bytes) -> Any:
    """A JSON map or list as such, other text as text, nothing as null."""
    if not content:
        return None
    text = content.decode("utf-8", errors="replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict | list) else text
