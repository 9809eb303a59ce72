"""The world as a polling trigger sees it (`builder.tasks.world.context.RunContext`); it has no execution yet."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from django.db import connections

from builder.clock import Clock
from builder.errors import TaskFailure
from builder.runtime.network import Network
from builder.store.encryption import sealed
from builder.triggers.opening import Opening

T = TypeVar("T")
log = logging.getLogger(__name__)


class Lookout:
    """One look of one trigger."""

    execution_id = run_id = ""
    attempt = 1

    def __init__(self, opening: Opening, network: Network, clock: Clock) -> None:
        self._opening = opening
        self._clock = clock
        self.namespace, self.flow_id, self.task_id = opening.trigger.place
        self.attempt_key = opening.trigger.key
        self.variables: Mapping[str, Any] = {}
        self.http = network
        self.files = _NoFiles()

    def now(self) -> datetime:
        return self._clock.now()

    def log(self, level: str, message: str) -> None:
        log.log(getattr(logging, level, logging.INFO), "Trigger %s: %s", self.attempt_key, self._opening.told(message))

    def metric(self, name: str, value: float, *, unit: str = "", tags: Mapping[str, str] | None = None) -> None:
        """A look has no metrics."""

    def stream(self, text: str) -> None:
        """Nobody watches."""

    def sent(self, what: Any) -> None:
        """No page shows it."""

    def mask(self, value: str) -> None:
        self._opening.hide(value)

    def encrypt(self, text: str) -> Mapping[str, str]:
        return dict(sealed(text))

    async def render(self, value: Any, extra: Mapping[str, Any] | None = None, *, typed: bool = False) -> Any:
        opening = self._opening.with_more(extra or {})
        return await _in_a_thread(lambda: opening.rendered(value, typed=typed))


class _NoFiles:
    async def put(self, name: str, content: bytes | Path) -> str:
        raise TaskFailure("A trigger has no execution yet, so it can keep no file.", retryable=False)

    async def read(self, uri: str, *, limit_bytes: int | None = None) -> bytes:
        raise TaskFailure(f"A trigger has no execution yet, so it can read no file of one ({uri}).", retryable=False)


async def _in_a_thread(function: Callable[[], T]) -> T:
    """Keys and secrets are read by blocking; the thread leaves no connection open."""

    def work() -> T:
        try:
            return function()
        finally:
            connections.close_all()

    return await asyncio.to_thread(work)
