"""What a task's own process and the worker say to each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ASKED = ("kv", "files", "namespace_files", "elsewhere")
"""The parts of a context whose methods the worker carries out for the task."""
TOLD = ("log", "metric", "stream", "sent", "affect", "mask")
"""What the worker is told without an answer."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What of its context a task reads without asking; `memory_bytes` is how much it may grow."""

    execution_id: str
    namespace: str
    flow_id: str
    task_id: str
    attempt: int
    attempt_key: str
    variables: Mapping[str, Any]
    working_dir: Path
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Call:
    """A method of the context, by its dotted name; `is_asked`: the task waits for its Answer."""

    name: str
    arguments: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    is_asked: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a Call, or why nothing did."""

    value: Any = None
    failure: str | None = None
    retryable: bool = True


@dataclass(frozen=True, slots=True)
class Done:
    """The task's outputs, as JSON values."""

    outputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there are none; `unforeseen`: the name of an exception that nobody foresaw, `trace`: where it came from."""

    message: str
    retryable: bool = True
    outputs: Mapping[str, Any] | None = None
    unforeseen: str = ""
    trace: str = ""
