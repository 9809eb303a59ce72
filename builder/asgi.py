"""The web process's entry point: a request is one hop to a thread of a pool and back; streams go on in the event loop.

Django's own handler sends a request through several threads, makes and ends one each time, and opens a database
connection in it; that costs more than everything else a request does.
"""

import asyncio
import contextvars
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

import django
from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import get_resolver, set_script_prefix
from servestatic.middleware import ServeStaticMiddleware

from builder.runtime.garbage import keep_what_is_loaded
from builder.tasks.catalogue import catalogue

T = TypeVar("T")
THREADS = 64
"""Requests that are worked on at once; they are made as they are needed, and each keeps its database connection."""
_WATCHERS = ("/health/", "/metrics")
_WATCHING_THREADS = 4
"""Kept for those that watch: they are answered also when every other thread waits for something that is frozen."""
_END = object()


class Bounded:
    """A request's messages, up to the limit of bodies; the rest is not read. A body need not say how long it is.

    `length`: what it said, or what came; `builder.access.limits` answers to one that is too large.
    """

    def __init__(self, receive: Callable[[], Awaitable[Any]], headers: Iterable[tuple[bytes, bytes]]) -> None:
        self._receive = receive
        self._limit = int(settings.MILLSTREAM["BODY_BYTES"])
        said = next((value for name, value in headers if name == b"content-length"), b"")
        self.length = int(said) if said.isdigit() and len(said) < 20 else 0
        self._read = 0

    @property
    def too_large(self) -> bool:
        return self.length > self._limit

    async def __call__(self) -> Any:
        if self.too_large:
            return {"type": "http.request", "more_body": False}
        message = await self._receive()
        self._read += len(message.get("body", b""))
        self.length = max(self.length, self._read)
        return message


class Handler(ASGIHandler):
    """Runs middleware and views in one thread each, as they are written."""

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="web")
        self._watching = ThreadPoolExecutor(_WATCHING_THREADS, thread_name_prefix="watch")
        self._files = ServeStaticMiddleware(self._answered)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise ValueError(f"Only HTTP is spoken here, not {scope['type']}.")
        await self.handle(scope, receive, send)

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        bounded = Bounded(receive, scope["headers"])
        try:
            body = await self.read_body(bounded)
        except RequestAborted:
            return
        with body:
            request, refused = self.create_request(scope, body)
            if request is None:
                await self.send_response(cast(HttpResponseBase, refused), send)
                return
            if bounded.too_large:
                request.META["CONTENT_LENGTH"] = str(bounded.length)
            response = await self._files(request)
            if not isinstance(response, StreamingHttpResponse):
                await self.send_response(response, send)
                return
            try:
                await self._stream(response, receive, send)
            finally:
                await self._in_thread(response.close)

    async def _answered(self, request: HttpRequest) -> HttpResponseBase:
        threads = self._watching if request.path.startswith(_WATCHERS) else self._threads
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(threads, context.run, self._answer, request)

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        set_script_prefix(get_script_prefix(request.scope))  # type: ignore[attr-defined]
        signals.request_started.send(sender=self.__class__, scope=request.scope)  # type: ignore[attr-defined]
        response = self.get_response(request)
        if isinstance(response, StreamingHttpResponse):
            if not response.is_async:
                response.streaming_content = self._pieces(cast(Iterator[bytes], response.streaming_content))
        else:
            response.close()
        return response

    async def _stream(self, response: StreamingHttpResponse, receive: Any, send: Any) -> None:
        """Sends until it is over or the client has gone."""
        sending = asyncio.create_task(self.send_response(response, send))
        leaving = asyncio.create_task(self.listen_for_disconnect(receive))
        await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        for task in (sending, leaving):
            task.cancel()
        error = (await asyncio.gather(sending, leaving, return_exceptions=True))[0]
        if isinstance(error, Exception):
            raise error

    async def _pieces(self, parts: Iterator[bytes]) -> AsyncIterator[bytes]:
        """A file read by threads, piece by piece."""
        while (part := await self._in_thread(next, parts, _END)) is not _END:
            yield part

    async def _in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._threads, context.run, function, *arguments)


def _warm() -> None:
    """Reads the task types while nobody waits for them; the first page that names one would have to."""
    catalogue()
    keep_what_is_loaded()


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "builder.settings")
django.setup(set_prefix=False)

application = Handler()
get_resolver().url_patterns  # noqa: B018 - imports every page now, before the first request
keep_what_is_loaded()
threading.Thread(target=_warm, name="warm", daemon=True).start()
