"""Plans for engine tests, from short YAML: `type: Log` stands for the task whose type name ends so."""

import textwrap
from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml

from builder.engine.execution import Execution
from builder.engine.plan import Plan, build_plan
from builder.engine.play import Theatre, fresh
from builder.errors import TaskFailure
from builder.expressions import render_value
from builder.flows.catalogue import Kind
from builder.flows.model import Flow, Output
from builder.flows.read import read_listeners, read_slas
from builder.tasks.base import Task
from builder.tasks.catalogue import catalogue


@cache
def _names() -> dict[str, str]:
    return {entry.plugin.short_name(): entry.name for entry in catalogue().all(Kind.TASK)}


def find(name: str) -> type[Task]:
    return catalogue().task_class(_names().get(name, name))


def plan_of(text: Any, **more: Any) -> Plan:
    written = yaml.safe_load(textwrap.dedent(text)) if isinstance(text, str) else text
    if isinstance(written, list):
        written = {"tasks": written}
    flow = Flow(
        id="flow",
        namespace="team",
        tasks=tuple(written["tasks"]),
        errors=tuple(written.get("errors", ())),
        finally_=tuple(written.get("finally", ())),
        retry=written.get("retry"),
        variables=written.get("variables", {}),
        after_execution=tuple(written.get("afterExecution", ())),
        outputs=tuple(Output(one["id"], one["type"], one["value"]) for one in written.get("outputs", ())),
        listeners=read_listeners(written.get("listeners")),
        sla=read_slas(written.get("sla")),
        **more,
    )
    return build_plan(flow, 1, find)


def theatre(plan: Plan, *, fails: Mapping[str, int] | None = None, **more: Any) -> Theatre:
    """Every task gives its path; the task ids in `fails` fail that many times first."""
    left = dict(fails or {})

    def work(path: str, variables: Mapping[str, Any], attempt: int) -> Mapping[str, Any]:
        task = path.rpartition("/")[2]
        if left.get(task, 0) > 0:
            left[task] -= 1
            raise TaskFailure(f"{task} failed.")
        return {"value": path}

    return Theatre(plan, lambda template, seen, typed: render_value(template, seen, typed=typed), work, **more)


def run(text: str, **more: Any) -> Execution:
    plan = plan_of(text)
    inputs = more.pop("inputs", {})
    return theatre(plan, **more).run(fresh(plan, inputs=inputs))


def states(execution: Execution) -> dict[str, str]:
    return {path: run.state.value for path, run in execution.runs.items()}
