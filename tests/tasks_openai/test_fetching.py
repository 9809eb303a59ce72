"""Calls that do not stream: what is sent, what comes back, and what is said when that fails."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from builder.runtime.network import addresses
from builder.tasks.api import TaskFailure
from builder.tasks.testing import FakeContext
from tasks_openai.wire.calls import fetch, fetch_json
from tasks_openai.wire.connection import Connection
from tasks_openai.wire.exchange import Call
from tests.tasks_openai.conftest import metric


class Answering:
    """Answers every request with the next of `answers`; keeps what came."""

    def __init__(self) -> None:
        self.answers: list[web.Response] = []
        self.came: list[tuple[web.Request, bytes]] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.came.append((request, await request.read()))
        return self.answers.pop(0) if self.answers else web.json_response({"ok": True})


@pytest.fixture
async def answering() -> AsyncIterator[Answering]:
    server = Answering()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    addresses.grant(server.url)
    yield server
    await runner.cleanup()


def to(server: Answering, **more: Any) -> Connection:
    return Connection("sk-key", server.url, **more)


async def test_a_query_a_method_and_the_owners_names_reach_the_server(
    answering: Answering, context: FakeContext
) -> None:
    connection = to(answering, organization="org-1", project="proj-1", headers=(("X-More", "yes"),))
    found = await fetch_json(context, connection, Call("GET", "/models", query={"limit": 2, "after": "a b"}))
    request, _ = answering.came[0]
    assert found == {"ok": True}
    assert (request.method, request.path_qs) == ("GET", "/v1/models?limit=2&after=a+b")
    sent = {name: request.headers[name] for name in ("OpenAI-Organization", "OpenAI-Project", "X-More")}
    assert sent == {"OpenAI-Organization": "org-1", "OpenAI-Project": "proj-1", "X-More": "yes"}


async def test_a_header_without_a_value_is_not_sent(answering: Answering, context: FakeContext) -> None:
    await fetch(context, to(answering, headers=(("Authorization", ""), ("api-key", "k"))), Call("GET", "/models"))
    request, _ = answering.came[0]
    assert "Authorization" not in request.headers
    assert request.headers["api-key"] == "k"


async def test_something_is_deleted(answering: Answering, context: FakeContext) -> None:
    answering.answers.append(web.json_response({"id": "a", "deleted": True}))
    assert (await fetch_json(context, to(answering), Call("DELETE", "/responses/a")))["deleted"] is True
    assert answering.came[0][0].method == "DELETE"


async def test_a_file_goes_as_a_form_and_an_answer_of_bytes_stays_bytes(
    answering: Answering, context: FakeContext
) -> None:
    answering.answers.append(web.Response(body=b"\x00\x01", content_type="audio/mpeg"))
    call = Call(
        "POST", "/audio/transcriptions", {"model": "whisper-1"}, files=[("file", ("a.mp3", b"sound", "audio/mpeg"))]
    )
    answer = await fetch(context, to(answering), call)
    request, body = answering.came[0]
    assert (answer.content, answer.kind) == (b"\x00\x01", "audio/mpeg")
    assert request.content_type == "multipart/form-data"
    assert b'name="model"\r\n\r\nwhisper-1' in body
    assert b'filename="a.mp3"' in body and b"sound" in body


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_an_answer_beyond_the_limit_is_not_kept(answering: Answering, context: FakeContext, method: str) -> None:
    answering.answers.append(web.json_response({"text": "x" * 3_000_000}))
    with pytest.raises(TaskFailure, match="larger than the limit of 1 MB"):
        await fetch(context, to(answering), Call(method, "/x"), limit_bytes=2**20)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_a_server_that_is_busy_is_asked_again_and_counted(
    answering: Answering, context: FakeContext, pauses: list[float], method: str
) -> None:
    answering.answers.append(web.json_response({"error": {"message": "busy"}}, status=503))
    assert await fetch_json(context, to(answering), Call(method, "/x")) == {"ok": True}
    assert len(pauses) == 1
    assert metric(context, "requests") == 2


async def test_a_page_instead_of_json_is_said_to_be_no_answer(answering: Answering, context: FakeContext) -> None:
    answering.answers.append(web.Response(text="<html>Welcome</html>", content_type="text/html"))
    with pytest.raises(TaskFailure, match="was not understood; it begins: 'Welcome'"):
        await fetch_json(context, to(answering), Call("GET", "/models"))
