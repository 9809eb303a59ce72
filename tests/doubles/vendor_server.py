"""A real HTTP server that keeps every request to the last byte and answers as the providers of models do.

`server.answers` maps the end of a path to what is answered there: JSON, bytes, a list of events for a stream, or a
`Said` with a status. In a test: `with VendorServer() as server`.
"""

import asyncio
import json
import threading
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

Json = dict[str, Any]


@dataclass
class Got:
    """One request: `target` is its path and query as they came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Json:
        return dict(json.loads(self.content))


@dataclass
class Said:
    """An answer: JSON, bytes with their kind, or events."""

    body: Any
    status: int = 200
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


class VendorServer:
    """Listens on loopback in a thread of its own."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answers: dict[str, deque[Said]] = {}
        self.root = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="vendor-server", daemon=True)
        self._runner: web.AppRunner | None = None

    def answer(self, ending: str, body: Any, *more: Any, status: int = 200, kind: str = "application/json") -> None:
        """What is said at paths that end so; with several, one after another, the last one from then on."""
        self.answers[ending] = deque(Said(one, status, kind) for one in (body, *more))

    @property
    def last(self) -> Got:
        return self.got[-1]

    def __enter__(self) -> Self:
        self._thread.start()
        self._wait(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        if self._runner is not None:
            self._wait(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=60)
        self._loop.close()

    def _wait(self, work: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)

    async def _listen(self) -> None:
        app = web.Application(client_max_size=32 * 2**20)
        app.router.add_route("*", "/{anything:.*}", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.root = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _take(self, http: web.Request) -> web.StreamResponse:
        headers = {key.lower(): value for key, value in http.headers.items()}
        self.got.append(Got(http.method, http.raw_path, headers, await http.read()))
        path = http.raw_path.partition("?")[0]
        known = next((said for ending, said in self.answers.items() if path.endswith(ending)), None)
        if known is None:
            return web.json_response({"error": {"message": f"nothing is said at {path}"}}, status=404)
        said = known.popleft() if len(known) > 1 else known[0]
        if isinstance(said.body, list) and said.kind == "text/event-stream":
            events = "".join(f"event: {one.get('type', 'message')}\ndata: {json.dumps(one)}\n\n" for one in said.body)
            return web.Response(text=events, content_type=said.kind, status=said.status)
        body = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
        return web.Response(body=body, content_type=said.kind, status=said.status, headers=said.headers)
