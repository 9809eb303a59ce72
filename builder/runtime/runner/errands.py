"""What decisions ask of the world for one execution: templates, tasks and child executions; answers come as events."""

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from builder.engine.commands import CancelTask, Command, Evaluate, KeepRows, KillChild, RunTask, StartChild
from builder.engine.events import (
    ChildEnded,
    Evaluated,
    EvaluationFailed,
    Event,
    LogKept,
    ResumeRequested,
    TaskKilled,
    TaskSucceeded,
)
from builder.engine.execution import TaskRun
from builder.engine.moving.overall import listening
from builder.engine.moving.overall.sla import is_question
from builder.engine.plan import Node, is_set
from builder.engine.variables import variables
from builder.expressions import ExpressionError, needs_lookups, result_to_json
from builder.flows.inputs.values import BadValue
from builder.flows.model import Output
from builder.flows.outputs import flow_outputs
from builder.runtime.context import Context
from builder.runtime.evaluate import RuntimeLookups, render
from builder.runtime.files import storage
from builder.runtime.runner.born import making as children
from builder.runtime.runner.born.errands import ChildErrands
from builder.runtime.runner.doing import acting
from builder.runtime.runner.doing.attempts import Attempt
from builder.runtime.runner.doing.workplaces import Workplaces
from builder.runtime.runner.failures import place_of
from builder.runtime.runner.keeping.plans import Ready, holds_sealed
from builder.runtime.runner.ongoing import Ongoing
from builder.runtime.runner.told.listeners import hears, upstream_of
from builder.runtime.runner.tools import Tools
from builder.runtime.world.asking import answered
from builder.runtime.world.folders import Folder
from builder.runtime.world.place import Place
from builder.store.encryption import encrypt, opened

log = logging.getLogger(__name__)


