"""What decisions ask of child executions (to be started, started again, and killed), and what is read of their end."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from builder.engine.commands import KillChild, StartChild
from builder.engine.events import ChildEnded, ChildStarted, TaskFailed
from builder.engine.states import State
from builder.errors import BuilderError
from builder.runtime.evaluate import RuntimeLookups
from builder.runtime.runner.born import making as children
from builder.runtime.runner.born.drawing import asked_of, drawn
from builder.runtime.runner.ongoing import Ongoing
from builder.runtime.runner.tools import Tools
from builder.runtime.world.asking import answered
from builder.store.executions import NewExecution


class ChildErrands:
    """Of one execution."""

    def __init__(self, driven: Ongoing, tools: Tools, lookups: RuntimeLookups) -> None:
        self._driven = driven
        self._tools = tools
        self._lookups = lookups

    async def start(self, command: StartChild, seen: Mapping[str, Any]) -> None:
        """Makes a child, or restarts it; `seen`: what the expressions of a batch see."""
        now, call = self._tools.clock.now(), self._tools.database.patient_call
        again = await call(children.restart_child, command.child, now) if command.again else None
        try:
            if command.taskrun is not None and again is None:
                command = await call(children.rendered, command, seen, self._lookups, self._tools.clock)
            child = await self._made(command, now)
        except BuilderError as error:
            self._not_started(command, error, now)
            return
        if again is not None:
            self._tools.publisher.ring((again.id,))
        elif child is not None:
            self._driven.add_child(child)
        elif command.wait:
            ended = await self._tools.database.patient_call(children.ended_child, command.child)
            if ended is not None:
                event = ChildEnded(now, command.path, command.child, ended.state, ended.outputs)
                self._driven.feed(await self.drawn(event))
        self._driven.feed(ChildStarted(now, command.path, command.child))

    async def _made(self, command: StartChild, now: datetime) -> NewExecution | None:
        """What the child's inputs ask of others is asked while the database's thread does something else."""
        call, masker = self._tools.database.patient_call, self._driven.journal.masker
        parent = self._driven.execution
        return await answered(
            self._tools.network, lambda known: call(children.make_child, parent, command, now, masker, known)
        )

    def _not_started(self, command: StartChild, error: BuilderError, now: datetime) -> None:
        message = self._driven.journal.masker.text(f"The flow cannot be started: {error.message}")
        if command.taskrun is None:
            self._driven.feed(TaskFailed(now, command.path, 0, message, retryable=False))
        else:
            self._driven.feed(ChildEnded(now, command.path, command.child, State.FAILED, None, message))

    async def kill(self, command: KillChild) -> None:
        """Asks a child to end, or says that it has ended."""
        now = self._tools.clock.now()
        if await self._tools.database.patient_call(children.kill_child, command.child, now):
            self._tools.publisher.notify(command.child)
            return
        ended = await self._tools.database.patient_call(children.ended_child, command.child)
        state, outputs = (ended.state, ended.outputs) if ended else (State.KILLED, None)
        runs = self._driven.execution.runs.values()
        for path in [command.path] if command.path else [run.path for run in runs if run.child == command.child]:
            self._driven.feed(await self.drawn(ChildEnded(now, path, command.child, state, outputs)))

    def draws(self, event: ChildEnded) -> bool:
        """Whether outputs have to be read in the child before the run that waits for it hears of its end."""
        return bool(asked_of(self._driven.plan, self._driven.execution, event))

    async def drawn(self, event: ChildEnded) -> ChildEnded:
        """The end of a child with the outputs that the run which waits for it names itself."""
        tools, asked = self._tools, asked_of(self._driven.plan, self._driven.execution, event)
        if not asked:
            return event
        call = tools.database.patient_call
        return await answered(tools.network, lambda known: call(drawn, event, asked, tools.given, tools.clock, known))

    async def hear(self, event: ChildEnded, signal: int) -> None:
        """The same for an end that a signal told of: until it is obeyed, the signal stays."""
        self._driven.obey(signal, await self.drawn(event))
