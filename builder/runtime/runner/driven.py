"""One execution in a runner's hands: events go in, decisions are saved, and only then is done what acts outside."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from builder.engine.again.restart import broken_off
from builder.engine.commands import CancelTask, Command, RunTask, TryAgain
from builder.engine.decide import decide_all
from builder.engine.events import Event, TaskKilled, Woken
from builder.engine.execution import Execution
from builder.engine.states import TERMINAL
from builder.runtime.context import Journal
from builder.runtime.masking import Masker
from builder.runtime.runner.born import making as children
from builder.runtime.runner.errands import Errands
from builder.runtime.runner.failures import count_lost, log_unsaid
from builder.runtime.runner.keeping.kept import as_kept
from builder.runtime.runner.keeping.plans import Ready
from builder.runtime.runner.suspects import GAVE_UP, MOST_LOSSES
from builder.runtime.runner.told import signals, taking_up
from builder.runtime.runner.told.alarm import Alarm
from builder.runtime.runner.tools import Tools
from builder.runtime.vitals import telling
from builder.store.executions import NewExecution, Saved, SignalRow

HORIZON_SECONDS = 3.0
"""Shorter waits are sat out with the lease in hand; for longer ones it is given up."""
_SLICE_SECONDS = 0.02
_LOG_SECONDS = 0.2


class Driven:
    """Everything happens on the event loop; `run` returns when the execution ended, was parked, lost or handed back.

    `leaves`: it is for others to go on with once what was lost has come through; `has_left`: they may have the lease.
    """

    def __init__(self, ready: Ready, tools: Tools, *, leaves: bool = False) -> None:
        claim = ready.claim
        self.id = claim.execution.id
        self.epoch = claim.epoch
        self._noted = len(claim.execution.history)
        self.plan = ready.plan
        self.execution: Execution = taking_up.taken_up(claim.execution)
        self._own = (self.execution.labels, self.execution.variables)
        self._claim = claim
        self._tools = tools
        self._problem = ready.problem
        self._inbox: deque[Event] = deque()
        self._waiting: list[Command] = []
        self._changed: set[str] = set()
        self._consumed: list[int] = []
        self._heard: set[int] = set()
        self._children: list[NewExecution] = []
        self._leaves, self._in_question = leaves, taking_up.InQuestion(claim, ())
        self._dirty = self.execution is not claim.execution
        self._over = self._leaving = self._came_through = self.has_left = False
        self._saving = asyncio.Lock()
        self._woken = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._alarm, self._nudge = Alarm(self._loop), Alarm(self._loop)
        masker = Masker()
        masker.add(ready.secrets)
        self.journal = Journal(masker, tools.clock)
        self._errands = Errands(self, ready, tools)

    async def run(self) -> None:
        """Drives on until there is nothing to do for this runner."""
        telling.begin(self.execution, self.journal.masker)
        try:
            await self._begin()
            while not self._over:
                await self._woken.wait()
                self._woken.clear()
                await self._step()
        finally:
            self._stop()

    def feed(self, event: Event) -> None:
        """Something happened."""
        self._inbox.append(event)
        self._woken.set()

    @property
    def is_saving(self) -> bool:
        """A save is under way: it may be giving the lease up, and it will tell when the lease is lost."""
        return self._saving.locked()

    def wake(self) -> None:
        """Something is over, or was logged; there may be nothing left to do here."""
        self._woken.set()

    def hear(self, rows: Iterable[SignalRow]) -> None:
        """What somebody asked; each signal is obeyed once."""
        for row in rows:
            if row.id not in self._heard:
                self._heard.add(row.id)
                event = signals.event_of(row, self._now())
                if not self._errands.draw(event, row.id):
                    self.obey(row.id, event)
        self._woken.set()

    def obey(self, signal: int, event: Event | None) -> None:
        """Does what a signal says, and consumes it with that."""
        self._consumed.append(signal)
        self._dirty = True
        if event is not None:
            self._inbox.append(event)
        self._woken.set()

    def add_child(self, child: NewExecution) -> None:
        """An execution to create in the next transaction."""
        self._children.append(child)
        self._dirty = True
        self._woken.set()

    def logged(self) -> None:
        """Log lines wait; they are saved within a moment, also while a task runs on. Callable from any thread."""
        if not self._nudge.is_set:
            self._loop.call_soon_threadsafe(self._nudge_soon)

    def lose(self) -> None:
        """Somebody else has it: everything stops and nothing more is written."""
        self._over = True
        self._errands.cancel_all()
        self._woken.set()

    async def save_now(self) -> None:
        """What was done and logged so far is kept when this returns: a task is about to read it."""
        async with self._saving:
            if not self._over and not await self._save(parked=False):
                self.lose()

    async def hand_back(self) -> bool:
        """The process stops: work is cut; what is known is saved, also what just came. True: give the lease back."""
        self._leaving = True
        async with self._saving:
            if self._over:
                return False
            self._apply_waiting()
            cut = self._errands.cancel_all()
            self._over = True
            self._woken.set()
            if cut:
                self.journal.log(None, "WARN", f"The worker stops; done again elsewhere: {', '.join(sorted(cut))}.")
            return await self._save(parked=False) and self.execution.state not in TERMINAL

    def _now(self) -> datetime:
        return self._tools.clock.now()

    async def _begin(self) -> None:
        now = self._now()
        if self.plan is None or self._claim.losses >= MOST_LOSSES:
            await self._break_off(self._problem or GAVE_UP, now)
            return
        events, self._waiting = taking_up.under_way(self.plan, self._claim, now)
        self._in_question = taking_up.InQuestion(self._claim, events)
        self._inbox.extend(events)
        count_lost(self.journal, self.plan, self.execution, events)
        telling.taken_up(events)
        self.hear(self._claim.signals)

    async def _step(self) -> None:
        if self._leaving:
            return
        self._apply_waiting()
        if not self._over and (self._dirty or self.journal.lines or self.journal.points or self._idle):
            await self._keep()
        if self._over or self._leaving:
            return
        if not self._rests:
            self._send_out()
        elif self._waiting and not (self._inbox or self._errands.busy):
            self.execution = taking_up.unsent(self.execution)
            self.has_left = await self.hand_back()
            return
        self._set_alarm()
        if self._inbox:
            self._woken.set()
            await asyncio.sleep(0)

    def _apply_waiting(self) -> None:
        """All that has come by now, and what follows from it as far as a moment allows."""
        started = time.monotonic()
        while self._inbox and not self._over and time.monotonic() - started < _SLICE_SECONDS:
            self._apply()

    def _apply(self) -> None:
        """Applies what waits, with everything that can be done on the spot."""
        events, self._inbox = list(self._inbox), deque()
        if self.plan is None:
            return
        decision = decide_all(self.plan, self.execution, events)
        if decision.changed or decision.execution != self.execution:
            self._dirty = True
        log_unsaid(self.journal, self.execution, decision.execution, decision.changed, events)
        self.execution = decision.execution
        self._errands.heed(events)
        self._changed |= decision.changed
        self._in_question.look(self.execution)
        for command in decision.commands:
            answer = self._errands.on_the_spot(command)
            if answer is not None:
                self._inbox.append(answer)
            elif isinstance(command, TryAgain):
                self._children.append(children.make_next(self.execution, self.plan, command, self._claim, self._now()))
            elif isinstance(command, CancelTask):
                self._cancel(command)
            else:
                self._waiting.append(command)

    def _cancel(self, command: CancelTask) -> None:
        waiting = RunTask(command.path, command.attempt)
        if waiting in self._waiting:
            self._waiting.remove(waiting)
        if not self._errands.cancel(command):
            self._inbox.append(TaskKilled(self._now(), command.path, command.attempt))

    @property
    def _rests(self) -> bool:
        """What was lost came through, and that is saved: what is begun from now on is for others to carry out."""
        return self._leaves and self._came_through and not self._errands.any_folder_open

    def _send_out(self) -> None:
        """What was decided is saved: now it may act outside."""
        waiting, self._waiting = self._waiting, []
        for command in waiting:
            self._errands.send_out(command)

    @property
    def _idle(self) -> bool:
        """Nothing is under way here, and nothing will be soon."""
        if self._inbox or self._waiting or self._children or self._errands.busy:
            return False
        wake_at = self.execution.wake_at
        return wake_at is None or wake_at > self._now() + timedelta(seconds=HORIZON_SECONDS)

    async def _keep(self) -> None:
        ended = self.execution.state in TERMINAL
        parked = not ended and self._idle
        async with self._saving:
            if not await self._save(parked=parked):
                self.lose()
            elif ended or parked:
                self._over = True
        if parked and self._inbox:
            self._tools.publisher.ring((self.id,))

    async def _save(self, *, parked: bool) -> bool:
        lines, points = self.journal.take()
        changed, self._changed = frozenset(self._changed), set()
        consumed, self._consumed = self._consumed, []
        born, self._children = [child for child in self._children if children.is_wanted(self.execution, child)], []
        self._dirty, noted, self._noted = False, self._noted, len(self.execution.history)
        before, self._own = self._own, (self.execution.labels, self.execution.variables)
        altered = before != self._own
        execution = await as_kept(self.execution, changed, self.journal.masker)
        saved = Saved(
            execution=execution, epoch=self.epoch, changed=changed, logs=lines, metrics=points,
            consumed=consumed, children=born, settled=self._in_question.is_over, altered=altered, parked=parked,
            passed=execution.history[noted:],
        )  # fmt: skip
        kept = await self._tools.saver.save(saved)
        if kept:
            self._came_through = saved.settled
            self._tools.publisher.saved(self.id, saved.execution.state.value, changed)
            telling.saved(saved)
        else:
            telling.refused(self.id)
        return kept

    async def _break_off(self, why: str, now: datetime) -> None:
        """No decision can be made on it (its text cannot be run any more), so the execution ends here."""
        live = [run for run in self.execution.runs.values() if run.state not in TERMINAL]
        for child in children.begun_by(live):
            await self._tools.database.patient_call(children.kill_child, child, now)
            self._tools.publisher.notify(child)
        self.execution = broken_off(self.execution, why, now)
        self._changed |= {run.path for run in live}
        self.journal.log(None, "ERROR", why)
        self._dirty = True
        self._woken.set()

    def _set_alarm(self) -> None:
        self._alarm.clear()
        wake_at = self.execution.wake_at
        if wake_at is not None:
            self._alarm.set_at(wake_at, self._now, lambda: self.feed(Woken(max(wake_at, self._now()))))

    def _nudge_soon(self) -> None:
        if not self._nudge.is_set and not self._over:
            self._nudge.set(_LOG_SECONDS, self.wake)

    def _stop(self) -> None:
        self._errands.cancel_all()
        self._alarm.clear()
        self._nudge.clear()
