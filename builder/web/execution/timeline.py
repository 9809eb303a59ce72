"""The table of steps: one line a task run, with its tries as bars on one common time line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from builder.actions.executions.trying import without_sealed
from builder.engine.execution import Execution, TaskRun
from builder.engine.states import TERMINAL, State
from builder.store.executions import UNKNOWN_COST

WIDTH = 1000
"""The time line's length in units of its drawing."""
LEAST = 6
"""A bar that would be too thin to see is drawn this wide."""
MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time on the line: `start` and `width` in units of WIDTH; `state` colours it, "queue" is waiting."""

    start: int
    width: int
    state: str
    title: str


@dataclass(frozen=True, slots=True)
class Row:
    """One task run. `seconds` None: not begun. `tokens` (in, out) and `cost` None: none known.

    `unpriced`: how many of its calls have no known cost.
    """

    run: TaskRun
    depth: int
    bars: tuple[Bar, ...]
    seconds: float | None
    tokens: tuple[int, int] | None
    cost: Decimal | None
    unpriced: int

    @property
    def name(self) -> str:
        """The task's id with the value of its turn."""
        value = without_sealed(self.run.value)
        return self.run.task_id if value is None else f"{self.run.task_id} [{value[:40]}]"


def rows(execution: Execution, usage: Mapping[str, Mapping[str, Decimal]], now: datetime) -> list[Row]:
    """The first MOST_ROWS runs as lines, parents before their children."""
    runs = _in_tree_order(execution)[:MOST_ROWS]
    start = execution.history[0][1] if execution.history else execution.created_at
    end = execution.history[-1][1] if execution.state in TERMINAL else now
    length = max((end - start).total_seconds(), 0.001)
    return [
        Row(run, depth, _bars(run, start, length, now), _seconds(run, now), *_usage(usage.get(run.path, {})))
        for run, depth in runs
    ]


def _in_tree_order(execution: Execution) -> list[tuple[TaskRun, int]]:
    children: dict[str | None, list[TaskRun]] = {}
    for run in execution.runs.values():
        children.setdefault(run.parent, []).append(run)
    ordered: list[tuple[TaskRun, int]] = []
    waiting = [(run, 0) for run in reversed(children.get(None, []))]
    while waiting:
        run, depth = waiting.pop()
        ordered.append((run, depth))
        waiting.extend((child, depth + 1) for child in reversed(children.get(run.path, [])))
    return ordered


def _bars(run: TaskRun, start: datetime, length: float, now: datetime) -> tuple[Bar, ...]:
    def bar(begin: datetime, end: datetime, state: str, title: str) -> Bar:
        left = round((begin - start).total_seconds() / length * WIDTH)
        width = max(LEAST, round((end - begin).total_seconds() / length * WIDTH))
        left = min(max(left, 0), WIDTH - LEAST)
        return Bar(left, min(width, WIDTH - left), state, title)

    created, ended = run.history[0][1], _ended(run, now)
    tries = [
        bar(attempt.started_at, attempt.ended_at or ended, attempt.state.value, f"try {attempt.number}")
        for attempt in run.attempts
    ]
    if not tries:
        return (bar(created, ended, run.state.value, run.state.value.lower()),)
    first = run.attempts[0].started_at
    waited = (first - created).total_seconds() / length * WIDTH >= 1
    return (bar(created, first, "queue", "waiting"), *tries) if waited else tuple(tries)


def _ended(run: TaskRun, now: datetime) -> datetime:
    return run.history[-1][1] if run.state in TERMINAL else now


def _seconds(run: TaskRun, now: datetime) -> float | None:
    begun = next((at for state, at in run.history if state is State.RUNNING), None)
    return None if begun is None else max(0.0, (_ended(run, now) - begun).total_seconds())


def _usage(metrics: Mapping[str, Decimal]) -> tuple[tuple[int, int] | None, Decimal | None, int]:
    taken = _tokens(metrics, ("prompt", "input"))
    given = _tokens(metrics, ("completion", "output"))
    tokens = None if taken is None and given is None else (taken or 0, given or 0)
    return tokens, metrics.get("cost"), int(metrics.get(UNKNOWN_COST, 0))


def _tokens(metrics: Mapping[str, Decimal], words: tuple[str, str]) -> int | None:
    """The names differ by vocabulary: usage.prompt.tokens, input.token.count."""
    for name, value in metrics.items():
        parts = name.replace("_", ".").split(".")
        if parts[-1] in ("tokens", "count") and any(word in parts for word in words) and "cached" not in parts:
            return int(value)
    return None


def failed(execution: Execution) -> TaskRun | None:
    """The run to look at first: the deepest that failed, of those whose failure went all the way up; else any."""
    broken = {run.path: run for run in execution.runs.values() if run.state in _BROKEN and not run.branch}
    parents = {run.parent for run in broken.values()}
    deepest = [run for run in broken.values() if run.path not in parents]
    return next((run for run in deepest if _goes_up(run, execution)), next(iter(deepest), None))


def _goes_up(run: TaskRun, execution: Execution) -> bool:
    """Whether all blocks around it failed too: nothing there allowed it to."""
    while run.parent:
        run = execution.runs[run.parent]
        if run.state not in _BROKEN:
            return False
    return True


_BROKEN = (State.FAILED, State.KILLED)
