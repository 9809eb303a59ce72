"""What can go wrong, as values and as exceptions; every other module may import this one.

BuilderError
├── InvalidFlow          a flow has problems (carries them all)
├── InvalidInput         values given to a flow, a form or the API do not fit (carries them all)
├── NotFound             a flow, execution, key or file is not there
├── Conflict             the thing is in a state that forbids the action
│   └── StaleRevision    somebody published in between
├── Expired              a KV entry's time to live is over
├── LimitExceeded        a named limit was reached
├── TooMany              too much was asked for at once; it may be asked for again in a while
├── Forbidden            an address or an action is not allowed
├── Unavailable          the database or Redis does not answer
│   └── Clash            the database undid a change that another one crossed
└── TaskFailure          a task could not do its work (raised by tasks, shown to people)

Each message is one sentence for a person: what happened, where, and what to do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

Path = tuple[str | int, ...]
"""Where a value stands in a flow: ("tasks", 2, "prompt")."""


class Severity(StrEnum):
    """How much a problem matters: an error forbids publishing, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a value, before its place in the text is known; `path` is relative to what was checked."""

    path: Path
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a flow's text. `line` and `column` count from 1; 0 means "the whole flow"."""

    path: Path
    line: int
    column: int
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR

    @property
    def where(self) -> str:
        """The path as people write it: `tasks[2].prompt`."""
        return dotted(self.path)


def dotted(path: Path) -> str:
    """`("tasks", 2, "prompt")` as `tasks[2].prompt`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else part)
    return text


class BuilderError(Exception):
    """The root of all errors that are shown to people; `status` is the HTTP status they answer with.

    `retry_after_seconds`: when it makes sense to ask again, where that is known.
    """

    status = 500
    retry_after_seconds: int | None = None

    @property
    def message(self) -> str:
        return str(self)


class InvalidFlow(BuilderError):
    """A flow has problems and cannot be published or run."""

    status = 422

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "Invalid Flow: " + "; ".join(f"{p.where}: {p.message}" if p.path else p.message for p in self.problems)
        )


class InvalidInput(BuilderError):
    """Values given do not fit; `faults` name each value by its path."""

    status = 422

    def __init__(self, faults: Sequence[Fault] | str) -> None:
        self.faults = (Fault((), faults),) if isinstance(faults, str) else tuple(faults)
        super().__init__("; ".join(fault.message for fault in self.faults))


class NotFound(BuilderError):
    """The thing asked for is not there."""

    status = 404


class Conflict(BuilderError):
    """The thing is in a state that forbids the action."""

    status = 409


class StaleRevision(Conflict):
    """Somebody published a newer revision since this edit began."""


class Expired(BuilderError):
    """A KV entry's time to live is over."""

    status = 410


class LimitExceeded(BuilderError):
    """A named limit was reached; the message names it and its setting."""

    status = 413


class TooMany(BuilderError):
    """Too much was asked for at once; nothing was done."""

    status = 429

    def __init__(self, message: str, *, retry_after_seconds: int = 1) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(message)


class Forbidden(BuilderError):
    """An address or an action is not allowed here."""

    status = 403


class Unavailable(BuilderError):
    """The database or Redis does not answer."""

    status = 503
    retry_after_seconds = 5


class Clash(Unavailable):
    """The database undid a transaction, since another one wanted the same rows in another order (PostgreSQL alone)."""


class TaskFailure(BuilderError):
    """A task could not do its work. `retryable` is False where trying again cannot help; `outputs` are kept even so."""

    def __init__(self, message: str, *, retryable: bool = True, outputs: dict[str, object] | None = None) -> None:
        self.retryable = retryable
        self.outputs = outputs
        super().__init__(message)
