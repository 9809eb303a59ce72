"""The worker's side of a task that has a process of its own: starts it, does what it asks, ends it."""

import asyncio
import contextlib
import inspect
import logging
import multiprocessing
import os
import signal
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from multiprocessing.reduction import ForkingPickler
from operator import attrgetter
from typing import Any

from django.conf import settings

from builder.errors import BuilderError, TaskFailure
from builder.runtime.context import Context
from builder.runtime.isolated.child import begin
from builder.runtime.isolated.messages import ASKED, TOLD, Answer, Call, Done, Failed, Seen
from builder.tasks.base import Task

_ASKED_ALONE = ("encrypt", "render", "run_task")
_SPARE_BYTES = 1_000_000
_making = multiprocessing.get_context("forkserver")
_making.set_forkserver_preload(["builder.runtime.isolated.preloaded"])

log = logging.getLogger(__name__)


async def run_isolated(task: Task, context: Context, threads: ThreadPoolExecutor) -> Mapping[str, Any]:
    """The task's outputs. Cancelled, it kills the process and all that the task started. Raises TaskFailure.

    `threads` are needed for moments only: none waits for what the task says next.
    """
    here, there = _making.Pipe()
    process = _making.Process(target=begin, args=(there, task, _seen(context)), daemon=True)
    in_thread = asyncio.get_running_loop().run_in_executor
    starting = threads.submit(_start, process, there)
    start = asyncio.wrap_future(starting)
    try:
        await asyncio.shield(start)
        while True:
            await _says_something(here)
            said = await in_thread(threads, _heard, here)
            if isinstance(said, Call):
                await _do(said, context, here)
            else:
                return _outputs(said, process)
    finally:
        if starting.cancel():  # no thread was free for it yet
            there.close()
        # Cancelled while it starts, which takes a moment, it is ended once it has started.
        start.add_done_callback(lambda _: _end(process, here))
        await asyncio.wait([start])
        await asyncio.sleep(0)  # the process is gone before the attempt is over


def _start(process: ForkServerProcess, there: Connection) -> None:
    try:
        process.start()
    finally:
        there.close()


async def _says_something(here: Connection) -> None:
    """Returns when there is something to read, be it that it is gone."""
    loop = asyncio.get_running_loop()
    there_is = asyncio.Event()
    loop.add_reader(here.fileno(), there_is.set)
    try:
        await there_is.wait()
    finally:
        loop.remove_reader(here.fileno())


def _seen(context: Context) -> Seen:
    return Seen(
        context.execution_id, context.namespace, context.flow_id, context.task_id, context.attempt,
        context.attempt_key, context.variables, context.working_dir,
        settings.MILLSTREAM["TASK_MEMORY_BYTES"],
    )  # fmt: skip


def _heard(here: Connection) -> Call | Done | Failed | None:
    """What it says next; None when it is gone. No more is read of it than a task may give."""
    try:
        content = here.recv_bytes(2 * settings.MILLSTREAM["OUTPUT_BYTES"] + _SPARE_BYTES)
    except EOFError:
        return None
    except OSError:
        return Failed("It gave more than MILLSTREAM_OUTPUT_BYTES allows at once.", retryable=False)
    found: Call | Done | Failed = ForkingPickler.loads(content)
    return found


async def _do(call: Call, context: Context, here: Connection) -> None:
    first = call.name.partition(".")[0]
    if first not in (*ASKED, *TOLD, *_ASKED_ALONE) or "_" in (first[0], call.name.rpartition(".")[2][0]):
        raise TaskFailure(f"A task asked for {call.name[:100]}, which no task has.", retryable=False)
    try:
        value = attrgetter(call.name)(context)(*call.arguments, **call.options)
        answer = Answer(await value if inspect.isawaitable(value) else value)
    except TaskFailure as error:
        answer = Answer(failure=error.message, retryable=error.retryable)
    except BuilderError as error:
        answer = Answer(failure=error.message)
    if call.is_asked:
        with contextlib.suppress(OSError):  # it is gone; that is heard next
            here.send(answer)


def _outputs(said: Done | Failed | None, process: ForkServerProcess) -> Mapping[str, Any]:
    if isinstance(said, Done):
        return said.outputs
    if said is None:
        raise TaskFailure(_how_it_ended(process))
    if said.unforeseen:
        log.error("A task failed unexpectedly in its own process:\n%s", said.trace)
        raise TaskFailure(f"It failed unexpectedly: {said.unforeseen}: {said.message}")
    raise TaskFailure(
        said.message, retryable=said.retryable, outputs=None if said.outputs is None else dict(said.outputs)
    )


def _how_it_ended(process: ForkServerProcess) -> str:
    process.join(5)
    status = process.exitcode
    if status == -signal.SIGKILL:
        return "Its process was killed (SIGKILL), as happens when the machine runs out of memory."
    if status is not None and status < 0:
        return f"Its process was killed by {signal.Signals(-status).name}."
    return "Its process ended without an answer."


def _end(process: ForkServerProcess, here: Connection) -> None:
    """With its whole group; what it started may outlive it otherwise."""
    here.close()
    if process.pid is None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    process.join(5)
    if process.exitcode is not None:
        process.close()
