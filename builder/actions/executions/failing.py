"""Executions that have failed from the start, so that people and other flows hear of what could not begin."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from builder.actions.executions.running import start
from builder.clock import Clock
from builder.engine.execution import Execution
from builder.engine.states import State
from builder.store import births, executions
from builder.store.executions import LogLine
from builder.store.gate import write


def fail(
    namespace: str,
    flow_id: str,
    message: str,
    clock: Clock,
    *,
    labels: Sequence[tuple[str, str]] = (),
    trigger: Mapping[str, Any] | None = None,
) -> Execution:
    """An execution of this flow that ended FAILED with this message, in its log too. No task of it runs.

    Raises NotFound, InvalidFlow, Conflict when the flow is disabled.
    """
    found = births.runnable(namespace, flow_id)
    births.refuse_disabled(found)
    births.refuse_system_labels(labels)
    now = clock.now()
    new = births.born(found.flow, found.revision, now, inputs={}, labels=labels, trigger=trigger, ends_at_once=True)
    history = (*new.execution.history, (State.FAILED, now))
    failed = replace(new.execution, state=State.FAILED, history=history, message=message)
    with write():
        execution = start(replace(new, execution=failed))
        executions.insert_logs([(execution, LogLine(at=now, level="ERROR", message=message))])
    return execution
