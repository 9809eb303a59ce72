"""The runner of one process: an event loop in its own thread that drives many executions side by side."""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.conf import settings

from builder.clock import AgreedClock, Clock
from builder.engine.states import State
from builder.runtime.evaluate import given_here
from builder.runtime.live import Publisher
from builder.runtime.network import Network
from builder.runtime.runner.driven import Driven
from builder.runtime.runner.keeping.database import Database, Saver
from builder.runtime.runner.keeping.plans import Ready, make_ready
from builder.runtime.runner.lease import Heartbeat, set_right
from builder.runtime.runner.suspects import TURN_SECONDS, SuspectProcesses, judged, places_for
from builder.runtime.runner.told.control import listen
from builder.runtime.runner.tools import Tools
from builder.runtime.vitals import spans, telling
from builder.runtime.world.folders import Folders
from builder.store import executions
from builder.store.executions import Claim, SignalRow

_ENDING_SECONDS = 1.5
"""How long what was told to end has for it."""
_STOP_SECONDS = 30
_THREADS = 32
THREAD = "runner"

log = logging.getLogger(__name__)


class Runner:
    """`places`: how many executions at once. Its public methods may be called from any thread.

    `stuck` is called when the event loop has not answered for the setting STUCK_SECONDS: something in it blocks.
    `suspects` gives suspects processes of their own; `for_suspects`: this is one of them, for those that are to have as
    many others beside them as there are places. With neither, all are driven here.
    """

    def __init__(
        self, name: str, clock: Clock, *, places: int, lease_seconds: float, suspects: SuspectProcesses | None = None,
        for_suspects: bool = False, stuck: Callable[[float], None] | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self._clock = AgreedClock(clock)
        self._places = places
        self._lease_seconds = lease_seconds
        self._suspects = suspects
        self._for_suspects = for_suspects
        self._taken = 0
        self._free = threading.Condition()
        self._driven: dict[str, Driven] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._claiming: list[str] = []
        self._claims: asyncio.Task[None] | None = None
        self._stopping = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run_loop, name=THREAD, daemon=True)
        self._heartbeat = Heartbeat(
            name, self._clock, lease_seconds, settings.MILLSTREAM["STUCK_SECONDS"], places, self._held,
            lambda lost: self._call(self._lose, lost), lambda asked: self._call(self._hear, asked),
            self._call, stuck or self._say_stuck,
        )  # fmt: skip

    def start(self) -> None:
        """Begins; leases of an earlier process of this name end at once."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._begin(), self._loop).result()
        self._heartbeat.start()

    def wait_for_place(self, seconds: float) -> int:
        """How many executions could be taken now; waits up to so long for the first place."""
        with self._free:
            self._free.wait_for(lambda: self._taken < self._places, seconds)
            return max(0, self._places - self._taken)

    def wait_until_empty(self) -> None:
        """Returns when nothing is driven here any more."""
        with self._free:
            self._free.wait_for(lambda: self._taken == 0)

    def take(self, ids: Sequence[str]) -> None:
        """Takes these executions up, as far as they are to be had; each takes a place until it is let go."""
        with self._free:
            self._taken += len(ids)
        self._call(self._take, list(ids))

    def stop(self) -> None:
        """Gives everything to others within a few seconds, and ends the loop."""
        if self._suspects is not None:
            self._suspects.stop()
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(
            timeout=_STOP_SECONDS + settings.MILLSTREAM["GRACE_SECONDS"]
        )
        self._heartbeat.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *arguments)

    async def _begin(self) -> None:
        database = Database()
        publisher = Publisher()
        saver = Saver(database, self._clock, publisher.ring)
        self._tools = Tools(
            self._clock, database, saver, publisher, Network(), ThreadPoolExecutor(_THREADS, thread_name_prefix="task"),
            given_here(), Folders(settings.MILLSTREAM["WORK_FOLDER"]),
        )  # fmt: skip
        await asyncio.to_thread(self._tools.folders.open)
        self._listening = asyncio.create_task(listen(self._told))
        await database.call(set_right, self._clock)
        await self._end_leases(self.name)

    async def _end_leases(self, name: str) -> None:
        """Those of a process that is known to be gone: what it drove need not wait until they lapse."""
        left = await self._tools.database.call(executions.give_up, name, self._clock.now())
        if left:
            self._tools.publisher.ring(tuple(left))

    def _take(self, ids: list[str]) -> None:
        for execution_id in ids:
            if execution_id in self._driven or self._stopping:
                self._told(execution_id)
                self._let_go(1)
            elif execution_id in self._claiming:
                self._let_go(1)
            else:
                self._claiming.append(execution_id)
        if self._claiming and (self._claims is None or self._claims.done()):
            self._claims = asyncio.create_task(self._claim())

    async def _claim(self) -> None:
        """Claims that come while the database is busy go together."""
        while self._claiming:
            ids, self._claiming = self._claiming, []
            try:
                found = await self._tools.database.call(self._claim_now, ids)
            except Exception:  # sweep will ring again
                log.exception("%d executions could not be claimed", len(ids))
                found = []
            self._let_go(len(ids) - len(found))
            others: list[Claim] = []
            for ready in found:
                if self._is_ours(ready.claim):
                    self._drive(ready)
                else:
                    others.append(ready.claim)
            if others:
                await self._send_away(others)

    def _is_ours(self, claim: Claim) -> bool:
        places = places_for(claim.losses)
        if self._for_suspects:
            return places == self._places
        return places is None or self._suspects is None

    async def _send_away(self, others: Sequence[Claim]) -> None:
        """Gives the leases back, all at once, for other processes to take; most of many wait for their turn."""
        again_at = self._clock.now() + timedelta(seconds=TURN_SECONDS)
        held = {claim.execution.id: claim.epoch for claim in others}
        losses = {claim.execution.id: claim.losses for claim in others}
        raised = judged(losses) if self._suspects is not None else {}
        try:
            await self._tools.database.call(executions.hand_back, held, again_at, raised)
            if self._suspects is not None:
                self._suspects.start({**losses, **raised}, self._lose_process)
        except Exception:  # their leases lapse, sweep will ring again
            log.exception("%d executions could not be sent away", len(others))
        finally:
            self._let_go(len(others))

    def _claim_now(self, ids: list[str]) -> list[Ready]:
        claims = executions.claim_many(ids, self.name, self._clock.now(), self._lease_seconds)
        return [ready for ready in map(_ready, claims) if ready is not None and self._may_run(ready)]

    def _may_run(self, ready: Ready) -> bool:
        """An execution that waited for its date gets its place among its flow's only now; asked, it obeys first."""
        execution = ready.claim.execution
        if execution.state is not State.CREATED or execution.wake_at is None or ready.claim.signals:
            return True
        concurrency = ready.plan.flow.concurrency if ready.plan is not None else None
        runs, ring = executions.admit_late(execution, concurrency, self._clock.now())
        if ring:
            self._tools.publisher.ring(tuple(ring))
        return runs

    def _drive(self, ready: Ready) -> None:
        driven = Driven(ready, self._tools, leaves=self._for_suspects)
        self._driven[driven.id] = driven
        self._tasks[driven.id] = asyncio.create_task(self._drive_on(driven))

    async def _drive_on(self, driven: Driven) -> None:
        try:
            await driven.run()
            if driven.has_left:
                del self._driven[driven.id]  # the heartbeat shall not miss it
                await self._give_back({driven.id: driven.epoch})
        except Exception:
            log.exception("Execution %s is let go of; it is taken up again when its lease is over", driven.id)
        finally:
            self._driven.pop(driven.id, None)
            self._tasks.pop(driven.id, None)
            self._let_go(1)

    async def _give_back(self, held: Mapping[str, int]) -> None:
        """For others to go on with, at once."""
        await self._tools.database.call(executions.hand_back, held, self._clock.now())
        self._tools.publisher.ring(tuple(held))

    def _say_stuck(self, seconds: float) -> None:
        log.error("The event loop has not answered for %.0f s", seconds)

    def _let_go(self, count: int) -> None:
        with self._free:
            self._taken -= count
            self._free.notify_all()

    def _held(self) -> dict[str, int]:
        return {key: driven.epoch for key, driven in list(self._driven.items())}

    def _lose_process(self, name: str) -> None:
        """One for suspects broke down; called in a thread that may wait."""
        if self._stopping or self._loop.is_closed():
            return
        try:
            asyncio.run_coroutine_threadsafe(self._end_leases(name), self._loop).result()
        except Exception:
            log.exception("The leases of %s could not be ended; they will lapse", name)

    def _lose(self, lost: frozenset[str]) -> None:
        for execution_id in lost:
            driven = self._driven.get(execution_id)
            if driven is not None and not driven.is_saving:
                telling.refused(execution_id)
                driven.lose()

    def _hear(self, asked: dict[str, list[SignalRow]]) -> None:
        for execution_id, rows in asked.items():
            driven = self._driven.get(execution_id)
            if driven is not None:
                driven.hear(rows)

    def _told(self, execution_id: str) -> None:
        if execution_id in self._driven:
            asyncio.create_task(self._read_signals(execution_id))  # noqa: RUF006 - ends by itself, holds nothing

    async def _read_signals(self, execution_id: str) -> None:
        try:
            self._hear(await self._tools.database.call(executions.signals, [execution_id]))
        except Exception as error:  # the heartbeat reads them again
            log.warning("The signals of %s could not be read: %s", execution_id, error)

    async def _end(self) -> None:
        self._stopping = True
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)
        if self._claims is not None:
            await asyncio.wait([self._claims], timeout=_ENDING_SECONDS)
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=settings.MILLSTREAM["GRACE_SECONDS"])
        held = {driven.id: driven.epoch for driven in list(self._driven.values()) if await driven.hand_back()}
        if held:
            await self._give_back(held)
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=_ENDING_SECONDS)
        await self._tools.network.close()
        self._tools.publisher.close()
        self._tools.threads.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(spans.close)
        await asyncio.to_thread(self._tools.folders.close)
        await asyncio.to_thread(self._tools.database.close)


def _ready(claim: Claim) -> Ready | None:
    """None when something went wrong with this one: the others claimed with it shall not suffer."""
    try:
        return make_ready(claim)
    except Exception:  # its lease lapses, sweep will ring again
        log.exception("Execution %s could not be taken up", claim.execution.id)
        return None
