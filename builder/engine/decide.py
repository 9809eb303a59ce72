"""The one function that moves an execution. Pure: no clock, no database, no network; time comes with the events."""

from dataclasses import dataclass

from builder.engine.commands import Command
from builder.engine.events import Event
from builder.engine.execution import Execution
from builder.engine.plan import Plan


@dataclass(frozen=True, slots=True)
class Decision:
    """The execution after the event, what to do now, and the paths of the task runs that changed.

    A changed path that is no longer among the runs was removed (a loop's earlier turn): delete its row.
    """

    execution: Execution
    commands: tuple[Command, ...]
    changed: frozenset[str]


def decide(plan: Plan, execution: Execution, event: Event) -> Decision:
    """Applies one event."""
    raise NotImplementedError


def pending(plan: Plan, execution: Execution) -> tuple[Command, ...]:
    """The commands that are under way by the execution's state: what a runner that takes it up must (re)do."""
    raise NotImplementedError
