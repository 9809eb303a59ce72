"""Flows that call each other, carried out at once and in memory by the real engine, expressions and tasks."""

import asyncio
import inspect
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from builder.engine import events as happened
from builder.engine.again.replay import tried_again
from builder.engine.commands import Evaluate, StartChild
from builder.engine.execution import Execution
from builder.engine.plan import Plan, build_plan
from builder.engine.play import Done, Theatre, fresh
from builder.engine.states import State
from builder.engine.variables import variables as variables_of
from builder.errors import NotFound, TaskFailure
from builder.expressions import ExpressionError, render_value
from builder.flows.check import check
from builder.flows.inputs import resolve
from builder.flows.read import read_flow
from builder.tasks.catalogue import catalogue
from builder.tasks.condition import Upstream
from builder.tasks.judge import Judge
from builder.tasks.prepare import dump_outputs, prepare
from builder.tasks.testing import FakeContext, FakeFiles
from builder.tasks.testing.elsewhere import FakeElsewhere
from builder.tasks.testing.kv import FakeKv
from tests.engine.flows import find


@dataclass
class World:
    """Published flows and what ran of them."""

    plans: dict[tuple[str, str], Plan] = field(default_factory=dict)
    executions: dict[str, Execution] = field(default_factory=dict)
    logs: list[tuple[str, str]] = field(default_factory=list)
    """Task id and message."""
    envs: Mapping[str, Any] = field(default_factory=dict)
    globals: Mapping[str, Any] = field(default_factory=dict)
    kv: FakeKv = field(default_factory=lambda: FakeKv("nobody"))
    files: FakeFiles = field(default_factory=FakeFiles)
    context: type[FakeContext] = FakeContext
    folders: dict[str, Path] = field(default_factory=dict)
    """Of the WorkingDirectories at work, by path."""

    def publish(self, text: str) -> Plan:
        checked = check(text, catalogue())
        templates = all("never closed" in problem.message for problem in checked.errors)
        flow = checked.flow or (read_flow(checked.document.data) if templates else checked.valid_flow)
        plan = build_plan(flow, 1, find, lambda namespace, id: self.plans[namespace, id].flow)
        self.plans[flow.namespace, flow.id] = plan
        return plan

    def create(
        self,
        plan: Plan,
        inputs: Mapping[str, Any],
        *,
        labels: tuple[tuple[str, str], ...] = (),
        raw: bool = False,
        **more: Any,
    ) -> Execution:
        number = f"execution{len(self.executions)}"
        number = more.pop("id", number)
        resolved = resolve(plan.flow.inputs, {} if raw else inputs, render=_render)
        if resolved.faults and not raw:
            raise TaskFailure("; ".join(fault.message for fault in resolved.faults))
        values = {**resolved.values, **inputs} if raw else resolved.values
        if raw:
            values = {key: value for key, value in values.items() if value is not None or key in inputs}
        execution = fresh(plan, id=number, inputs=values, **more)
        correlated = (
            () if any(key == "system.correlationId" for key, _ in labels) else (("system.correlationId", number),)
        )
        execution = replace(execution, labels=(*execution.labels, *labels, *correlated))
        self.executions[number] = execution
        return execution

    def run(self, execution: Execution, *events: happened.Event) -> Execution:
        plan = self.plans[execution.namespace, execution.flow_id]
        theatre = self.theatre(plan, execution)
        ended = theatre.run(execution, *events)
        while self.folders:
            shutil.rmtree(self.folders.popitem()[1])
        self.executions[execution.id] = ended
        if ended.state is State.RETRIED:
            again = tried_again(ended, theatre.now)
            self.executions[again.id] = again
            return self.run(again)
        return ended

    def theatre(self, plan: Plan, execution: Execution) -> Theatre:
        def work(path: str, variables: Mapping[str, Any], attempt: int) -> Done:
            block, _, task_id = path.rpartition("/")
            return self.work(plan, task_id, variables, attempt, self.folders.get(block))

        def act(ask: Evaluate, value: Any, variables: Mapping[str, Any]) -> Any:
            return self.act(plan, ask, value, variables)

        latest = max(at for _, at in execution.history) + timedelta(seconds=1)

        def judge(conditions: Any, variables: Mapping[str, Any], state: State) -> bool:
            upstream = Upstream(plan.flow.namespace, plan.flow.id, state.value)
            asked = Judge(lambda value, *, typed=False: _render(value, variables, typed=typed), upstream)
            return asked.objection(conditions) is None

        return Theatre(plan, _render_for_engine, work, self.call, judge, self.globals, self.envs, latest, act)

    def act(self, plan: Plan, ask: Evaluate, value: Any, variables: Mapping[str, Any]) -> Any:
        path = str(ask.path)
        if "#" not in ask.name:
            self.folders[path] = Path(tempfile.mkdtemp())
        flow = plan.by_id[path.rpartition("/")[2]].flow
        assert flow is not None
        context = self._context(plan, flow.id, variables, 1, self.folders[path])
        return asyncio.run(flow.act(ask.name.partition("#")[0], value, context))

    def _context(
        self, plan: Plan, task_id: str, variables: Mapping[str, Any], attempt: int, folder: Path | None
    ) -> FakeContext:
        context = self.context(namespace=plan.flow.namespace, variables=variables)
        context.kv.entries, context.files, context.attempt = self.kv.entries, self.files, attempt
        context.elsewhere = Beyond(self)
        context.flow_id, context.task_id, context.folder = plan.flow.id, task_id, folder
        return context

    def work(
        self, plan: Plan, task_id: str, variables: Mapping[str, Any], attempt: int, folder: Path | None = None
    ) -> Done:
        node = plan.by_id[task_id]
        context = self._context(plan, task_id, variables, attempt, folder)
        ready = prepare(node.task, node.properties, context.render_now)
        run = cast(Any, ready.run)
        try:
            result = asyncio.run(_awaited(run, context)) if inspect.iscoroutinefunction(run) else run(context)
        finally:
            context.close()
            self.logs += [(task_id, message) for _, message in context.logs]
        return Done(dump_outputs(result), tuple(context.effects))

    def call(self, command: StartChild, parent: Execution) -> tuple[State, Mapping[str, Any] | None, str]:
        request = command.request
        plan = self.plans.get((str(request["namespace"]), str(request["flowId"])))
        if plan is None:
            raise TaskFailure(f"There is no flow {request['namespace']}.{request['flowId']}.")
        labels = _labels(request["labels"])
        inherited = tuple(
            label for label in parent.labels if request["inheritLabels"] or label[0].startswith("system.")
        )
        variables = {
            "executionId": parent.id,
            "namespace": parent.namespace,
            "flowId": parent.flow_id,
            "flowRevision": parent.revision,
        }
        child = self.create(
            plan,
            request["inputs"],
            labels=(*labels, *inherited),
            id=command.child,
            parent_id=parent.id,
            parent_path=command.path,
            trigger={"id": command.path, "type": "io.kestra.plugin.core.flow.Subflow", "variables": variables},
        )
        ended = self.run(child)
        if ended.outputs is not None or not request["outputs"]:
            return ended.state, ended.outputs, ""
        try:
            return ended.state, render_value(request["outputs"], variables_of(plan, ended)), ""
        except ExpressionError as error:
            return ended.state, None, str(error)

    def find(self, id: str) -> Execution:
        if id not in self.executions:
            raise NotFound(f"There is no execution {id}.")
        return self.executions[id]

    def children(self, root: Execution) -> list[Execution]:
        return [execution for execution in self.executions.values() if execution.parent_id == root.id]


