"""Answers with something odd anywhere inside: an answer or one sentence comes of them, never a traceback."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from builder.tasks.api import TaskFailure
from tasks_openai.answers.chat import ChatAnswer
from tasks_openai.answers.responses import ResponsesAnswer
from tasks_openai.kestra.chat_completion import ChatCompletion
from tasks_openai.kestra.responses import Responses
from tasks_openai.wire.failures import Misunderstood
from tests.doubles.openai_answers import Answer, Call, Chat, Respond, Usage
from tests.doubles.openai_server import OpenAIServer
from tests.tasks_openai.conftest import Run

ODD: list[Any] = [None, 7, -1, 0.5, True, "", "text", [], {}, [None], ["text"], {"type": 7}, [[]]]
SAID = Answer("Hello there", calls=(Call("f", {"x": 1}),), usage=Usage(), sources=("https://a.example",))


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inside:
        yield from places(part, (*path, key))


def changed(value: Any, chance: random.Random) -> Any:
    """The value with one place inside replaced by something odd, or left out."""
    path = chance.choice([path for path in places(value) if path])
    value = copy.deepcopy(value)
    inside = value
    for key in path[:-1]:
        inside = inside[key]
    if chance.random() < 0.15 and isinstance(inside, dict):
        del inside[path[-1]]
    else:
        inside[path[-1]] = chance.choice(ODD)
    return value


@pytest.mark.parametrize("seed", range(60))
async def test_a_whole_answer_with_something_odd_inside(run: Run, server: OpenAIServer, seed: int) -> None:
    chance = random.Random(seed)
    for task, protocol in ((ChatCompletion, Chat), (Responses, Respond)):
        body = changed(protocol({"model": "gpt-4.1-mini"}, SAID).whole(), chance)
        server.answers.append(Answer(raw=json.dumps(body)))
        question = {"prompt": "Hi"} if task is ChatCompletion else {"input": "Hi"}
        try:
            await run(task, **question)
        except TaskFailure as failure:
            assert failure.message


@pytest.mark.parametrize("seed", range(60))
def test_a_stream_with_something_odd_inside(seed: int) -> None:
    chance = random.Random(seed)
    for answer, protocol in ((ChatAnswer(), Chat), (ResponsesAnswer(), Respond)):
        events = list(protocol({"model": "m", "stream_options": {"include_usage": True}}, SAID).stream(3))
        for event in events:
            try:
                assert isinstance(answer.add(changed(event, chance)), str)
            except Misunderstood as error:
                assert error.answer
        if answer.finished:
            assert isinstance(answer.body(), dict)
