"""A model server that misbehaves: whatever it does, one sentence comes of it, and never half an answer."""

import asyncio
import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builder.clock import SystemClock
from builder.runtime.network import addresses
from builder.tasks.api import TaskFailure
from builder.tasks.base import InstillTask, Task, ToolTask
from builder.tasks.testing import FakeContext, run_task
from tasks_openai.ai.asking_task import ProviderTask
from tasks_openai.ai.chat_completion import ChatCompletion as ProviderChat
from tasks_openai.ai.image_generation import ImageGeneration
from tasks_openai.ai.provider import connecting
from tasks_openai.instill.text_generation import TextGeneration
from tasks_openai.kestra.chat_completion import ChatCompletion
from tasks_openai.kestra.responses import Responses
from tasks_openai.toolkit.create_embedding import CreateEmbedding
from tasks_openai.toolkit.create_image import CreateImage
from tasks_openai.toolkit.create_speech import CreateSpeech
from tasks_openai.toolkit.create_transcription import CreateTranscription
from tests.doubles.openai_answers import Answer
from tests.doubles.openai_server import OpenAIServer
from tests.doubles.openai_store import MP3
from tests.doubles.patience import PATIENCE_SECONDS, wait_until
from tests.doubles.product import free_port
from tests.tasks_openai.ai.conftest import PREFIX
from tests.tasks_openai.conftest import KEY, Run, metric
from tests.tasks_openai.toolkit.conftest import MP3_URI

SCRIPT = Path(__file__).resolve().parents[2].parent / "shared" / "corpus" / "model_server" / "misbehaving_openai.py"
pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="the shared corpus is not here")


