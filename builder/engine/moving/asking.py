"""What must be evaluated before a run can go on: conditions, time limits, and what flow control asks."""

from collections.abc import Mapping
from typing import Any

from builder.engine.commands import Evaluate
from builder.engine.execution import TaskRun
from builder.engine.plan import Node
from builder.engine.states import State
from builder.expressions.values import truthy
from builder.tasks.fields.properties import holds_template
from builder.tasks.flow.layout import Ask

TURN = "turn"
WAITED = "waited"
EXIT = "exit"
COMES_TO = "comesTo"
PREPARED = "prepared"
AGAIN = "again"
BATCHES, GENERATION, MAKER = "batches", "generation", "maker"
KEPT = "kept"
LOST = "lost"
"""Names under which the engine keeps its own notes among the answers of a run."""

_BEFORE = frozenset({State.CREATED, State.RESTARTED})


def awaited(node: Node, run: TaskRun) -> tuple[Evaluate, ...]:
    """What is still to be evaluated before the run can start or, for flow control, before its layout is known."""
    if run.state in _BEFORE:
        if node.run_if is not None and "runIf" not in run.evaluated:
            return (Evaluate(run.path, "runIf", _text(node.run_if)),)
        if node.flow is None and needs_timeout(node) and "timeout" not in run.evaluated:
            return (Evaluate(run.path, "timeout", node.timeout),)
        return ()
    return unanswered(node, run) if run.state is State.RUNNING else ()


def unanswered(node: Node, run: TaskRun) -> tuple[Evaluate, ...]:
    """The questions of a flow control task that have no answer yet."""
    if node.flow is None:
        return ()
    first = _questions(run, node.flow.asks())
    return first or _questions(run, node.flow.asks_then(answers(node, run)))


def _questions(run: TaskRun, asks: Mapping[str, Ask]) -> tuple[Evaluate, ...]:
    return tuple(
        Evaluate(run.path, name, ask.template, ask.typed, ask.acts)
        for name, ask in asks.items()
        if name not in run.evaluated
    )


def end_awaited(node: Node, run: TaskRun) -> tuple[Evaluate, ...]:
    """What is still to be evaluated before a block ends in the state that it has come to."""
    return _questions(run, node.flow.end_asks()) if node.flow is not None and COMES_TO in run.evaluated else ()


def at_end(node: Node) -> frozenset[str]:
    """The names of all notes about a block's end; they are void when it goes on after all."""
    return frozenset({COMES_TO, KEPT, *(node.flow.end_asks() if node.flow is not None else ())})


def breaks(node: Node, run: TaskRun) -> bool:
    """Whether this turn was the last that its loop wants."""
    return node.flow is not None and any(truthy(run.evaluated.get(name, False)) for name in node.flow.end_asks())


def turn_awaited(node: Node, run: TaskRun) -> tuple[Evaluate, ...]:
    """What is still to be evaluated at the end of a loop's present turn."""
    if node.flow is None:
        return ()
    turn = run.evaluated.get(TURN, 1)
    return tuple(
        Evaluate(run.path, turn_name(name, turn), ask.template, ask.typed, ask.acts)
        for name, ask in node.flow.turn_asks().items()
        if turn_name(name, turn) not in run.evaluated
    )


def turn_name(name: str, turn: int) -> str:
    """The name of a loop's question in one turn, so that a late answer to another turn is known as such."""
    return f"{name}#{turn}"


def without(run: TaskRun, name: str) -> dict[str, Any]:
    """The answers and notes of a run but one."""
    return {other: value for other, value in run.evaluated.items() if other != name}


def has_children(run: TaskRun) -> bool:
    """Whether the run stands for other executions just now; after a restart it may only know those of before."""
    return (run.child is not None or BATCHES in run.evaluated) and bool(run.attempts) and not run.attempts[-1].ended_at


def needs_timeout(node: Node) -> bool:
    """Whether the time limit is an expression."""
    return holds_template(node.timeout)


def skips(run: TaskRun) -> bool:
    """Whether the run's condition came out false."""
    return "runIf" in run.evaluated and not truthy(run.evaluated["runIf"])


def answers(node: Node, run: TaskRun) -> Mapping[str, Any]:
    """The answers to the questions of a flow control task."""
    if node.flow is None:
        return {}
    found = {name: run.evaluated.get(name) for name in node.flow.asks()}
    if WAITED in run.evaluated:
        found[WAITED] = run.evaluated[WAITED]
    return found | {name: run.evaluated.get(name) for name in node.flow.asks_then(found)}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
