"""Kestra's older state store, kept in the key-value store under the names that Kestra's migration gives."""

import hashlib
import re
from typing import Annotated, Any

from builder.tasks.api import Form, KestraTask, RunContext

_KEY_PART = re.compile(r"[A-Za-z0-9._-]+")
_LONGEST = 100


class StateTask(KestraTask):
    """A task on a state of the flow."""

    category = "Key-value store"

    name: str = "default"
    """Which state."""
    namespace: Annotated[bool, Form(group="advanced", label="Share with the namespace")] = False
    """One state for all flows of the namespace, instead of one a flow."""
    taskrun_value: Annotated[bool, Form(group="advanced", label="One for each turn of a loop")] = True
    """In a loop, each value has a state of its own."""

    def key(self, context: RunContext) -> str:
        """The entry that holds the state."""
        owner = "namespace" if self.namespace else context.flow_id
        parts = [owner, "states", "tasks-states", _plain(self.name)]
        value = context.variables.get("taskrun", {}).get("value")
        if self.taskrun_value and value is not None:
            parts.append(_plain(str(value)))
        return "_".join(parts)

    async def state(self, context: RunContext) -> dict[str, Any] | None:
        """What is kept; None when nothing is."""
        kept = await context.kv.get(self.key(context))
        return kept if isinstance(kept, dict) else None


def _plain(text: str) -> str:
    """As it is where a key may hold it, else its fingerprint."""
    if _KEY_PART.fullmatch(text) and len(text) <= _LONGEST:
        return text
    return hashlib.sha256(text.encode()).hexdigest()[:32]
