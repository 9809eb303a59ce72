"""Files of the execution as a task sees them (`builder.tasks.context.Files`)."""

import asyncio
from pathlib import Path

from builder.errors import BuilderError, TaskFailure
from builder.runtime import storage
from builder.runtime.evaluate import RuntimeLookups
from builder.runtime.world.place import Call
from builder.store import contents


class ExecutionFiles:
    def __init__(self, execution_id: str, lookups: RuntimeLookups, call: Call) -> None:
        self._execution_id = execution_id
        self._lookups = lookups
        self._call = call

    async def put(self, name: str, content: bytes | Path) -> str:
        return await asyncio.to_thread(storage.put, self._execution_id, name, content)

    async def read(self, uri: str, *, limit_bytes: int | None = None) -> bytes:
        try:
            found = await self._call(self._lookups.located, uri)
            return await asyncio.to_thread(contents.read, found, limit_bytes)
        except BuilderError as error:
            raise TaskFailure(error.message, retryable=False) from error
