"""What expressions see (`inputs`, `outputs`, `taskrun`, `parents` ...), from the plan and the execution alone.

A variable that does not apply is absent, not empty. What grows with the execution (`outputs`, `tasks`) is kept beside
the runs and only brought up to date: a call costs what changed since the last one, plus the depth of the run.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from builder.engine.changes import present
from builder.engine.execution import Execution, TaskRun
from builder.engine.moving.asking import COMES_TO
from builder.engine.moving.board import Seen
from builder.engine.moving.inside.progress import state_so_far
from builder.engine.moving.runs import Runs
from builder.engine.plan import Plan
from builder.engine.states import State


def variables(
    plan: Plan,
    execution: Execution,
    path: str | None = None,
    *,
    globals: Mapping[str, Any] | None = None,
    envs: Mapping[str, Any] | None = None,
    kestra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The variables of the run at `path`, or (None) of the flow. Read them only: parts are shared between calls."""
    seen = _seen(execution)
    found: dict[str, Any] = {
        "flow": _flow(plan),
        "execution": _execution(execution),
        "envs": dict(envs or {}),
        "globals": dict(globals or {}),
        "kestra": dict(kestra or {}),
    }
    run = execution.runs.get(path) if path is not None else None
    if execution.runs:
        found |= _so_far(seen, execution.runs, run.scope if run is not None else "")
    optional = {
        "inputs": execution.inputs,
        "vars": present(execution, plan.flow.variables),
        "labels": _labels(execution),
        "trigger": (execution.trigger or {}).get("variables"),
    }
    found |= {name: value for name, value in optional.items() if value}
    if "trigger" in found and str((execution.trigger or {}).get("type", "")).endswith(".Schedule"):
        found["schedule"] = found["trigger"]
    if run is not None:
        found |= _of_run(plan, execution, run)
        if (plan.after or plan.listeners) and _is_after(execution, run):
            found["execution"]["state"] = state_so_far(plan, execution).value
    return found


def task_outputs(execution: Execution) -> Mapping[str, Any]:
    """What `outputs` holds: the outputs of all tasks so far."""
    return _seen(execution).outputs.get("", {})


def _so_far(seen: Seen, runs: Mapping[str, TaskRun], scope: str) -> dict[str, Any]:
    """What the runs outside of Loops gave and, nearest last, those of the turns that a run stands in."""
    found: dict[str, Any] = {"outputs": seen.outputs.get("", {}), "tasks": seen.states.get("", {})}
    for turn in reversed(list(_turns(runs, scope))):
        found["outputs"] = {**found["outputs"], **seen.outputs.get(turn.path, {})}
        found["tasks"] = {**found["tasks"], **seen.states.get(turn.path, {})}
    return found


def _turns(runs: Mapping[str, TaskRun], scope: str) -> Iterator[TaskRun]:
    """The turns of Loops around what has this scope, nearest first."""
    while scope:
        turn = runs[scope]
        yield turn
        scope = runs[turn.parent].scope if turn.parent is not None else ""


def tried_again_as(execution: Execution) -> tuple[str, ...]:
    """The states of the attempts of every task that was tried more than once."""
    retried = (run for run in execution.runs.values() if len(run.attempts) > 1)
    return tuple(attempt.state.value for run in retried for attempt in run.attempts)


def _flow(plan: Plan) -> dict[str, Any]:
    return {"id": plan.flow.id, "namespace": plan.flow.namespace, "revision": plan.revision}


def _execution(execution: Execution) -> dict[str, Any]:
    return {
        "id": execution.id,
        "startDate": instant(execution.created_at),
        "state": execution.state.value,
        "originalId": execution.original_id or execution.id,
    }


