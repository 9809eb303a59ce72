"""Tries again where it can help, says so, and stops; what cannot be helped becomes one sentence with the fix."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from builder.runtime.network import Network
from builder.tasks.api import TaskFailure
from builder.tasks.testing import FakeContext, run_task
from tasks_openai.kestra.chat_completion import ChatCompletion
from tasks_openai.kestra.responses import Responses
from tests.doubles.openai_answers import Answer
from tests.doubles.openai_server import OpenAIServer
from tests.doubles.patience import PATIENCE_SECONDS
from tests.tasks_openai.conftest import KEY, Run, metric


def busy(**headers: str) -> Answer:
    return Answer(
        "Rate limit reached for gpt-4.1-mini",
        status=429,
        code="rate_limit_exceeded",
        headers={key.replace("_", "-"): value for key, value in headers.items()},
    )


async def test_it_waits_what_the_server_asks_and_says_so(
    run: Run, server: OpenAIServer, context: FakeContext, pauses: list[float]
) -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    server.answers.extend([busy(retry_after="7"), busy(retry_after_ms="1500"), busy(retry_after=at)])
    await run(ChatCompletion, prompt="Hi")
    assert pauses[:2] == [7, 1.5] and 15 < pauses[2] <= 20
    assert [level for level, _ in context.logs] == ["WARN"] * 3
    assert "Trying again in 7 s (try 2 of 5)" in context.logs[0][1]
    assert metric(context, "requests") == len(server.requests) == 4


async def test_without_a_word_from_the_server_the_waits_grow(
    run: Run, server: OpenAIServer, pauses: list[float]
) -> None:
    server.answers.extend([Answer("Oops", status=500)] * 4)
    await run(ChatCompletion, prompt="Hi")
    assert all(0.35 * 2**n < pause < 0.65 * 2**n for n, pause in enumerate(pauses))


async def test_it_gives_up_after_five_tries(run: Run, server: OpenAIServer, context: FakeContext) -> None:
    server.answers.extend([Answer("Oops", status=503)] * 5)
    with pytest.raises(TaskFailure, match=r"problem of its own \(status 503\): Oops\. Tried 5 times\.") as failure:
        await run(ChatCompletion, prompt="Hi")
    assert failure.value.retryable
    assert metric(context, "requests") == 5


async def test_it_does_not_wait_longer_than_a_call_may(run: Run, server: OpenAIServer, pauses: list[float]) -> None:
    server.answers.append(busy(retry_after="3600"))
    with pytest.raises(TaskFailure, match=r"asks to wait 3600 seconds\. That is longer than one call waits"):
        await run(ChatCompletion, prompt="Hi")
    assert pauses == []


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Answer("You exceeded your current quota", status=429, code="insufficient_quota"), "has no credit left"),
        (
            Answer("maximum context length is 8192 tokens", status=400, code="context_length_exceeded"),
            "prompt is too long",
        ),
        (Answer("Rejected by our safety system", status=400, code="content_policy_violation"), "Rephrase the prompt"),
        (Answer("Country not supported", status=403), "Check what the API key may do"),
        (Answer("Not Found", status=404), "Check baseUrl"),
        (Answer("Too big", status=413), "too large"),
        (Answer("'temperature' is not supported with this model", status=400), "'temperature' is not supported"),
        (Answer("Unprocessable", status=422), r"refused the request \(status 422\): Unprocessable"),
    ],
)
async def test_what_no_repetition_helps_fails_at_once_with_the_fix(
    run: Run, server: OpenAIServer, pauses: list[float], answer: Answer, sentence: str
) -> None:
    server.answers.append(answer)
    with pytest.raises(TaskFailure, match=sentence) as failure:
        await run(ChatCompletion, prompt="Hi")
    assert not failure.value.retryable and pauses == []


async def test_an_unknown_model_is_named(run: Run) -> None:
    with pytest.raises(TaskFailure, match=r"does not know the model 'no-such-model'.*Choose another model"):
        await run(ChatCompletion, prompt="Hi", model="no-such-model")


async def test_a_wrong_key_is_never_repeated_in_the_message(run: Run) -> None:
    key = "sk-wrong-s3cr3t-VALUE-42"
    with pytest.raises(TaskFailure, match=r"refused the API key.*Secrets page") as failure:
        await run(ChatCompletion, prompt="Hi", apiKey=key)
    assert "s3cr3t" not in str(failure.value)


@pytest.mark.parametrize("task", [ChatCompletion, Responses])
async def test_half_an_answer_is_a_failure_and_not_asked_again(
    run: Run, server: OpenAIServer, task: type[ChatCompletion] | type[Responses]
) -> None:
    server.answers.append(Answer("0123456789", cut_after=4))
    question = {"prompt": "Hi"} if task is ChatCompletion else {"input": "Hi"}
    with pytest.raises(TaskFailure, match=r"broke after \d characters"):
        await run(task, **question)
    assert len(server.requests) == 1


async def test_a_server_that_is_not_there_is_said_after_some_tries(run: Run, context: FakeContext) -> None:
    from builder.runtime.network import addresses

    addresses.grant("http://127.0.0.1:9")
    with pytest.raises(TaskFailure, match=r"http://127.0.0.1:9/v1 could not be reached: .*Tried 5 times"):
        await run(ChatCompletion, "http://127.0.0.1:9/v1", prompt="Hi")


async def test_an_address_that_is_not_allowed_is_not_tried_again(run: Run, pauses: list[float]) -> None:
    with pytest.raises(TaskFailure, match="is not allowed"):
        await run(ChatCompletion, "http://169.254.169.254/v1", prompt="Hi")
    assert pauses == []


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ({"apiKey": " "}, "apiKey: is empty"),
        ({"apiKey": ""}, "apiKey: is empty"),
        ({"apiKey": "sk-ключ-s3cr3t"}, "apiKey: holds characters that no key has"),
        ({"apiKey": "sk-a\r\nX-Evil: s3cr3t"}, "apiKey: holds characters that no key has"),
        ({"baseUrl": "localhost:1234/v1"}, "baseUrl.*must be an address such as"),
        ({"baseUrl": "http:///v1"}, "baseUrl.*must be an address such as"),
        ({"clientTimeout": 0}, "clientTimeout must be more than 0"),
    ],
)
async def test_what_cannot_be_sent_is_said_before(run: Run, written: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TaskFailure, match=sentence) as failure:
        await run(ChatCompletion, prompt="Hi", **written)
    assert "s3cr3t" not in failure.value.message


async def test_what_json_cannot_hold_is_said(run: Run, server: OpenAIServer) -> None:
    with pytest.raises(TaskFailure, match="The request cannot be sent"):
        await run(ChatCompletion, prompt="half a character: \ud800")
    assert server.requests == []


async def test_a_compressed_answer_was_not_asked_for(run: Run, server: OpenAIServer) -> None:
    server.answers.append(Answer(raw="{}", headers={"Content-Encoding": "br"}))
    with pytest.raises(TaskFailure, match="a compressed answer, which was not asked for"):
        await run(ChatCompletion, prompt="Hi")


async def test_a_key_from_a_file_may_end_with_a_line_break(run: Run, server: OpenAIServer) -> None:
    await run(ChatCompletion, prompt="Hi", apiKey=f"{KEY}\n")
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


async def test_silence_ends_the_call_and_names_the_setting(run: Run, server: OpenAIServer) -> None:
    server.answers.append(Answer(hang=True))
    with pytest.raises(TaskFailure, match=r"said nothing for 0\.1 seconds.*clientTimeout"):
        await run(ChatCompletion, prompt="Hi", clientTimeout=0.1)
    assert await asyncio.to_thread(server.requests[0].closed_early.wait, PATIENCE_SECONDS)


@pytest.mark.parametrize("answer", [Answer("Hi"), Answer(hang=True)])
async def test_a_cancelled_call_closes_its_connection(
    server: OpenAIServer, context: FakeContext, answer: Answer
) -> None:
    server.answers.append(answer)
    server.delay_seconds = 60
    written = {"apiKey": KEY, "model": "m", "prompt": "Hi", "baseUrl": server.url}
    call = asyncio.create_task(run_task(ChatCompletion, written, context))
    while not server.requests:
        await asyncio.sleep(0.01)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await asyncio.to_thread(server.requests[0].closed_early.wait, PATIENCE_SECONDS)


async def test_one_pool_serves_many_calls_at_once(server: OpenAIServer) -> None:
    server.delay_seconds = 0.2
    network = Network()
    contexts = [FakeContext() for _ in range(20)]
    for context in contexts:
        context.http = _Shared(network)  # type: ignore[assignment]
    written = {"apiKey": KEY, "model": "m", "prompt": "Hi", "baseUrl": server.url}
    outs = await asyncio.gather(*(run_task(ChatCompletion, written, context) for context in contexts))
    await network.close()
    assert len({out["id"] for out in outs}) == 20


class _Shared:
    """The network of a worker: ending one task does not end it."""

    def __init__(self, network: Network) -> None:
        self.client = network.client

    async def close(self) -> None:
        return None


async def test_the_limit_of_an_answer_is_named(run: Run, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLSTREAM_MODEL_ANSWER_BYTES", "2000")
    server.answers.extend([Answer("A" * 5000), Answer("A" * 5000, status=400)])
    for _ in range(2):
        with pytest.raises(TaskFailure, match="MILLSTREAM_MODEL_ANSWER_BYTES"):
            await run(ChatCompletion, prompt="Hi")


async def test_a_wrong_setting_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLSTREAM_MODEL_ANSWER_BYTES", "16 MB")
    with pytest.raises(TaskFailure, match="allowed: a whole number"):
        await run(ChatCompletion, prompt="Hi")