class Errands:
    """The coroutines that are under way for one execution."""

    def __init__(self, driven: Ongoing, ready: Ready, tools: Tools) -> None:
        self._driven = driven
        self._tools = tools
        self._inputs = ready.inputs
        self._sealed = ready.sealed
        self._attempts: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._others: set[asyncio.Task[None]] = set()
        self._workplaces = Workplaces(tools.folders)
        self._lookups = RuntimeLookups(
            driven.id,
            driven.execution.namespace,
            ready.files_of,
            driven.journal.masker,
            tools.clock,
            self._unsaved_errors,
            kv_missing_is_null=ready.plan is not None and ready.plan.flow.compat.kv_missing_is_null,
        )
        self._child_errands = ChildErrands(driven, tools, self._lookups)

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._attempts or self._others or self._workplaces.any_open)

    @property
    def any_folder_open(self) -> bool:
        """Whether a block is at work in a folder, so that it must go on here."""
        return self._workplaces.any_open

    def on_the_spot(self, command: Command) -> Event | None:
        """The answer to a question or a quick task that touches nothing outside; None: it must be sent out."""
        if isinstance(command, Evaluate) and not command.acts and not needs_lookups(command.template):
            return self._evaluated(command, self._variables(command.path), None)
        if isinstance(command, RunTask):
            return self._at_once(command)
        return None

    def _at_once(self, command: RunTask) -> Event | None:
        attempt = self._attempt(command)
        if attempt is None or not attempt.at_once:
            return None
        try:
            return attempt.make()
        finally:
            self._workplaces.leave(command.path, command.attempt)

    def heed(self, events: Iterable[Event]) -> None:
        """Outputs of a child may hold encrypted values, as a task's and a resume's inputs may; folders of blocks that
        ended go."""
        self._workplaces.tidy(self._driven.execution.runs)
        self._sealed = self._sealed or any(
            (isinstance(event, ChildEnded | TaskSucceeded) and holds_sealed(event.outputs))
            or (isinstance(event, ResumeRequested) and holds_sealed(event.inputs))
            for event in events
        )

    def send_out(self, command: Command) -> None:
        """Carries out what was decided and saved."""
        match command:
            case Evaluate():
                self.evaluate(command)
            case RunTask():
                self.run_task(command)
            case StartChild():
                self.start_child(command)
            case KillChild():
                self._other(self._child_errands.kill(command))
            case KeepRows():
                self._other(self._answer(self._keep_rows(command)))

    def evaluate(self, command: Evaluate) -> None:
        """Renders on the database thread, since it reads keys, secrets or files; or acts."""
        if command.acts:
            self._act(command)
            return
        seen = self._variables(command.path)
        call = self._tools.database.patient_call
        self._other(self._answer(answered(
            self._tools.network, lambda known: call(self._evaluated, command, seen, self._lookups.knowing(known)))
        ))  # fmt: skip

    def run_task(self, command: RunTask) -> None:
        """Starts an attempt."""
        key = (command.path, command.attempt)
        attempt = self._attempt(command)
        if attempt is None or key in self._attempts:
            return
        self._attempts[key] = asyncio.create_task(self._attempted(attempt, key))

    def cancel(self, command: CancelTask) -> bool:
        """Cuts an attempt; its TaskKilled follows. False: it is not under way here."""
        task = self._attempts.get((command.path, command.attempt))
        return task is not None and (task.cancel() or True)

    def start_child(self, command: StartChild) -> None:
        self._other(self._child_errands.start(command, self._variables(command.path.rpartition("[")[0])))

    def draw(self, event: Event | None, signal: int) -> bool:
        """Reads what the run wants of its child first, where it wants something; the signal is obeyed after that."""
        if not isinstance(event, ChildEnded) or not self._child_errands.draws(event):
            return False
        self._other(self._child_errands.hear(event, signal))
        return True

    def cancel_all(self) -> list[str]:
        """Cuts everything; returns the paths of the attempts that were under way."""
        self._workplaces.close()
        for task in (*self._attempts.values(), *self._others):
            task.cancel()
        return [path for path, _ in self._attempts]

    async def _attempted(self, attempt: Attempt, key: tuple[str, int]) -> None:
        event: Event | None = None
        try:
            event = await attempt.carry_out()
        except asyncio.CancelledError:
            event = TaskKilled(self._tools.clock.now(), *key)
            raise
        finally:
            log_file = await attempt.context.kept_log()
            self._attempts.pop(key, None)
            self._workplaces.leave(*key)
            if log_file:
                self._driven.feed(LogKept(self._tools.clock.now(), *key, log_file))
            if event is not None:
                self._driven.feed(event)

    def _attempt(self, command: RunTask) -> Attempt | None:
        plan, execution = self._driven.plan, self._driven.execution
        run = execution.runs.get(command.path)
        if plan is None or run is None:
            return None
        node = plan.node(run)
        context = self._context(node, run, command.attempt, self._workplaces.enter(run, command.attempt))
        return Attempt(command, node, run, context, self._lookups, self._driven.journal.masker,
                       self._tools.database.patient_call, self._tools.threads)  # fmt: skip

    def _act(self, command: Evaluate) -> None:
        plan, run = self._driven.plan, self._driven.execution.runs.get(command.path or "")
        if plan is None or run is None:
            return
        node = plan.node(run)
        folder = self._workplaces.of_block(run.path, anew="#" not in command.name)
        context = self._context(node, run, 0, folder)
        say = partial(self._said, command)
        self._other(self._answer(acting.answered(command, node, context, self._driven.journal.masker, say)))

    def _context(self, node: Node, run: TaskRun, attempt: int, folder: Folder) -> Context:
        execution = self._driven.execution
        level = str(node.properties.get("logLevel") or "TRACE")
        place = Place(execution.id, execution.namespace, execution.flow_id, run.task_id, run.path, run.id,
                      attempt, level, is_set(node.properties, "logToFile"))  # fmt: skip
        seen = {**self._variables(run.path), "workingDir": str(folder.path)}
        return Context(
            place, seen, self._driven.journal, self._lookups, self._tools.network,
            self._tools.database.patient_call,
            lambda text, offset: self._tools.publisher.text(execution.id, run.path, attempt, text, offset),
            self._driven.logged, self._driven.save_now, folder,
        )  # fmt: skip

    def _variables(self, path: str | None) -> dict[str, Any]:
        assert self._driven.plan is not None
        execution = replace(self._driven.execution, inputs=self._inputs)
        seen = variables(self._driven.plan, execution, path, **self._tools.given)
        if self._sealed and "outputs" in seen:
            seen["outputs"], secret = opened(seen["outputs"])
            self._driven.journal.masker.add(secret)
        return seen

    def _evaluated(self, command: Evaluate, seen: Mapping[str, Any], lookups: RuntimeLookups | None) -> Event:
        now = self._tools.clock.now
        try:
            if command.path is None and command.name == "outputs":
                value: Any = self._outputs(seen, lookups)
            elif command.path is None and listening.is_question(command.name):
                value = self._hears(command, seen, lookups)
            else:
                value = result_to_json(render(command.template, seen, lookups, self._tools.clock, typed=command.typed))
        except (ExpressionError, BadValue) as error:
            return EvaluationFailed(now(), command.path, command.name, self._said(command, str(error)))
        return Evaluated(now(), command.path, command.name, value)

    def _hears(self, command: Evaluate, seen: Mapping[str, Any], lookups: RuntimeLookups | None) -> bool:
        """Whether a listener's conditions hold."""
        assert self._driven.plan is not None

        def rendered(value: Any, *, typed: bool = False) -> Any:
            return render(value, known, lookups, self._tools.clock, typed=typed)

        upstream = upstream_of(self._driven.plan, self._driven.execution)
        known = {**seen, "execution": {**seen["execution"], "state": upstream.state}}
        holds, broken = hears(rendered, upstream, command.template)
        if broken:
            self._driven.journal.log(None, "WARN", self._driven.journal.masker.text(broken))
        return holds

    def _outputs(self, seen: Mapping[str, Any], lookups: RuntimeLookups | None) -> dict[str, Any]:
        assert self._driven.plan is not None
        masker = self._driven.journal.masker

        def rendered(output: Output) -> Any:
            value = result_to_json(render(output.value, seen, lookups, self._tools.clock, typed=False))
            return value if output.type == "SECRET" else masker.value(value)

        return flow_outputs(self._driven.plan.flow.outputs, rendered, encrypt=encrypt)

    def _said(self, command: Evaluate, message: str) -> str:
        if command.path is None and is_question(command.name):  # the engine notes it, the log says it once
            return self._driven.journal.masker.text(message)
        text = self._driven.journal.masker.text(f"{command.name}: {message}")
        run = self._driven.execution.runs.get(command.path) if command.path else None
        place = place_of(self._driven.execution, run) if run is not None else None
        self._driven.journal.log(place, "ERROR", text)
        return text

    async def _keep_rows(self, command: KeepRows) -> Event:
        rows = map(self._driven.journal.masker.value, command.rows or children.outputs_of(command.children))
        call = self._tools.database.patient_call
        uri = await call(storage.put_rows, self._driven.id, f"{command.name}.ion", rows)
        return Evaluated(self._tools.clock.now(), command.path, command.name, uri)

    async def _answer(self, working: Coroutine[Any, Any, Event]) -> None:
        self._driven.feed(await working)

    def _other(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guarded(work))
        self._others.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._others.discard(task)
        self._driven.wake()

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:  # the database is away, for instance: let go, another runner takes it up
            log.exception("Execution %s is let go of", self._driven.id)
            self._driven.lose()

    def _unsaved_errors(self) -> list[dict[str, Any]]:
        return [
            {"taskId": line.task_id, "taskRunId": line.run_id, "level": line.level, "message": line.message,
             "timestamp": line.at, "attemptNumber": line.attempt}
            for line in list(self._driven.journal.lines)
            if line.level == "ERROR"
        ]  # fmt: skip
