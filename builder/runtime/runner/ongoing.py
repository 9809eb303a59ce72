"""The execution for which errands are run, as they see it."""

from typing import Protocol

from builder.engine.events import Event
from builder.engine.execution import Execution
from builder.engine.plan import Plan
from builder.runtime.context import Journal
from builder.store.executions import NewExecution


class Ongoing(Protocol):
    """What `Driven` is to those who do something for it, and may not know of each other."""

    id: str
    plan: Plan | None
    execution: Execution
    journal: Journal

    def feed(self, event: Event) -> None:
        """Something happened."""

    def obey(self, signal: int, event: Event | None) -> None:
        """Does what a signal says, and consumes it with that."""

    def add_child(self, child: NewExecution) -> None:
        """An execution to create in the next transaction."""

    def logged(self) -> None:
        """Log lines wait. Callable from any thread."""

    def wake(self) -> None:
        """Something is over."""

    def lose(self) -> None:
        """Somebody else has it."""

    async def save_now(self) -> None:
        """Returns once all that happened so far is kept."""