class Misbehaving:
    def __init__(self, port: int) -> None:
        self.port = port
        self.came = 0
        """How many requests the last failure took."""

    def url(self, mode: str) -> str:
        return f"http://127.0.0.1:{self.port}/{mode}/v1"

    def listens(self) -> bool:
        try:
            self.seen("nothing")
        except OSError:
            return False
        return True

    def seen(self, mode: str) -> list[dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        connection.request("GET", "/stats")
        found: list[dict[str, Any]] = json.loads(connection.getresponse().read())
        connection.close()
        return [one for one in found if one["path"].startswith(f"/{mode}/")]


@pytest.fixture(scope="module")
def misbehaving() -> Iterator[Misbehaving]:
    port = free_port()
    process = subprocess.Popen([sys.executable, str(SCRIPT), str(port)], stderr=subprocess.DEVNULL)
    addresses.grant(f"http://127.0.0.1:{port}")
    server = Misbehaving(port)
    wait_until(lambda: server.listens() or process.poll() is not None)
    assert process.poll() is None
    yield server
    process.kill()
    process.wait()


Asked = tuple[type[Task], dict[str, Any]]
HELLO = [{"type": "USER", "content": "Hi"}]
ASKED: dict[str, Asked] = {
    "chat": (ChatCompletion, {"prompt": "Hi", "model": "gpt-5.4"}),
    "responses": (Responses, {"input": "Hi", "model": "gpt-5.4"}),
    "embeddings": (CreateEmbedding, {"input": "Hi", "model": "text-embedding-3-small"}),
    "pictures": (CreateImage, {"prompt": "A cat", "model": "gpt-image-2"}),
    "speech": (CreateSpeech, {"input": "Hi", "model": "tts-1", "voice": "alloy"}),
    "listening": (CreateTranscription, {"file": MP3_URI, "model": "whisper-1"}),
    "instill": (TextGeneration, {"prompt": "Hi", "model": "gpt-5.4"}),
    "any provider": (ProviderChat, {"messages": HELLO}),
    "any provider's pictures": (ImageGeneration, {"prompt": "A cat"}),
}
"""A call of each family: streamed and whole, with JSON, forms and sounds, in each vocabulary."""
STREAMED = (ChatCompletion, TextGeneration, ProviderChat)
"""Those that count the letters they got in OpenAI's chunks."""
MODEL = "gpt-5.4"


@pytest.fixture(params=ASKED)
def asked(request: pytest.FixtureRequest) -> Asked:
    return ASKED[request.param]


def connection(task: type[Task], url: str, silence_seconds: float = 10) -> dict[str, Any]:
    """How each vocabulary writes whom it asks."""
    if issubclass(task, ProviderTask):
        return {"provider": {"type": f"{PREFIX}OpenAI", "apiKey": KEY, "baseUrl": url, "modelName": MODEL}}
    if issubclass(task, InstillTask):
        return {"setup": {"api-key": KEY, "base-path": url}, "client-timeout": silence_seconds}
    if issubclass(task, ToolTask):
        return {"api_key": KEY, "base_url": url, "client_timeout": silence_seconds}
    return {"apiKey": KEY, "baseUrl": url, "clientTimeout": silence_seconds}


@pytest.fixture
def run(context: FakeContext, pauses: list[float]) -> Run:
    async def run(task: type[Task], url: str | None = None, /, **written: Any) -> dict[str, Any]:
        context.files.contents[MP3_URI] = MP3
        return await run_task(task, {**connection(task, url or "", written.pop("silence", 10)), **written}, context)

    return run


async def failure(run: Run, server: Misbehaving, mode: str, asked: Asked, **written: Any) -> str:
    task, question = asked
    seen = len(server.seen(mode))
    with pytest.raises(TaskFailure) as failed:
        await run(task, server.url(mode), **question, **written)
    server.came = len(server.seen(mode)) - seen
    return failed.value.message


async def test_a_good_answer_is_taken(run: Run, misbehaving: Misbehaving, context: FakeContext) -> None:
    out = await run(ChatCompletion, misbehaving.url("ok"), prompt="Hi", model=MODEL)
    assert out["choices"][0]["message"]["content"] == "Hello."


@pytest.mark.parametrize(("mode", "low", "high"), [("429", 2, 2), ("429date", 0, 3)])
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
    await run(ChatCompletion, misbehaving.url(mode), prompt="Hi", model=MODEL)
    assert len(misbehaving.seen(mode)) == metric(context, "requests") == tries


@pytest.mark.parametrize(("status", "times"), [(429, 3), (500, 2)])
async def test_every_family_succeeds_after_some_tries(
    run: Run, server: OpenAIServer, context: FakeContext, asked: Asked, status: int, times: int
) -> None:
    server.answers.extend([Answer("not now", status=status)] * times)
    await run(asked[0], server.url, **asked[1])
    assert len(server.requests) == metric(context, "requests") == times + 1


@pytest.mark.parametrize(("mode", "status"), [("500", 500), ("503html", 503)])
async def test_a_failing_server_is_quoted_without_its_markup(
    run: Run, misbehaving: Misbehaving, asked: Asked, mode: str, status: int
) -> None:
    message = await failure(run, misbehaving, mode, asked)
    assert f"status {status}" in message and "<" not in message and "alert" not in message


async def test_silence_has_an_end(
    run: Run, misbehaving: Misbehaving, context: FakeContext, monkeypatch: pytest.MonkeyPatch, asked: Asked
) -> None:
    monkeypatch.setattr(connecting, "_SILENCE_SECONDS", {"chat": 0.2, "images": 0.2})
    assert "said nothing for 0.2 seconds" in await failure(run, misbehaving, "hang", asked, silence=0.2)
    assert misbehaving.came == 1, "what is long at work may be paid for: not asked again unseen"
    assert metric(context, "cost.unknown") == 1


async def test_the_time_limit_holds_though_bytes_arrive(
    run: Run, misbehaving: Misbehaving, context: FakeContext, asked: Asked
) -> None:
    seen = len(misbehaving.seen("slow"))
    asking = asyncio.ensure_future(run(asked[0], misbehaving.url("slow"), **asked[1]))
    await asyncio.to_thread(wait_until, lambda: len(misbehaving.seen("slow")) > seen)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await asking
    assert metric(context, "cost.unknown") == 1


@pytest.mark.parametrize("mode", ["midreset", "truncated", "sse-error"])
async def test_half_an_answer_is_never_a_success(
    run: Run, misbehaving: Misbehaving, context: FakeContext, asked: Asked, mode: str
) -> None:
    message = await failure(run, misbehaving, mode, asked)
    assert "broke after" in message or "was not understood" in message
    assert "broke after 3 characters" in message or asked[0] not in STREAMED
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
        ("empty", '{"choices":[]}'),
        ("wrongtype", '{"choices":{"message":7}'),
        ("html", "login"),
    ],
)
async def test_an_answer_that_makes_no_sense_is_shown_in_part(
    run: Run, misbehaving: Misbehaving, asked: Asked, mode: str, begin: str
) -> None:
    message = await failure(run, misbehaving, mode, asked)
    assert "was not understood" in message and begin in message.replace(": ", ":")


async def test_the_limit_is_named(run: Run, misbehaving: Misbehaving, asked: Asked) -> None:
    larger = asked[0] in (CreateImage, CreateSpeech, ImageGeneration)  # pictures and sounds may be 128 and 64 MB
    assert ("not understood" if larger else "limit of 16 MB") in await failure(run, misbehaving, "huge", asked)


async def test_an_echoed_key_is_masked(run: Run, misbehaving: Misbehaving, context: FakeContext, asked: Asked) -> None:
    message = await failure(run, misbehaving, "echo401", asked)
    assert "refused the API key" in message and KEY not in message + str(context.logs)


async def test_a_redirect_is_not_followed(run: Run, misbehaving: Misbehaving, asked: Asked) -> None:
    assert "redirect (status 307), which is not followed" in await failure(run, misbehaving, "redirect", asked)
    assert misbehaving.came == 1


async def test_hostile_text_passes_as_text(run: Run, misbehaving: Misbehaving) -> None:
    out = await run(ChatCompletion, misbehaving.url("inject"), prompt="Hi", model=MODEL)
    assert "{{ secret('TEST') }}" in out["choices"][0]["message"]["content"]