class Beyond(FakeElsewhere):
    """Resumes what this world runs, and reads what it logged."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        self.lines = [{"taskId": task_id, "message": message} for task_id, message in world.logs]

    async def resume(
        self, execution_id: str | None, inputs: Mapping[str, Any], *, namespace: str | None = None,
        flow_id: str | None = None,
    ) -> None:  # fmt: skip
        paused = self._world.executions.get(execution_id or "")
        if paused is None:
            await super().resume(execution_id, inputs, namespace=namespace, flow_id=flow_id)
            return
        at = paused.history[-1][1] + timedelta(seconds=1)
        event = happened.ResumeRequested(at, None, inputs)
        await asyncio.to_thread(self._world.run, paused, event)


async def _awaited(run: Any, context: FakeContext) -> Any:
    try:
        return await run(context)
    finally:
        await context.http.close()


def _render(value: Any, variables: Mapping[str, Any], *, typed: bool = False, now: datetime | None = None) -> Any:
    return render_value(value, variables, typed=typed, now=now)


def _render_for_engine(template: Any, variables: Mapping[str, Any], typed: bool) -> Any:
    return render_value(template, variables, typed=typed)


def _labels(labels: Any) -> tuple[tuple[str, str], ...]:
    if isinstance(labels, Mapping):
        return tuple((str(key), str(value)) for key, value in labels.items())
    return tuple((str(label["key"]), str(label["value"])) for label in labels)
