"""What follows when an SLA is not kept."""

from builder.engine.moving.overall import notes, sla
from builder.engine.moving.overall.stopping import stop
from builder.engine.moving.work import Work
from builder.engine.states import TERMINAL, State
from builder.flows.model import Sla

_ENDS = {"FAIL": State.FAILED, "CANCEL": State.CANCELLED}


def look(work: Work) -> None:
    """Acts on every SLA that is overdue or was just found not to be kept."""
    if work.execution.state in TERMINAL or work.killing:
        return
    for one, reason in [*work.broken, *sla.overdue(work.plan, work.execution, work.at)]:
        _violated(work, one, reason)
    work.broken.clear()


def _violated(work: Work, one: Sla, reason: str) -> None:
    if one.key in work.execution.notes.get(notes.VIOLATED, {}):
        return
    work.note(notes.VIOLATED, {**work.execution.notes.get(notes.VIOLATED, {}), one.key: reason})
    if one.labels:
        labels = {**dict(work.execution.labels), **dict(one.labels)}
        work.move_execution(work.execution.state, labels=tuple(labels.items()))
    if one.behavior in _ENDS and not work.killing:
        work.move_execution(work.execution.state, message=f"The SLA `{one.key}` is not kept: {reason}.")
        stop(work, _ENDS[one.behavior])
