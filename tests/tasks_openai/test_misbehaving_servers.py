"""A model server that misbehaves: whatever it does, one sentence comes of it, and never half an answer."""

import asyncio
import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builder.clock import SystemClock
from builder.runtime.network import addresses
from builder.tasks.api import TaskFailure
from builder.tasks.base import Task
from builder.tasks.testing import FakeContext
from tasks_openai.kestra.chat_completion import ChatCompletion
from tasks_openai.kestra.responses import Responses
from tasks_openai.toolkit.create_embedding import CreateEmbedding
from tests.tasks_openai.conftest import KEY, Run, metric

SCRIPT = Path(__file__).resolve().parents[2].parent / "shared" / "corpus" / "model_server" / "misbehaving_openai.py"
pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="the shared corpus is not here")


class Misbehaving:
    def __init__(self, port: int) -> None:
        self.port = port
        self.came = 0
        """How many requests the last failure took."""

    def url(self, mode: str) -> str:
        return f"http://127.0.0.1:{self.port}/{mode}/v1"

    def seen(self, mode: str) -> list[dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request("GET", "/stats")
        found: list[dict[str, Any]] = json.loads(connection.getresponse().read())
        connection.close()
        return [one for one in found if one["path"].startswith(f"/{mode}/")]


@pytest.fixture(scope="module")
def misbehaving() -> Iterator[Misbehaving]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    process = subprocess.Popen([sys.executable, str(SCRIPT), str(port)], stderr=subprocess.DEVNULL)
    addresses.grant(f"http://127.0.0.1:{port}")
    server = Misbehaving(port)
    for _ in range(1000):
        try:
            server.seen("nothing")
            break
        except OSError:
            assert process.poll() is None
    yield server
    process.kill()
    process.wait()


Asked = tuple[type[Task], dict[str, Any]]
ASKED: dict[str, Asked] = {
    "chat": (ChatCompletion, {"prompt": "Hi"}),
    "responses": (Responses, {"input": "Hi"}),
    "whole": (CreateEmbedding, {"input": "Hi"}),
}
"""Both calls that stream, and one that does not."""


@pytest.fixture(params=ASKED)
def asked(request: pytest.FixtureRequest) -> Asked:
    return ASKED[request.param]


async def failure(run: Run, server: Misbehaving, mode: str, asked: Asked, **written: Any) -> str:
    task, question = asked
    seen = len(server.seen(mode))
    with pytest.raises(TaskFailure) as failed:
        await run(task, server.url(mode), **question, **written)
    server.came = len(server.seen(mode)) - seen
    return failed.value.message


async def test_a_good_answer_is_taken(run: Run, misbehaving: Misbehaving, context: FakeContext) -> None:
    out = await run(ChatCompletion, misbehaving.url("ok"), prompt="Hi")
    assert out["choices"][0]["message"]["content"] == "Hello."


@pytest.mark.parametrize(("mode", "low", "high"), [("429", 2, 2), ("429date", 1, 3)])
async def test_it_waits_what_is_asked(
    run: Run,
    misbehaving: Misbehaving,
    context: FakeContext,
    pauses: list[float],
    monkeypatch: pytest.MonkeyPatch,
    asked: Asked,
    mode: str,
    low: float,
    high: float,
) -> None:
    monkeypatch.setattr(context, "now", SystemClock().now)  # the server's dates go on, so the task's clock must too
    assert "Tried 5 times" in await failure(run, misbehaving, mode, asked)
    assert len(pauses) == 4 and all(low <= pause <= high for pause in pauses)
    assert misbehaving.came == metric(context, "requests") == 5
    assert all("Trying again in" in line for _, line in context.logs)


@pytest.mark.parametrize(("mode", "tries"), [("429x3", 4), ("500x2", 3)])
async def test_it_succeeds_after_some_tries_counted_once(
    run: Run, misbehaving: Misbehaving, context: FakeContext, mode: str, tries: int
) -> None:
    await run(ChatCompletion, misbehaving.url(mode), prompt="Hi")
    assert len(misbehaving.seen(mode)) == metric(context, "requests") == tries


@pytest.mark.parametrize(("mode", "status"), [("500", 500), ("503html", 503)])
async def test_a_failing_server_is_quoted_without_its_markup(
    run: Run, misbehaving: Misbehaving, asked: Asked, mode: str, status: int
) -> None:
    message = await failure(run, misbehaving, mode, asked)
    assert f"status {status}" in message and "<" not in message and "alert" not in message


async def test_silence_has_an_end(run: Run, misbehaving: Misbehaving, asked: Asked) -> None:
    name = "client_timeout" if asked[0] is CreateEmbedding else "clientTimeout"
    assert "said nothing for 0.2 seconds" in await failure(run, misbehaving, "hang", asked, **{name: 0.2})
    assert misbehaving.came == 1, "what is long at work may be paid for: not asked again unseen"


async def test_the_time_limit_holds_though_bytes_arrive(run: Run, misbehaving: Misbehaving, asked: Asked) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.5):
            await run(asked[0], misbehaving.url("slow"), **asked[1])


@pytest.mark.parametrize("mode", ["midreset", "truncated", "sse-error"])
async def test_half_an_answer_is_never_a_success(
    run: Run, misbehaving: Misbehaving, context: FakeContext, asked: Asked, mode: str
) -> None:
    message = await failure(run, misbehaving, mode, asked)
    assert "broke after" in message or "was not understood" in message
    assert "broke after 3 characters" in message or asked[0] is not ChatCompletion
    assert misbehaving.came == 1, "what was half answered may have been charged: not asked again unseen"
    assert metric(context, "cost.unknown") == 1


async def test_a_connection_that_is_reset_is_tried_again_and_said(
    run: Run, misbehaving: Misbehaving, asked: Asked
) -> None:
    assert "could not be reached" in await failure(run, misbehaving, "reset", asked)
    assert misbehaving.came == 5


@pytest.mark.parametrize(
    ("mode", "begin"),
    [
        ("malformed", '{"choices":[{"message":{"content":"cut'),
        ("empty", '{"choices": []}'),
        ("wrongtype", '{"choices": {"message": 7}'),
        ("html", "login"),
    ],
)
async def test_an_answer_that_makes_no_sense_is_shown_in_part(
    run: Run, misbehaving: Misbehaving, asked: Asked, mode: str, begin: str
) -> None:
    message = await failure(run, misbehaving, mode, asked)
    assert "was not understood" in message and begin in message


async def test_the_limit_is_named(run: Run, misbehaving: Misbehaving, asked: Asked) -> None:
    assert "limit of 16 MB" in await failure(run, misbehaving, "huge", asked)


async def test_an_echoed_key_is_masked(run: Run, misbehaving: Misbehaving, context: FakeContext, asked: Asked) -> None:
    message = await failure(run, misbehaving, "echo401", asked)
    assert "refused the API key" in message and KEY not in message + str(context.logs)


async def test_a_redirect_is_not_followed(run: Run, misbehaving: Misbehaving, asked: Asked) -> None:
    assert "redirect (status 307), which is not followed" in await failure(run, misbehaving, "redirect", asked)
    assert misbehaving.came == 1


async def test_hostile_text_passes_as_text(run: Run, misbehaving: Misbehaving) -> None:
    out = await run(ChatCompletion, misbehaving.url("inject"), prompt="Hi")
    assert "{{ secret('TEST') }}" in out["choices"][0]["message"]["content"]
