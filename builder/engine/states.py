"""The states of executions and task runs (Kestra's), and the only statement of what may follow what."""

from enum import StrEnum


class State(StrEnum):
    """A state of an execution or a task run."""

    CREATED = "CREATED"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    RESTARTED = "RESTARTED"
    KILLING = "KILLING"
    RETRYING = "RETRYING"
    SUCCESS = "SUCCESS"
    WARNING = "WARNING"
    FAILED = "FAILED"
    KILLED = "KILLED"
    CANCELLED = "CANCELLED"
    RETRIED = "RETRIED"
    SKIPPED = "SKIPPED"


TERMINAL = frozenset(
    {State.SUCCESS, State.WARNING, State.FAILED, State.KILLED, State.CANCELLED, State.RETRIED, State.SKIPPED}
)

_ENDS = frozenset({State.SUCCESS, State.WARNING, State.FAILED, State.SKIPPED, State.RETRIED})
_OPEN = _ENDS | {State.KILLING, State.KILLED, State.CANCELLED}

MOVES: dict[State, frozenset[State]] = {
    State.CREATED: _OPEN | {State.RUNNING, State.QUEUED, State.PAUSED},
    State.QUEUED: frozenset({State.RUNNING, State.CREATED, State.KILLED, State.CANCELLED}),
    State.RUNNING: _OPEN | {State.PAUSED, State.RETRYING, State.CREATED},
    State.PAUSED: _OPEN | {State.RUNNING, State.RESTARTED},
    State.RESTARTED: _OPEN | {State.RUNNING, State.PAUSED},
    State.RETRYING: _OPEN | {State.CREATED, State.RUNNING, State.PAUSED},
    State.KILLING: frozenset({State.KILLED, State.CANCELLED}) | _ENDS,
    **{state: frozenset() for state in TERMINAL},
}
"""From each state, where it may go by itself. A terminal state has no moves except by a person's restart."""
