"""Model calls through the whole runner: the answer arrives piece by piece, a kill cuts the connection."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from builder.clock import SystemClock
from builder.engine.states import State
from builder.runtime import live, queue
from builder.runtime.files import storage
from builder.runtime.runner.runner import Runner
from builder.store import executions, secrets
from tests.doubles.openai_answers import Answer
from tests.doubles.openai_server import OpenAIServer
from tests.doubles.patience import PATIENCE_SECONDS
from tests.runtime.conftest import Worker, create, ended, messages, publish, wait_until

pytestmark = pytest.mark.usefixtures("closing_threads")
KEY = "sk-test-0123456789-secret"
CHAT = """tasks:
  - id: ask
    type: io.kestra.plugin.openai.ChatCompletion
    apiKey: "{{ secret('OPENAI') }}"
    baseUrl: URL
    model: gpt-5.4-mini
    prompt: Say it.
"""


@pytest.fixture
def model() -> Iterator[OpenAIServer]:
    """A server that stops in the middle of its answers until `holds` is over."""
    with OpenAIServer(chunks=6) as server:
        server.holds = True
        yield server


@pytest.fixture
def asking(runner: Runner, model: OpenAIServer) -> str:
    """An execution that asks the model for a text that repeats the key."""
    secrets.set_value("team", "OPENAI", KEY, by="tests", now=SystemClock().now())
    model.answers.append(Answer(text=f"The key is {KEY}, so keep it for yourself and never tell it to anybody."))
    publish(CHAT.replace("URL", model.url))
    return create()


async def test_an_answer_streams_to_the_page_and_keeps_the_secret(
    runner: Runner, model: OpenAIServer, asking: str
) -> None:
    runner.take([asking])
    pieces: list[str] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for message in live.follow(asking):
            if message.kind == "text":
                pieces.append(message.data["text"])
                model.holds = False  # a piece is there before the whole is
    assert len(pieces) > 1
    assert "".join(pieces) == "The key is ******, so keep it for yourself and never tell it to anybody."
    execution, _ = await asyncio.to_thread(executions.load, asking)
    assert execution.state is State.SUCCESS and KEY not in str(execution)
    sent = storage.sent(asking, execution.runs["ask"].id, 1)
    assert sent is not None and "Say it." in sent and KEY not in sent


def test_a_kill_closes_the_connection_to_the_model(runner: Runner, model: OpenAIServer, asking: str) -> None:
    runner.take([asking])
    wait_until(lambda: len(model.requests) == 1)
    executions.send(asking, executions.KILL, SystemClock().now())
    queue.notify(asking)
    assert ended(asking).state is State.KILLED
    assert model.requests[0].closed_early.wait(PATIENCE_SECONDS)


HOSTILE = "{{ secret('OPENAI') }} {{ 7 * 7 }} {% raw %} <img src=x onerror=alert(1)>"


def test_what_a_model_answers_is_shown_and_never_rendered(runner: Runner, model: OpenAIServer) -> None:
    secrets.set_value("team", "OPENAI", KEY, by="tests", now=SystemClock().now())
    model.holds = False
    model.answers.append(Answer(HOSTILE))
    answer = "outputs.ask.choices[0].message.content"
    publish(f"""{CHAT.replace("URL", model.url)}
  - {{id: say, type: io.kestra.plugin.core.log.Log, message: "{{{{ {answer} }}}}"}}
  - id: keep
    type: io.kestra.plugin.core.debug.Return
    format: "{{{{ {answer} }}}}"
""")
    hostile = create()
    runner.take([hostile])
    execution = ended(hostile)
    assert execution.state is State.SUCCESS
    assert [line for line in messages(hostile) if "secret" in line] == [HOSTILE]
    assert execution.runs["keep"].outputs == {"value": HOSTILE}


def test_a_call_that_was_cut_before_its_first_word_may_have_cost_something(
    runner: Runner, model: OpenAIServer, asking: str
) -> None:
    model.delay_seconds = 10 * PATIENCE_SECONDS
    runner.take([asking])
    wait_until(lambda: len(model.requests) == 1)
    executions.send(asking, executions.KILL, SystemClock().now())
    queue.notify(asking)
    ended(asking)
    assert executions.item(asking).unpriced == 1


def test_a_worker_that_is_killed_during_a_call_costs_one_more_and_both_are_told(
    worker: Worker, model: OpenAIServer
) -> None:
    worker.environment |= {"OPENAI_BASE_URL": model.url, "SECRET_OPENAI": KEY, "MILLSTREAM_LEASE_SECONDS": "600"}
    publish(CHAT.replace("    baseUrl: URL\n", ""))
    asking = create()
    first = worker.start("same")
    queue.ring([asking])
    wait_until(lambda: len(model.requests) == 1)
    first.kill()
    first.wait()
    model.holds = False
    worker.start("same")
    execution = ended(asking)
    assert execution.state is State.SUCCESS
    assert [attempt.lost for attempt in execution.runs["ask"].attempts] == ["shared", ""]
    assert len(model.requests) == 2, "one more request at most"
    item = executions.item(asking)
    assert item.cost is not None and item.unpriced == 1, "the lost call is in the sum: at least"


def test_a_model_at_an_address_that_is_not_allowed_is_refused_at_once(
    runner: Runner, model: OpenAIServer, asking: str, settings: Any
) -> None:
    settings.MILLSTREAM = {**settings.MILLSTREAM, "ALLOW_NETWORKS": ()}
    runner.take([asking])
    execution = ended(asking)
    assert execution.state is State.FAILED and model.requests == []
    assert "MILLSTREAM_ALLOW_NETWORKS" in execution.runs["ask"].message
    assert not any("Trying again" in line for line in messages(asking))
