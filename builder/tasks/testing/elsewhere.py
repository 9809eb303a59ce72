"""The double of `builder.tasks.world.elsewhere.Elsewhere`, for tests of tasks that look beyond their own execution."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from builder.tasks.world.elsewhere import PARTS, Counted, Part, Purged, Scope


class FakeElsewhere:
    """Other executions that nobody has: `asked` keeps what was asked, `lines` and `counts` are what is answered."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.lines: list[Mapping[str, Any]] = []
        self.counts: list[Counted] = []
        self.purged = Purged()

    async def resume(
        self,
        execution_id: str | None,
        inputs: Mapping[str, Any],
        *,
        namespace: str | None = None,
        flow_id: str | None = None,
    ) -> None:
        self.asked.append(("resume", execution_id, inputs, namespace, flow_id))

    async def count(
        self,
        scope: Scope,
        *,
        flows: Sequence[tuple[str, str]] = (),
        namespaces: Sequence[str] = (),
        states: Sequence[str] = (),
    ) -> list[Counted]:
        self.asked.append(("count", scope, flows, namespaces, states))
        return self.counts

    async def purge_executions(
        self, scope: Scope, *, states: Sequence[str] = (), parts: Collection[Part] = PARTS, batch: int = 100
    ) -> Purged:
        self.asked.append(("purge_executions", scope, states, parts, batch))
        return self.purged

    async def logs(
        self,
        execution_id: str | None = None,
        *,
        namespace: str | None = None,
        flow_id: str | None = None,
        task_ids: Sequence[str] = (),
        min_level: str = "TRACE",
    ) -> AsyncIterator[Mapping[str, Any]]:
        self.asked.append(("logs", execution_id, namespace, flow_id, task_ids, min_level))
        for line in self.lines:
            if not task_ids or line.get("taskId") in task_ids:
                yield line

    async def purge_logs(self, scope: Scope, *, execution_id: str | None = None, levels: Sequence[str] = ()) -> int:
        self.asked.append(("purge_logs", scope, execution_id, levels))
        return len(self.lines)

    async def purge_flows(
        self, namespace: str | None, flow_id: str | None, *, keep: int = 0, before: datetime | None = None
    ) -> int:
        self.asked.append(("purge_flows", namespace, flow_id, keep, before))
        return len(self.lines)

    async def switch_trigger(self, namespace: str, flow_id: str, trigger_id: str, *, enabled: bool) -> None:
        self.asked.append(("switch_trigger", namespace, flow_id, trigger_id, enabled))
