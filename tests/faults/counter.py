"""Side effects, counted: a real HTTP server that tasks call, which knows when each call began and how it ended."""

import asyncio
import threading
import time
from collections import Counter as Tally
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

ANSWERED, CUT = "answered", "cut"


@dataclass
class Hit:
    """One call; the key is `execution/task run`. `ended` 0: it is under way."""

    key: str
    began: float
    ended: float = 0.0
    how: str = ""


class CounterServer:
    """`/hit/KEY?seconds=S&status=N` answers after S seconds with N; a caller that goes away is noted as cut."""

    def __init__(self) -> None:
        self.hits: list[Hit] = []
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="counter", daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _open(self) -> asyncio.Server:
        return await asyncio.start_server(self._answer, "127.0.0.1", 0)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            asked = urlsplit(head.split(b" ", 2)[1].decode())
            query = {name: values[0] for name, values in parse_qs(asked.query).items()}
            await self._count(asked.path.removeprefix("/hit/"), query, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _count(
        self, key: str, query: dict[str, str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        hit = Hit(key, time.monotonic())
        self._note(lambda: self.hits.append(hit))
        how = CUT
        try:
            if not await self._leaves(reader, float(query.get("seconds", 0))):
                status = query.get("status", "200")
                writer.write(f"HTTP/1.1 {status} -\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok".encode())
                await writer.drain()
                how = ANSWERED
        finally:
            hit.how = how
            self._note(lambda: setattr(hit, "ended", time.monotonic()))

    async def _leaves(self, reader: asyncio.StreamReader, seconds: float) -> bool:
        """Whether the caller goes away within the time; nothing more is read of a request without a body."""
        if not seconds:
            return False
        try:
            async with asyncio.timeout(seconds):
                await reader.read()
            return True
        except TimeoutError:
            return False

    def _note(self, change: Callable[[], object]) -> None:
        with self._changed:
            change()
            self._changed.notify_all()

    def of(self, prefix: str) -> list[Hit]:
        """The calls of an execution, or of one of its task runs."""
        with self._changed:
            return [hit for hit in self.hits if hit.key.startswith(prefix)]

    def count(self, prefix: str = "") -> int:
        return len(self.of(prefix))

    def by_key(self, prefix: str = "") -> Tally[str]:
        return Tally(hit.key for hit in self.of(prefix))

    def wait_for(self, holds: Callable[[list[Hit]], bool], seconds: float = 60) -> None:
        """Returns in the moment in which it holds of all calls."""
        with self._changed:
            assert self._changed.wait_for(lambda: holds(self.hits), seconds), "the calls did not come in time"

    def wait_for_calls(self, count: int, prefix: str = "", seconds: float = 60) -> None:
        self.wait_for(lambda hits: sum(hit.key.startswith(prefix) for hit in hits) >= count, seconds)

    def wait_for_ends(self, count: int, prefix: str = "") -> None:
        """Returns in the moment in which so many are over."""
        self.wait_for(lambda hits: sum(hit.ended > 0 and hit.key.startswith(prefix) for hit in hits) >= count)

    def overlaps(self, prefix: str = "") -> list[str]:
        """The keys of which two copies were alive at the same time."""
        found = []
        for key in self.by_key(prefix):
            spans = sorted((hit.began, hit.ended or float("inf")) for hit in self.of(key))
            if any(before[1] > after[0] for before, after in pairwise(spans)):
                found.append(key)
        return found

    def close(self) -> None:
        async def end() -> None:
            self._server.close()
            others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
