"""Which executions share the limit of their flow: the key of its `concurrency`, rendered when an execution is made."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from builder.engine.execution import Execution
from builder.errors import BuilderError, InvalidInput, Unavailable
from builder.expressions.render import render_value
from builder.flows.model import Flow
from builder.store import documents
from builder.store.encryption import opened
from builder.store.lookups import StoredLookups

_LONGEST = 200


def concurrency_key(flow: Flow, execution: Execution, now: datetime) -> str:
    """The key of an execution of this flow; "" for one that has none. Raises InvalidInput when it cannot be told."""
    if flow.concurrency is None or not flow.concurrency.key:
        return ""
    inputs, hidden = opened(execution.inputs)
    secrets = list(hidden)
    seen = {
        "flow": {"id": flow.id, "namespace": flow.namespace, "revision": execution.revision},
        "execution": {"id": execution.id}, "inputs": inputs, "vars": flow.variables,
        "labels": dict(execution.labels), "trigger": (execution.trigger or {}).get("variables") or {},
    }  # fmt: skip
    lookups = StoredLookups(flow.namespace, lambda: now, on_secret=secrets.append)
    try:
        return _kept(str(render_value(flow.concurrency.key, seen, lookups, now=now)), secrets)
    except Unavailable:
        raise
    except BuilderError as error:
        raise InvalidInput(f"concurrency.key of the flow cannot be told: {error.message}") from error


def _kept(key: str, secrets: Sequence[str]) -> str:
    """As it is, so that people read it; a long or a secret one as its digest."""
    plain = documents.clean(key)
    if len(plain) <= _LONGEST and not any(secret and secret in key for secret in secrets):
        return plain
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
