"""The one thread that talks to the database, and the grouping of what waits for it into single transactions."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections, connection

from builder.clock import Clock
from builder.errors import Unavailable
from builder.store import executions
from builder.store.executions import Saved

T = TypeVar("T")
_BATCH = 500
AWAY = (Unavailable, OperationalError, InterfaceError)
"""What is raised while the database does not answer."""
_LOOKED_AT_SECONDS = 1.0
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.2, 5.0

log = logging.getLogger(__name__)


class Database:
    """Runs blocking functions one after another on its own thread, with its own connection."""

    def __init__(self, name: str = "database") -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._used = 0.0

    async def call(self, function: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """The function's result, from the thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: self._fresh(function, *arguments, **options))

    async def patient_call(self, function: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """The same, but it waits as long as the database is away; for what is lost with its answer."""
        wait = _FIRST_WAIT_SECONDS
        while True:
            try:
                return await self.call(function, *arguments, **options)
            except AWAY as error:
                log.warning("The database does not answer (%s); trying again.", error)
                await asyncio.sleep(wait)
                wait = min(2 * wait, _LONGEST_WAIT_SECONDS)

    def close(self) -> None:
        """Waits for what is under way and gives the connection back."""
        self._thread.submit(lambda: connection.close())  # named there: each thread has its own
        self._thread.shutdown(wait=True)

    def _fresh(self, function: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """After a while, or when it broke (the server was restarted), the connection is looked at and opened again."""
        if time.monotonic() - self._used > _LOOKED_AT_SECONDS:
            close_old_connections()
        try:
            return function(*arguments, **options)
        except AWAY:
            close_old_connections()
            raise
        finally:
            self._used = time.monotonic()


@dataclass
class Saver:
    """Saves of many executions that come while the thread is busy go together in one transaction."""

    database: Database
    clock: Clock
    ring: Callable[[tuple[str, ...]], None]
    _waiting: list[tuple[Saved, asyncio.Future[bool]]] = field(default_factory=list)
    _working: asyncio.Task[None] | None = None

    async def save(self, saved: Saved) -> bool:
        """True once it is committed; False: another runner has the execution by now and nothing was written."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((saved, done))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await asyncio.shield(done)

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
            try:
                await self._commit(batch)
            except Exception as error:
                if len(batch) == 1:
                    _fail(batch, error)
                else:
                    await self._one_by_one(batch)

    async def _one_by_one(self, batch: list[tuple[Saved, asyncio.Future[bool]]]) -> None:
        """Something in a group cannot be saved: the others shall not suffer."""
        for each in batch:
            try:
                await self._commit([each])
            except Exception as error:
                _fail([each], error)

    async def _commit(self, batch: list[tuple[Saved, asyncio.Future[bool]]]) -> None:
        """What is in memory is all there is of these steps."""
        saved = [each for each, _ in batch]
        result = await self.database.patient_call(executions.save, saved, self.clock.now())
        if result.ring:
            self.ring(result.ring)
        for each, done in batch:
            if not done.done():
                done.set_result(each.execution.id not in result.fenced)


def _fail(batch: list[tuple[Saved, asyncio.Future[bool]]], error: Exception) -> None:
    for _, done in batch:
        if not done.done():
            done.set_exception(error)
