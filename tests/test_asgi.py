"""The web process answers in one thread a request, streams as it goes, and stops a stream nobody reads."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from builder.asgi import Handler
from tests.doubles.patience import PATIENCE_SECONDS

stopped = threading.Event()
here = Path(__file__)


@login_not_required
def said(request: HttpRequest) -> HttpResponse:
    return HttpResponse(threading.current_thread().name + " " + request.body.decode())


@login_not_required
def endless(request: HttpRequest) -> StreamingHttpResponse:
    async def pieces() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"piece"
                await asyncio.sleep(0.001)
        finally:
            stopped.set()

    return StreamingHttpResponse(pieces())


@login_not_required
def file(request: HttpRequest) -> FileResponse:
    return FileResponse(here.open("rb"))


@login_not_required
def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("this is what the test breaks")


urlpatterns = [path("said", said), path("endless", endless), path("file", file), path("broken", broken)]
handler404 = "builder.access.errors.not_found"


def scope(address: str, method: str = "GET") -> dict[str, Any]:
    headers = [(b"host", b"localhost"), (b"accept", b"application/json")]
    return {"type": "http", "method": method, "path": address, "query_string": b"", "headers": headers}


async def answer(address: str, body: bytes = b"", method: str = "GET") -> tuple[int, bytes]:
    client = ApplicationCommunicator(Handler(), scope(address, method))
    await client.send_input({"type": "http.request", "body": body})
    start = await client.receive_output(PATIENCE_SECONDS)
    content, more = b"", True
    while more:
        part = await client.receive_output(PATIENCE_SECONDS)
        content, more = content + part.get("body", b""), part.get("more_body", False)
    await client.wait(PATIENCE_SECONDS)
    return start["status"], content


@pytest.fixture(autouse=True)
def addresses(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__


async def test_a_view_runs_in_a_thread_of_the_pool_and_reads_its_body():
    status, content = await answer("/said", b"hello")
    assert status == 200
    assert content.startswith(b"web_0")
    assert content.endswith(b"hello")


async def test_a_file_of_the_pages_is_served():
    status, content = await answer("/static/django_ace/ace/ace.js")
    assert status == 200
    assert len(content) > 10_000


async def test_a_file_is_sent_in_pieces():
    assert await answer("/file") == (200, here.read_bytes())


async def test_what_breaks_is_an_answer(caplog: pytest.LogCaptureFixture):
    status, content = await answer("/broken")
    assert status == 500
    assert b"The log names it" in content


async def test_a_stream_ends_when_its_reader_has_gone():
    client = ApplicationCommunicator(Handler(), scope("/endless"))
    await client.send_input({"type": "http.request", "body": b""})
    await client.receive_output(PATIENCE_SECONDS)
    assert (await client.receive_output(PATIENCE_SECONDS))["body"] == b"piece"
    await client.send_input({"type": "http.disconnect"})
    await client.wait(PATIENCE_SECONDS)
    assert stopped.is_set()


async def test_a_body_without_a_length_is_read_no_further_than_the_limit(settings: Any):
    settings.MILLSTREAM = {**settings.MILLSTREAM, "BODY_BYTES": 1000}
    asked, sent = 0, []

    async def receive() -> dict[str, Any]:
        nonlocal asked
        asked += 1
        return {"type": "http.request", "body": b"x" * 400, "more_body": True}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await Handler()(scope("/said", "POST"), receive, send)
    assert sent[0]["status"] == 413 and b"the limit is 1,000" in sent[1]["body"]
    assert asked == 3


async def test_a_body_that_says_it_is_too_large_is_not_read_at_all(settings: Any):
    async def receive() -> dict[str, Any]:
        raise AssertionError("somebody reads it")

    sent = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asked = scope("/said", "POST")
    asked["headers"].append((b"content-length", b"99999999999"))
    await Handler()(asked, receive, send)
    assert sent[0]["status"] == 413
