"""The taskCache of one attempt: outputs of an earlier run that are taken instead, and those kept for later ones."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import DatabaseError

from builder.engine.execution import TaskRun
from builder.engine.plan import Node
from builder.errors import BuilderError, Forbidden, NotFound
from builder.flows.durations import format_duration
from builder.runtime.context import Context
from builder.runtime.files import storage
from builder.runtime.world.place import Call
from builder.store import documents, encryption
from builder.store.executions import reuse
from builder.tasks.base import Task
from builder.tasks.fields.reuse import cache_of, fingerprint

_MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Reuse:
    """`key` names the flow, the task, the value of its loop's turn, and what its properties came to."""

    key: str
    ttl: timedelta | None
    context: Context
    call: Call

    async def found(self) -> tuple[Mapping[str, Any], str] | None:
        """Outputs that are young enough, with their files, and the execution that they come from."""
        kept = await self._asked(reuse.find, self.key)
        if kept is None or (self.ttl is not None and kept.created_at + self.ttl <= self.context.now()):
            return None
        try:
            outputs = await asyncio.to_thread(_with_own_files, kept.outputs, kept.execution_id, self.context)
        except (NotFound, Forbidden, OSError):
            self.context.log(
                "DEBUG", f"A file of the outputs in the cache, of execution {kept.execution_id}, cannot be read."
            )
            return None
        age = format_duration(timedelta(seconds=int((self.context.now() - kept.created_at).total_seconds())))
        self.context.log(
            "INFO", f"The outputs come from the cache (execution {kept.execution_id}, {age} ago); the task did not run."
        )
        return outputs, str(kept.execution_id)

    async def keep(self, outputs: Mapping[str, Any]) -> None:
        """Keeps them for later runs. What a task did to its execution is not kept, so nothing is where it did."""
        if self.context.effects:
            self.context.log("WARN", "Its outputs are not kept for later runs: it changes the execution itself.")
            return
        document = documents.dump(outputs)
        if len(document) > _MOST_BYTES:
            self.context.log("WARN", f"Its outputs are not kept for later runs: they have over {_MOST_BYTES:,} bytes.")
            return
        await self._asked(reuse.keep, self.key, self.context.execution_id, document, self.context.now())

    async def _asked(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """None where the cache cannot be asked: that is no reason for a task to fail."""
        try:
            return await self.call(work, *arguments)
        except (BuilderError, DatabaseError) as error:
            self.context.log("WARN", f"The cache of outputs cannot be used now: {error}")
            return None


def reuse_of(node: Node, run: TaskRun, task: Task, context: Context, call: Call) -> Reuse | None:
    """None where the task has no cache that is on, or where its properties are only known while it runs."""
    wanted = cache_of(node.properties)
    if wanted is None:
        return None
    inside = fingerprint(task, node.properties, encryption.secret_for("task cache"))
    if inside is None:
        context.log("WARN", "taskCache has no effect: a property of this task is rendered again and again as it runs.")
        return None
    parts = (context.namespace, context.flow_id, node.id, node.task.type_name, run.value, inside)
    return Reuse(hashlib.sha256(documents.dump(parts).encode()).hexdigest(), wanted.ttl, context, call)


def _with_own_files(value: Any, owner: str, context: Context) -> Any:
    """The same with files of the execution that it comes from copied, since another execution may not read them."""
    if isinstance(value, str) and value.startswith(storage.SCHEME) and f"/executions/{owner}/" in value:
        if owner == context.execution_id:
            return value
        return storage.copy(context.execution_id, storage.name_of(value), storage.locate(value, {owner}))
    if isinstance(value, Mapping):
        return {key: _with_own_files(item, owner, context) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_own_files(item, owner, context) for item in value]
    return value
