"""What a task may read and change beyond its own execution: other executions, logs, triggers.

As in Kestra's open edition, a flow reaches every namespace. `builder.runtime.world.elsewhere` gives the real one,
`builder.tasks.testing` the double.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

Part = Literal["executions", "logs", "metrics", "files"]
PARTS: tuple[Part, ...] = ("executions", "logs", "metrics", "files")
"""What can be purged of an execution."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose records are meant: of a namespace (and those below it, without a flow), and how old they are."""

    namespace: str | None = None
    flow_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many executions a flow has, or (without a flow) a namespace."""

    namespace: str
    flow_id: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Purged:
    """How much was deleted."""

    executions: int = 0
    logs: int = 0
    metrics: int = 0
    files: int = 0


class Elsewhere(Protocol):
    """Every method raises TaskFailure when what is named is not there, or cannot be done."""

    async def resume(
        self,
        execution_id: str | None,
        inputs: Mapping[str, Any],
        *,
        namespace: str | None = None,
        flow_id: str | None = None,
    ) -> None:
        """Lets a paused execution go on: that of the id, else the flow's newest that is paused, else this one.

        With an id, namespace and flow must be its own as far as they are given.
        """
        ...

    async def count(
        self,
        scope: Scope,
        *,
        flows: Sequence[tuple[str, str]] = (),
        namespaces: Sequence[str] = (),
        states: Sequence[str] = (),
    ) -> list[Counted]:
        """How many executions began within the scope's time: a line for each flow and each namespace, also for none."""
        ...

    async def purge_executions(
        self,
        scope: Scope,
        *,
        states: Sequence[str] = (),
        parts: Collection[Part] = PARTS,
        batch: int = 100,
    ) -> Purged:
        """Deletes these parts of ended executions that began within the scope's time, `batch` executions at once.

        Logs and metrics belong to their execution and go with it.
        """
        ...

    def logs(
        self,
        execution_id: str | None = None,
        *,
        namespace: str | None = None,
        flow_id: str | None = None,
        task_ids: Sequence[str] = (),
        min_level: str = "TRACE",
    ) -> AsyncIterator[Mapping[str, Any]]:
        """The log lines of an execution (this one without an id) as Kestra's records, oldest first."""
        ...

    async def purge_logs(self, scope: Scope, *, execution_id: str | None = None, levels: Sequence[str] = ()) -> int:
        """Deletes log lines written within the scope's time, of these levels or of all; tells how many."""
        ...

    async def purge_flows(
        self, namespace: str | None, flow_id: str | None, *, keep: int = 0, before: datetime | None = None
    ) -> int:
        """Deletes old revisions of a flow, of the flows of a namespace and those below it, or of all; tells how many.

        The latest stays, and each that an execution ran.
        """
        ...

    async def switch_trigger(self, namespace: str, flow_id: str, trigger_id: str, *, enabled: bool) -> None:
        """Switches a trigger on or off, as a person may."""
        ...
