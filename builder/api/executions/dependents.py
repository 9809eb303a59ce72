"""The executions that go with one, as they move: those of the flows before and after its own, by correlation id."""

import json
from asyncio import get_running_loop, sleep
from collections.abc import AsyncIterator, Mapping

from django.db import close_old_connections
from django.http import HttpRequest, HttpResponseBase

from builder.api.execution_json import state_json
from builder.api.executions.following import PING, event, event_stream
from builder.api.flows.dependencies import Flow, around
from builder.api.methods import methods
from builder.api.reading import flag
from builder.engine.execution import Execution
from builder.engine.states import TERMINAL
from builder.runtime import live
from builder.store import births, executions
from builder.store.executions import Filters
from builder.store.triggers import changes

LOOK_SECONDS = 1.0
_MOST = 1000


def follow(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """Events `start`, `progress`, `end` for each execution, and `end-all` when none of them can move any more.

    `destinationOnly`: the flows after this one alone; `expandAll`: those around them too.
    """
    first, _ = executions.load(execution_id)
    flow = (first.namespace, first.flow_id)
    flows = around(flow, after=flag(request, "destinationOnly"), all_of_them=flag(request, "expandAll"))
    return event_stream(_told(first, flows))


async def _told(first: Execution, flows: frozenset[Flow]) -> AsyncIterator[bytes]:
    correlation = dict(first.labels).get(births.CORRELATION, first.id)
    nothing = json.dumps({"executionId": first.id})
    yield event("start", nothing)
    known: dict[str, Execution] = {}
    while True:
        found, over = await get_running_loop().run_in_executor(live.readers, _looked, correlation)
        for one in found.values():
            if (one.namespace, one.flow_id) in flows and getattr(known.get(one.id), "history", None) != one.history:
                yield event("end" if one.state in TERMINAL else "progress", json.dumps(_status(one)))
        known = dict(found)
        if over:
            break
        yield PING
        await sleep(LOOK_SECONDS)
    yield event("end-all", nothing)


def _looked(correlation: str) -> tuple[Mapping[str, Execution], bool]:
    """The executions, and whether all have ended and no flow trigger has yet to look at one of them."""
    close_old_connections()  # these threads see no requests, at which Django does it
    of_it = Filters(labels=[(births.CORRELATION, correlation)])
    ids = executions.ids(of_it, _MOST)
    found = {key: one for key, (one, _) in executions.load_many(ids, with_runs=False).items()}
    over = all(one.state in TERMINAL for one in found.values()) and not changes.unread(ids)
    return found, over and executions.ids(of_it, _MOST) == ids  # what was read meanwhile may have started another


def _status(execution: Execution) -> Mapping[str, object]:
    return {
        "executionId": execution.id, "tenantId": "main", "namespace": execution.namespace,
        "flowId": execution.flow_id, "state": state_json(execution.history),
    }  # fmt: skip


follow_view = methods(GET=follow)
