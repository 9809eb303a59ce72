"""Whose world it is, and the way to the database thread."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol


class Call(Protocol):
    """Runs a blocking function on the database thread."""

    async def __call__(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Whose attempt it is. `level`: log lines below it are not kept. `to_file`: they are kept in a file."""

    execution_id: str
    namespace: str
    flow_id: str
    task_id: str
    path: str
    run_id: str
    attempt: int
    level: str = "TRACE"
    to_file: bool = False
