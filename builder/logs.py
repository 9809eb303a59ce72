"""The lines of the processes' own log: as text or JSON, each with the execution, flow and task it is about; no secrets.

`about` says what is worked on from here on; everything that is logged in the same thread or asyncio task carries it.
"""

import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType

EXECUTIONS = logging.getLogger("millstream.execution")
"""Speaks where the setting MILLSTREAM_LOG_EXECUTIONS is on: what executions log, and the states they reach."""

MASK = "******"
_SHORTEST = 4
_WEBHOOK_KEY = re.compile(r"(/executions/webhook/[^/\s]+/[^/\s]+/)[^/?\s\"']+")
"""Whoever reads the log of a refused call must not learn the key that it came with: it may be the right one."""
_LEVELS = {"TRACE": logging.DEBUG, "DEBUG": logging.DEBUG, "INFO": logging.INFO, "WARN": logging.WARNING}

_place: ContextVar[Mapping[str, str | int]] = ContextVar("place", default=MappingProxyType({}))
_mask: ContextVar[Callable[[str], str] | None] = ContextVar("mask", default=None)


def about(mask: Callable[[str], str] | None = None, **place: str | int) -> None:
    """What this asyncio task or thread works on: `execution_id`, `namespace`, `flow_id`, `task_id`, `path` ...

    `mask` hides the secrets of the execution in a text.
    """
    _place.set({**_place.get(), **place})
    if mask is not None:
        _mask.set(mask)


def masked(text: str) -> str | None:
    """The text without the secrets of the execution that is worked on; None where nobody knows of its secrets."""
    mask = _mask.get()
    return None if mask is None else mask(text)


def of_execution(level: str, message: str, **place: str | int) -> None:
    """A line of an execution's own log; its secrets are hidden already."""
    EXECUTIONS.log(_LEVELS.get(level, logging.ERROR), "%s", message, extra={"place": place})


class Lines(logging.Formatter):
    """`form` is TEXT or JSON; `hidden` are texts that never stand in a line."""

    def __init__(self, form: str, hidden: Sequence[str] = ()) -> None:
        super().__init__()
        self._json = form == "JSON"
        self._hidden = sorted((text for text in hidden if len(text) >= _SHORTEST), key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        place = {**_place.get(), **getattr(record, "place", {})}
        message, trace = self._masked(record.getMessage()), self._masked(self._trace(record))
        if self._json:
            line = {"time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"), "level": record.levelname,
                    "logger": record.name, "message": message, "process": record.process, **place}  # fmt: skip
            return json.dumps(line | ({"exception": trace} if trace else {}), ensure_ascii=False, default=str)
        where = "".join(f" {name}={value}" for name, value in place.items())
        said = f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03d} {record.levelname} {record.name} {message}"
        return f"{said}{f' [{where[1:]}]' if where else ''}{f'{chr(10)}{trace}' if trace else ''}"

    def _trace(self, record: logging.LogRecord) -> str:
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        return "\n".join(filter(None, (trace, self.formatStack(record.stack_info) if record.stack_info else "")))

    def _masked(self, text: str) -> str:
        known = masked(text)
        found = _WEBHOOK_KEY.sub(rf"\g<1>{MASK}", text if known is None else known)
        for secret in self._hidden:
            found = found.replace(secret, MASK)
        return found