def instant(at: datetime) -> str:
    """A time as Kestra prints it: `2019-10-06T18:27:49.123Z`."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _labels(execution: Execution) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in execution.labels:
        if key.startswith("system."):
            system = found.setdefault("system", {})
            if isinstance(system, dict):
                system.setdefault(key.removeprefix("system."), value)
        else:
            found.setdefault(key, value)
    return found


def _of_run(plan: Plan, execution: Execution, run: TaskRun) -> dict[str, Any]:
    taskrun: dict[str, Any] = {
        "id": run.id,
        "startDate": instant(run.history[0][1]),
        "attemptsCount": len([attempt for attempt in run.attempts if attempt.state is not State.RUNNING]),
    }
    if run.parent is not None:
        taskrun["parentId"] = execution.runs[run.parent].id
    turns = list(_turns(execution.runs, run.scope))
    valued = _nearest_valued(execution.runs, run) if turns else run
    value = valued.value if valued.value is not None else _value_of_whole(plan, execution, run)
    if value is not None:
        taskrun["value"] = value
    if valued.iteration is not None:
        taskrun["iteration"] = valued.iteration
    node = plan.by_id.get(run.task_id)
    task = {"id": run.task_id, "type": node.task.type_name if node else ""}
    found: dict[str, Any] = {"taskrun": taskrun, "task": task}
    if turns:
        found["item"] = _item(turns)
    if run.is_turn and COMES_TO in run.evaluated:
        ended = {"executionId": execution.id, "state": run.evaluated[COMES_TO], "outputs": run.outputs or {}}
        found["iteration"] = ended
    parents = list(_parents(execution, run))
    if parents:
        found |= {"parent": parents[0], "parents": parents}
    return found


def _value_of_whole(plan: Plan, execution: Execution, run: TaskRun) -> str | None:
    """The steps of a WorkingDirectory have the value of its turn, as if they were one step."""
    parent = execution.runs[run.parent] if run.parent is not None else None
    node = plan.by_id.get(parent.task_id) if parent is not None else None
    return parent.value if parent and node and node.flow is not None and node.flow.whole else None


def _is_after(execution: Execution, run: TaskRun) -> bool:
    return any(one.branch == "after" for one in (run, *_ancestors(execution.runs, run)))


def _item(turns: Sequence[TaskRun]) -> dict[str, Any]:
    """`item` in the nearest of these turns, with those around it."""
    found: dict[str, Any] = {}
    above: list[dict[str, Any]] = []
    for turn in reversed(turns):
        found = {"value": turn.value, "index": turn.iteration}
        if turn.key is not None:
            found["key"] = turn.key
        if above:
            found |= {"parent": above[0], "parents": list(above)}
        above.insert(0, found)
    return found


def _nearest_valued(runs: Mapping[str, TaskRun], run: TaskRun) -> TaskRun:
    """Inside a Loop, whose value a run at any depth has: its own, else that of the nearest loop around."""
    return next((one for one in (run, *_ancestors(runs, run)) if one.value is not None), run)


def _parents(execution: Execution, run: TaskRun) -> Iterator[dict[str, Any]]:
    for ancestor in _ancestors(execution.runs, run):
        if ancestor.is_turn:  # its children have its value, as those of a ForEach do
            continue
        parent: dict[str, Any] = {}
        if ancestor.value is not None:
            parent["taskrun"] = {"value": ancestor.value}
            if ancestor.iteration is not None:
                parent["taskrun"]["iteration"] = ancestor.iteration
        if ancestor.outputs:
            parent["outputs"] = ancestor.outputs
        if parent:
            yield parent


def _ancestors(runs: Mapping[str, TaskRun], run: TaskRun) -> Iterator[TaskRun]:
    parent = run.parent
    while parent is not None:
        ancestor = runs[parent]
        yield ancestor
        parent = ancestor.parent


def _seen(execution: Execution) -> Seen:
    runs = execution.runs
    seen = runs.seen if isinstance(runs, Runs) else None
    if seen is None:
        seen = Seen(runs)
        if isinstance(runs, Runs):
            runs.seen = seen
    if seen.stale:
        _bring_up_to_date(runs, seen)
    return seen


def _bring_up_to_date(runs: Mapping[str, TaskRun], seen: Seen) -> None:
    """Copies each touched map once, so that what was handed out before stays as it was; a scope is handed out whole."""
    outputs, states = _Growing(seen.outputs), _Growing(seen.states)
    for path in dict.fromkeys(seen.stale):
        run = runs.get(path)
        if run is None:
            continue
        if run.is_turn:
            continue
        keys = (run.scope, run.task_id, *_values(runs, run))
        if run.outputs is not None:
            outputs.put(keys, run.outputs)
        states.put(keys, {"state": run.state.value})
    seen.stale = []


def _values(runs: Mapping[str, TaskRun], run: TaskRun) -> tuple[str, ...]:
    """The values of the loops around a run, outermost first, as far as its own outputs are kept apart by them."""
    values = []
    for one in (run, *_ancestors(runs, run)):
        if one.is_turn:
            break
        if one.value is not None and (not one.scope or one.parent != one.scope):
            values.append(one.value)
    return tuple(reversed(values))


class _Growing:
    """A nested map below a root of one's own, changed by copying what is touched, each part once."""

    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root
        self._own = {id(self.root)}

    def put(self, keys: tuple[str, ...], value: Mapping[str, Any]) -> None:
        at = self.root
        for key in keys[:-1]:
            below = at.get(key)
            if not isinstance(below, dict) or id(below) not in self._own:
                below = dict(below) if isinstance(below, dict) else {}
                self._own.add(id(below))
                at[key] = below
            at = below
        old = at.get(keys[-1])
        at[keys[-1]] = {**old, **value} if isinstance(old, Mapping) else dict(value)
