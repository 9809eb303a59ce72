"""Other executions, logs and triggers as a task sees them (`builder.tasks.world.elsewhere.Elsewhere`)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from builder.clock import Clock
from builder.engine.states import State
from builder.errors import BuilderError, TaskFailure
from builder.runtime import resuming
from builder.runtime.files import storage
from builder.runtime.masking import Masker
from builder.runtime.network import Network
from builder.runtime.world.asking import answered
from builder.runtime.world.place import Call, Place
from builder.store import executions, triggers
from builder.store.documents import iso
from builder.store.executions import Filters, LogRow
from builder.store.flows import purging
from builder.store.gate import write
from builder.tasks.world.elsewhere import PARTS, Counted, Part, Purged, Scope

_LINES_AT_ONCE = 1000
_MOST_COUNTED = 1000


class StoredElsewhere:
    """`save_now`: what this execution has done and logged so far is in the database when it returns."""

    def __init__(
        self, place: Place, masker: Masker, clock: Clock, call: Call, save_now: Callable[[], Awaitable[None]],
        network: Network,
    ) -> None:  # fmt: skip
        self._network = network
        self._place = place
        self._masker = masker
        self._clock = clock
        self._call = call
        self._save_now = save_now

    async def resume(
        self, execution_id: str | None, inputs: Mapping[str, Any], *, namespace: str | None = None,
        flow_id: str | None = None,
    ) -> None:  # fmt: skip
        await self._save_now()
        wanted = execution_id or await self._paused(namespace, flow_id)
        if execution_id:
            await self._check_flow(execution_id, namespace, flow_id)
        await answered(self._network, lambda known: self._said(
            resuming.resume, wanted, inputs, is_secret=self._masker.holds, answers=known))  # fmt: skip

    async def _paused(self, namespace: str | None, flow_id: str | None) -> str:
        if not namespace or not flow_id:
            return self._place.execution_id
        filters = Filters(namespace=namespace, flow_id=flow_id, states=(State.PAUSED,), exact_namespace=True)
        found: list[str] = await self._call(executions.ids, filters, 1)
        if not found:
            raise TaskFailure(f"No execution of the flow {namespace}.{flow_id} is paused.", retryable=False)
        return found[0]

    async def _check_flow(self, execution_id: str, namespace: str | None, flow_id: str | None) -> None:
        item = await self._said(executions.item, execution_id)
        if (namespace or item.namespace, flow_id or item.flow_id) != (item.namespace, item.flow_id):
            raise TaskFailure(
                f"Execution `{execution_id}` belongs to the flow {item.namespace}.{item.flow_id}, "
                "not to the one that is named.",
                retryable=False,
            )

    async def count(
        self, scope: Scope, *, flows: Sequence[tuple[str, str]] = (), namespaces: Sequence[str] = (),
        states: Sequence[str] = (),
    ) -> list[Counted]:  # fmt: skip
        if len(flows) + len(namespaces) > _MOST_COUNTED:
            raise TaskFailure(f"At most {_MOST_COUNTED} flows and namespaces can be counted at once.", retryable=False)
        await self._save_now()
        found: Mapping[tuple[str, str | None], int] = await self._call(
            executions.counts_of, list(flows), list(namespaces), states=[State(state) for state in states],
            since=scope.since, until=scope.until,
        )  # fmt: skip
        return [Counted(namespace, flow_id, count) for (namespace, flow_id), count in found.items()]

    async def purge_executions(
        self, scope: Scope, *, states: Sequence[str] = (), parts: Collection[Part] = PARTS, batch: int = 100,
    ) -> Purged:  # fmt: skip
        filters = Filters(
            namespace=scope.namespace or "", flow_id=scope.flow_id or "", exact_namespace=bool(scope.flow_id),
            states=[State(state) for state in states], since=scope.since, until=scope.until,
        )  # fmt: skip
        counts, after = Purged(), ""
        while ids := await self._call(executions.ended_ids, filters, batch, after):
            after = ids[-1]
            done: Purged = await self._call(_purge, ids, parts)
            gone = [await asyncio.to_thread(storage.forget, one) for one in ids] if "files" in parts else []
            counts = Purged(
                counts.executions + done.executions, counts.logs + done.logs, counts.metrics + done.metrics,
                counts.files + sum(gone),
            )  # fmt: skip
        return counts

    async def logs(
        self, execution_id: str | None = None, *, namespace: str | None = None, flow_id: str | None = None,
        task_ids: Sequence[str] = (), min_level: str = "TRACE",
    ) -> AsyncIterator[Mapping[str, Any]]:  # fmt: skip
        wanted = execution_id or self._place.execution_id
        if wanted == self._place.execution_id:
            await self._save_now()
        else:
            await self._check_flow(wanted, namespace, flow_id)
        after = 0
        while True:
            rows: list[LogRow] = await self._call(
                executions.logs, wanted, after_id=after, min_level=min_level, limit=_LINES_AT_ONCE
            )
            for row in rows:
                if not task_ids or row.task_id in task_ids:
                    yield _record(row)
            if len(rows) < _LINES_AT_ONCE:
                return
            after = rows[-1].id

    async def purge_logs(self, scope: Scope, *, execution_id: str | None = None, levels: Sequence[str] = ()) -> int:
        total = 0
        while True:
            count: int = await self._call(
                executions.purge_logs, namespace=scope.namespace or "", flow_id=scope.flow_id or "",
                execution_id=execution_id or "", levels=levels, since=scope.since, until=scope.until,
                limit=_LINES_AT_ONCE,
            )  # fmt: skip
            total += count
            if count < _LINES_AT_ONCE:
                return total

    async def purge_flows(
        self, namespace: str | None, flow_id: str | None, *, keep: int = 0, before: datetime | None = None
    ) -> int:
        count: int = await self._call(purging.purge, namespace or "", flow_id or "", keep=keep, before=before)
        return count

    async def switch_trigger(self, namespace: str, flow_id: str, trigger_id: str, *, enabled: bool) -> None:
        await self._said(triggers.set_enabled, namespace, flow_id, trigger_id, enabled, self._clock.now())

    async def _said(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """The function's result; what it refuses fails the task."""
        try:
            return await self._call(function, *arguments, **options)
        except BuilderError as error:
            raise TaskFailure(error.message, retryable=False) from error


def _purge(ids: Sequence[str], parts: Collection[Part]) -> Purged:
    """What hangs on an execution goes with it, so it is deleted, and counted, first."""
    whole = "executions" in parts
    with write():
        executions.hold_to_delete(ids)
        lines = sum(map(executions.delete_logs, ids)) if whole or "logs" in parts else 0
        points = sum(map(executions.delete_metrics, ids)) if whole or "metrics" in parts else 0
        return Purged(executions.delete(list(ids)) if whole else 0, lines, points)


def _record(row: LogRow) -> dict[str, Any]:
    return {
        "namespace": row.namespace,
        "flowId": row.flow_id,
        "taskId": row.task_id or None,
        "executionId": row.execution_id,
        "taskRunId": row.run_id or None,
        "attemptNumber": row.attempt,
        "timestamp": iso(row.at),
        "level": row.level,
        "message": row.message,
    }
