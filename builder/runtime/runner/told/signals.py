"""What people and children asked, as events."""

from datetime import datetime

from builder.engine.events import ChildEnded, Event, KillRequested, PauseRequested, ResumeRequested
from builder.engine.states import State
from builder.store.executions import CHILD_ENDED, KILL, PAUSE, RESUME, SignalRow


def event_of(row: SignalRow, now: datetime) -> Event | None:
    """The event of a signal; None for a kind that this version does not know."""
    payload = row.payload
    match row.kind:
        case kind if kind == KILL:
            return KillRequested(now)
        case kind if kind == PAUSE:
            return PauseRequested(now)
        case kind if kind == RESUME:
            said = {name: str(payload.get(name) or "") for name in ("by", "decision", "comment")}
            return ResumeRequested(now, payload.get("path"), payload.get("inputs") or {}, **said)
        case kind if kind == CHILD_ENDED:
            state = State(payload["state"])
            return ChildEnded(now, payload["path"], payload["child"], state, payload.get("outputs"))
    return None
