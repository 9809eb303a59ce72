"""A real HTTP server that speaks OpenAI's protocol: chat completions, responses and models, streamed and whole.

In a test: `with OpenAIServer() as server:` and `server.answers.append(Answer(...))`; what came stands in
`server.requests`. As a program: `python -m tests.doubles.openai_server --port 0` prints its base URL.
"""

import argparse
import asyncio
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

from aiohttp import web

from tests.doubles import openai_spec
from tests.doubles.openai_answers import Answer, Chat, Complete, Json, Respond, fitting, read_answer
from tests.doubles.openai_store import Missing, Store, png

__all__ = ["Answer", "OpenAIServer", "Request"]


@dataclass
class Request:
    """One request as it came. `closed_early` is set when the client hung up before the end of the answer."""

    path: str
    headers: dict[str, str]
    body: Json
    """JSON, or the fields of a form; a file is its name, content and media type."""
    at: float
    method: str = "POST"
    query: list[tuple[str, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    closed_early: threading.Event = field(default_factory=threading.Event)
    answered: threading.Event = field(default_factory=threading.Event)


class OpenAIServer:
    """Listens on loopback in a thread of its own. `delay_seconds` is the time one whole answer takes, spread over
    its `chunks`; while it `holds`, answers stop in their middle, so that a test need not be faster than they are;
    `strict` answers 400 to what the specification refuses; keys that start with "sk-wrong" get 401."""

    def __init__(
        self, *, port: int = 0, delay_seconds: float = 0, chunks: int = 5, strict: bool = True, streams: bool = True
    ) -> None:
        self.delay_seconds, self.chunks, self.strict, self.streams = delay_seconds, chunks, strict, streams
        self.holds = False
        self.requests: list[Request] = []
        self.answers: deque[Answer] = deque()
        self.store = Store()
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="openai-server", daemon=True)
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The base URL a client is given."""
        return f"http://127.0.0.1:{self._port}/v1"

    def start(self) -> Self:
        self._thread.start()
        self._wait(self._listen())
        return self

    def stop(self) -> None:
        if self._runner is not None:
            self._wait(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=60)
        self._loop.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _wait(self, work: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)

    async def _listen(self) -> None:
        app = web.Application(client_max_size=32 * 2**20)
        for path in _PROTOCOLS:
            app.router.add_post(path, self._post)
        for method, path, handler in self.store.handlers():
            app.router.add_route(method, path, partial(self._other, handler))
        app.router.add_get("/pictures/{name}", self._picture)
        app.router.add_get("/requests", self._seen)
        app.router.add_post("/answers", self._script)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def _picture(self, _: web.Request) -> web.Response:
        return web.Response(body=png(), content_type="image/png")

    async def _other(self, handler: Callable[[web.Request, Json], Any], http: web.Request) -> web.StreamResponse:
        """Every call but those that answer a question: checked, kept, scripted and answered."""
        request = await self._came(http)
        refused = self._refuse(request) or (_scripted(self.answers.popleft()) if self.answers else None)
        if refused is not None:
            return refused
        try:
            made = handler(http, request.body)
        except Missing as missing:
            return _refusal(404, str(missing), "not_found")
        except PermissionError as error:
            return _refusal(403, str(error))
        return made if isinstance(made, web.StreamResponse) else web.json_response(made)

    async def _came(self, http: web.Request) -> Request:
        headers = {key.lower(): value for key, value in http.headers.items()}
        body = await _form(http) if http.content_type == "multipart/form-data" else await _json(http)
        query = list(http.query.items())
        request = Request(http.path, headers, body, time.time(), http.method, query)
        self.requests.append(request)
        return request

    async def _seen(self, _: web.Request) -> web.Response:
        """What came, for a server in another process; keys are cut."""
        return web.json_response(
            [
                {
                    "path": one.path,
                    "body": one.body,
                    "at": one.at,
                    "faults": one.faults,
                    "closed_early": one.closed_early.is_set(),
                    "key": one.headers.get("authorization", "")[:12],
                }
                for one in self.requests
            ]
        )

    async def _script(self, request: web.Request) -> web.Response:
        """Queues answers for a server in another process: a list of Answer's fields."""
        self.answers.extend(read_answer(one) for one in await request.json())
        return web.json_response({})

    async def _post(self, http: web.Request) -> web.StreamResponse:
        try:
            request = await self._came(http)
        except json.JSONDecodeError:
            return _refusal(400, "We could not parse the JSON body of your request.")
        try:
            response = await self._answer(http, request)
        except (asyncio.CancelledError, ConnectionError):
            request.closed_early.set()
            raise
        request.answered.set()
        return response

    async def _answer(self, http: web.Request, request: Request) -> web.StreamResponse:
        refused = self._refuse(request)
        if refused is not None:
            return refused
        answer = self.answers.popleft() if self.answers else fitting(request.body)
        if answer.hang:
            await asyncio.sleep(3600)
        scripted = _scripted(answer)
        if scripted is not None:
            return scripted
        protocol = _PROTOCOLS[request.path](request.body, answer)
        self._keep(request, protocol.whole())
        if request.body.get("stream") and self.streams:
            return await self._stream(http, protocol, answer)
        await asyncio.sleep(self.delay_seconds)
        await self._held()
        return web.json_response(protocol.whole())

    async def _held(self) -> None:
        while self.holds:
            await asyncio.sleep(0.01)

    def _keep(self, request: Request, whole: Json) -> None:
        if request.path == "/v1/chat/completions":
            self.store.keep_completion(request.body, whole)
        elif request.path == "/v1/responses":
            self.store.keep_response(request.body, whole)

    def _refuse(self, request: Request) -> web.Response | None:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not key:
            return _refusal(401, "You didn't provide an API key.")
        if key.startswith("sk-wrong"):
            return _refusal(401, f"Incorrect API key provided: {key}.", "invalid_api_key")
        model = str(request.body.get("model", ""))
        if model.startswith("no-such"):
            return _refusal(
                404, f"The model `{model}` does not exist or you do not have access to it.", "model_not_found"
            )
        if self.strict:
            request.faults = openai_spec.faults(request.method, request.path, request.body)
        if request.faults:
            return _refusal(400, " ".join(request.faults))
        previous = request.body.get("previous_response_id")
        if previous and previous not in self.store.responses:
            return _refusal(400, f"Previous response with id '{previous}' not found.", "previous_response_not_found")
        return None

    async def _stream(
        self, http: web.Request, protocol: Chat | Respond | Complete, answer: Answer
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        await response.prepare(http)
        events = list(protocol.stream(self.chunks))
        for number, event in enumerate(events):
            if number == answer.cut_after:
                if http.transport is not None:
                    http.transport.close()
                return response
            if number == len(events) // 2:
                await self._held()
            await asyncio.sleep(self.delay_seconds / len(events))  # read anew: a test may let an answer go on
            name = f"event: {event['type']}\n" if "type" in event else ""
            await response.write(f"{name}data: {json.dumps(event)}\n\n".encode())
        if isinstance(protocol, Chat | Complete):
            await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response


_PROTOCOLS: dict[str, type[Chat] | type[Respond] | type[Complete]] = {
    "/v1/chat/completions": Chat,
    "/mistral/v1/chat/completions": Chat,
    "/v1/responses": Respond,
    "/v1/completions": Complete,
}


def _scripted(answer: Answer) -> web.Response | None:
    """An answer whose status or text a test has written; None for one that follows from the request."""
    if answer.status != 200:
        return _refusal(answer.status, answer.text, answer.code, answer.headers)
    if answer.raw is not None:
        return web.Response(text=answer.raw, content_type="application/json", headers=answer.headers)
    return None


async def _json(http: web.Request) -> Json:
    return dict(await http.json()) if http.can_read_body else {}


async def _form(http: web.Request) -> Json:
    """The fields of a form; those whose names end in [] as lists."""
    found: Json = {}
    for name, value in (await http.post()).items():
        read: Any = value
        if isinstance(value, web.FileField):
            read = (value.filename, value.file.read(), value.content_type)
        if name.endswith("[]"):
            found.setdefault(name, []).append(read)
        else:
            found[name] = read
    return found


def _refusal(status: int, message: str, code: str | None = None, headers: dict[str, str] | None = None) -> web.Response:
    """OpenAI's error envelope."""
    kinds = {401: "authentication_error", 429: "rate_limit_error", 500: "server_error", 503: "server_error"}
    error = {"message": message, "type": kinds.get(status, "invalid_request_error"), "param": None, "code": code}
    return web.json_response({"error": error}, status=status, headers=headers)


def main() -> None:
    parser = argparse.ArgumentParser(description="A server that speaks OpenAI's protocol, on loopback.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0, help="seconds one whole answer takes")
    parser.add_argument("--chunks", type=int, default=5, help="pieces of a streamed answer")
    parser.add_argument("--lenient", action="store_true", help="do not check bodies against the specification")
    options = parser.parse_args()
    with OpenAIServer(
        port=options.port, delay_seconds=options.delay, chunks=options.chunks, strict=not options.lenient
    ) as server:
        print(server.url, flush=True)  # noqa: T201
        threading.Event().wait()


if __name__ == "__main__":
    main()
