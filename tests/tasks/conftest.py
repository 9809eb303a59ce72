"""A small real HTTP server on loopback for the HTTP tasks."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web


@dataclass
class Site:
    """The server: its address, and the requests it got."""

    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)


async def _answer(request: web.Request) -> web.StreamResponse:
    site = request.app[_SITE]
    raw = await request.read()
    site.requests.append(
        {
            "method": request.method,
            "path": request.path_qs,
            "headers": dict(request.headers),
            "body": raw.decode("latin-1"),
        }
    )
    return await _PAGES[request.path](request, raw)


async def _echo(request: web.Request, raw: bytes) -> web.Response:
    return web.json_response({"method": request.method, "body": raw.decode()}, headers={"X-Seen": "yes"})


async def _missing(request: web.Request, raw: bytes) -> web.Response:
    return web.Response(status=404, text="no such order")


async def _redirect(request: web.Request, raw: bytes) -> web.Response:
    return web.Response(status=302, headers={"Location": "/echo"})


async def _big(request: web.Request, raw: bytes) -> web.Response:
    return web.Response(body=b"x" * 5000)


async def _latin(request: web.Request, raw: bytes) -> web.Response:
    return web.Response(body="café".encode("latin-1"), headers={"Content-Type": "text/plain; charset=iso-8859-1"})


async def _cookies(request: web.Request, raw: bytes) -> web.Response:
    response = web.Response(text="ok")
    response.headers.add("X-Part", "one")
    response.headers.add("X-Part", "two")
    return response


async def _file(request: web.Request, raw: bytes) -> web.Response:
    return web.Response(body=b"a,b\n1,2\n", headers={"Content-Disposition": 'attachment; filename="../prices.csv"'})


async def _empty(request: web.Request, raw: bytes) -> web.Response:
    return web.Response(body=b"")


async def _silent(request: web.Request, raw: bytes) -> web.Response:
    await asyncio.Event().wait()
    return web.Response()


async def _events(request: web.Request, raw: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for piece in (
        b': hello\nid: 1\ndata: {"text": "Caf',
        'é"}\n\n'.encode(),
        b"event: tick\r\ndata: one\r\ndata: two\r\nretry: 500\r\n\r",
        b'\ndata: {"text": " au lait"}\n\ndata: never ended',
    ):
        await response.write(piece)
    return response


_PAGES = {
    "/events": _events,
    "/echo": _echo,
    "/missing": _missing,
    "/redirect": _redirect,
    "/big": _big,
    "/latin": _latin,
    "/cookies": _cookies,
    "/file": _file,
    "/empty": _empty,
    "/silent": _silent,
}
_SITE = web.AppKey("site", Site)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A running server; ends with the test."""
    made = Site()
    app = web.Application()
    app[_SITE] = made
    app.router.add_route("*", "/{path:.*}", _answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    listener = web.TCPSite(runner, "127.0.0.1", 0)
    await listener.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


def json_of(outputs: dict[str, Any]) -> Any:
    """The JSON in a Request's body."""
    return json.loads(outputs["body"])
