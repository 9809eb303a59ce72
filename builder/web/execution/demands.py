"""What a flow demanded of an execution, as its page shows it: checks that did not hold, and its SLAs."""

from dataclasses import dataclass
from datetime import datetime

from builder.engine.execution import Execution
from builder.engine.moving.overall import notes
from builder.engine.states import TERMINAL
from builder.flows.model import Sla
from builder.store import births, executions

SHADES = {"ERROR": "bad", "WARNING": "warn", "SUCCESS": "good", "INFO": ""}
"""The look of a message by its style."""


@dataclass(frozen=True, slots=True)
class Said:
    """The message of a check that did not hold; `shade` is the look of its card."""

    text: str
    shade: str


@dataclass(frozen=True, slots=True)
class Kept:
    """An SLA with what became of it: not kept for a `reason`, or (while it goes on) to be kept `until` then."""

    name: str
    reason: str
    until: datetime | None


def said(execution: Execution) -> list[Said]:
    """The checks that let the execution be made although they did not hold."""
    return [Said(one["message"], SHADES.get(one["style"], "")) for one in execution.notes.get(notes.CHECKS, ())]


def slas(execution: Execution) -> list[Kept]:
    """The SLAs of the flow as it was run."""
    flow = births.checked(executions.sources([execution.id]).get(execution.id, "")).flow
    return [_kept(execution, one) for one in flow.sla] if flow is not None else []


def _kept(execution: Execution, sla: Sla) -> Kept:
    reason = execution.notes.get(notes.VIOLATED, {}).get(sla.key, "")
    begun = notes.moment(execution, notes.BEGUN)
    goes_on = begun is not None and sla.duration is not None and not reason and execution.state not in TERMINAL
    until = begun + sla.duration if goes_on and begun is not None and sla.duration is not None else None
    return Kept(sla.key, reason, until)
