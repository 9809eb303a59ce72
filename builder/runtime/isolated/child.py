"""A task's own process: limits first, then the task's `run`, whose context asks the worker."""

import asyncio
import ctypes
import inspect
import os
import resource
import signal
import sys
import threading
import traceback
from collections.abc import Mapping
from functools import partial
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any

import django

from builder.clock import SystemClock
from builder.errors import BuilderError, TaskFailure
from builder.runtime.isolated.messages import ASKED, TOLD, Answer, Call, Done, Failed, Seen
from builder.runtime.network import Network
from builder.runtime.world.files import Outgoing
from builder.tasks.base import Task
from builder.tasks.prepare import dump_outputs

_PR_SET_PDEATHSIG = 1
_TRACE_CHARACTERS = 20_000


def begin(worker: Connection, task: Task, seen: Seen) -> None:
    """The whole life of the process."""
    django.setup()
    _leave_the_group()
    _limit_memory(seen.memory_bytes)
    answer = _carried_out(task, IsolatedContext(worker, seen), seen.memory_bytes)
    worker.send(answer)
    worker.close()


def _leave_the_group() -> None:
    """A group of its own, which is killed as a whole; gone when the fork server is gone, which goes with its worker."""
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    # Children hold this on behalf of children of their own; it would keep the fork server here without its worker.
    os.close(forkserver._forkserver._forkserver_alive_fd)  # type: ignore[attr-defined]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _limit_memory(grow_bytes: int) -> None:
    """Counted from what the process holds at its start; asking for more is a MemoryError."""
    if sys.platform == "linux":
        lines = Path("/proc/self/status").read_text().splitlines()
        held = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData"))
        resource.setrlimit(resource.RLIMIT_DATA, (held + grow_bytes, held + grow_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _carried_out(task: Task, context: "IsolatedContext", memory_bytes: int) -> Done | Failed:
    try:
        return Done(dump_outputs(_run(task, context)))
    except MemoryError:
        pass  # told outside, where what the task held is free again
    except TaskFailure as error:
        return Failed(error.message, error.retryable, error.outputs)
    except BuilderError as error:
        return Failed(error.message)
    except Exception as error:
        trace = traceback.format_exc()[-_TRACE_CHARACTERS:]  # the worker writes it, who knows what to mask
        return Failed(str(error), unforeseen=type(error).__name__, trace=trace)
    return Failed(
        f"It ran out of memory: a task may take {memory_bytes:,} bytes (setting MILLSTREAM_TASK_MEMORY_BYTES)."
    )


def _run(task: Task, context: "IsolatedContext") -> Any:
    async def waited() -> Any:
        try:
            return await task.run(context)
        finally:
            await context.close()

    return asyncio.run(waited()) if inspect.iscoroutinefunction(task.run) else task.run(context)


class IsolatedContext:
    """A RunContext whose methods are carried out by the worker; the network is reached from here, guarded likewise."""

    http: Network

    def __init__(self, worker: Connection, seen: Seen) -> None:
        self._worker = worker
        self._seen = seen
        self._network: Network | None = None
        self._clock = SystemClock()

    def __getattr__(self, name: str) -> Any:
        if name in TOLD:
            return partial(self._tell, name)
        if name == "http":
            self._network = self._network or Network()
            return self._network
        if name == "files":
            return _Files(self._ask, self._seen.working_dir)
        if name in ASKED:
            return _Part(self._ask, name)
        return getattr(self._seen, name)

    def now(self) -> Any:
        return self._clock.now()

    def encrypt(self, text: str) -> Any:
        return self._ask("encrypt", text)

    async def run_task(self, written: Mapping[str, Any]) -> Any:
        return self._ask("run_task", written)

    async def render(self, value: Any, extra: Mapping[str, Any] | None = None, *, typed: bool = False) -> Any:
        return self._ask("render", value, extra, typed=typed)

    def render_now(self, value: Any, extra: Mapping[str, Any] | None = None, *, typed: bool = False) -> Any:
        return self._ask("render", value, extra, typed=typed)

    async def close(self) -> None:
        if self._network is not None:
            await self._network.close()

    def _tell(self, name: str, *arguments: Any, **options: Any) -> None:
        self._worker.send(Call(name, arguments, options))

    def _ask(self, name: str, *arguments: Any, **options: Any) -> Any:
        self._worker.send(Call(name, arguments, options, is_asked=True))
        answer: Answer = self._worker.recv()
        if answer.failure is not None:
            raise TaskFailure(answer.failure, retryable=answer.retryable)
        return answer.value


class _Part:
    """`context.kv` and its like: every method asks."""

    def __init__(self, ask: Any, name: str) -> None:
        self._ask = ask
        self._name = name

    def __getattr__(self, method: str) -> Any:
        async def asked(*arguments: Any, **options: Any) -> Any:
            return self._ask(f"{self._name}.{method}", *arguments, **options)

        return asked


class _Files(_Part):
    """Reads and writes here; the worker says where, and keeps what was written."""

    def __init__(self, ask: Any, folder: Path) -> None:
        super().__init__(ask, "files")
        self._folder = folder

    def open(self, uri: str) -> IO[bytes]:
        path: Path = self._ask("files.at_hand", uri)
        return path.open("rb")

    def writing(self, name: str) -> Outgoing:
        return Outgoing(name, lambda: self._folder, threading.Event(), partial(self._ask, "files.put"))
