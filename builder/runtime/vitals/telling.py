"""What those who run the installation hear of an execution as it moves: lines of the process's log, counters, spans."""

import logging
from collections.abc import Iterable

from builder import counters, logs
from builder.engine.events import AttemptLost, Event
from builder.engine.execution import Execution
from builder.engine.states import TERMINAL
from builder.runtime.masking import Masker
from builder.runtime.vitals import spans
from builder.store.executions import Saved

log = logging.getLogger(__name__)


def begin(execution: Execution, masker: Masker) -> None:
    """From here on this asyncio task works for the execution."""
    logs.about(masker.text, execution_id=execution.id, namespace=execution.namespace, flow_id=execution.flow_id)
    spans.begin(execution)


def taken_up(events: Iterable[Event]) -> None:
    """What was under way in a process that is gone."""
    counters.ATTEMPTS_LOST.inc(sum(isinstance(event, AttemptLost) for event in events))


def saved(saved: Saved) -> None:
    """It was committed."""
    for line in saved.logs:
        place: dict[str, str | int] = {"task_id": line.task_id, "path": line.path, "attempt": line.attempt}
        logs.of_execution(line.level, line.message, **(place if line.path else {}))
    for state, _ in saved.passed:
        logs.of_execution("INFO", f"The execution is {state.value}.", state=state.value)
    if saved.passed and saved.execution.state in TERMINAL:
        spans.ended(saved.execution)


def refused(execution_id: str) -> None:
    """It was lost to another process: nothing of what was done here since is kept."""
    log.warning("Execution %s is driven by somebody else by now; what was done here since is refused.", execution_id)
    counters.LEASES_LOST.inc()
