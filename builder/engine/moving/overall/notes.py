"""What the engine notes of an execution as a whole, beside its runs: JSON values, kept with it, read by its page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from builder.engine.execution import Execution

BEGUN = "begun"
"""When a runner took it up, or up again after a restart: what an SLA's duration counts from."""
ENDS_AS = "endsAs"
"""The state that a stop which is no kill leads to (FAILED, CANCELLED)."""
AGAIN_AT = "againAt"
"""When the execution that follows this one is to run; there once a retry asked for a new execution."""
NEXT = "next"
"""The id of that execution."""
ORIGINAL_CREATED = "originalCreated"
"""When the first of a row of retried executions was made."""
ASKED, ANSWERED = "asked", "answered"
"""How often each SLA's assertion was asked, and up to which time answered."""
VIOLATED = "violated"
"""The SLAs that were not kept: id and reason."""
UNTOLD = "untold"
"""The SLAs whose assertion could not be told: id and why."""
LISTENERS = "listeners"
"""The listeners whose conditions were told, by number; there once they were asked."""
CHECKS = "checks"
"""The flow's checks that did not hold when it was made, and let it run all the same: message and style."""
SCHEDULE_DATE = "scheduleDate"
"""When it was to run, if somebody said so."""
UNSENT = "unsent"
"""There from when a runner gave it to others before it carried out what was begun last, until one of them takes it up:
that has not acted then, and is no lost attempt."""
_LASTING = (ORIGINAL_CREATED, CHECKS, SCHEDULE_DATE)


def original_created(execution: Execution) -> datetime:
    """When the first of a row of retried executions was made."""
    noted = execution.notes.get(ORIGINAL_CREATED)
    return execution.created_at if noted is None else datetime.fromisoformat(noted)


def moment(execution: Execution, name: str) -> datetime | None:
    """A noted time."""
    noted = execution.notes.get(name)
    return None if noted is None else datetime.fromisoformat(noted)


def lasting(notes: Mapping[str, Any]) -> dict[str, Any]:
    """What still holds when the execution is restarted."""
    return {name: notes[name] for name in _LASTING if name in notes}
