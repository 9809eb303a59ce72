"""The protocol server itself, with the plain official client: what tests lean on must hold."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import openai
import pytest
from openai import OpenAI

from tests.doubles import openai_spec
from tests.doubles.openai_server import Answer, OpenAIServer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def client(server: OpenAIServer) -> OpenAI:
    return OpenAI(api_key="sk-test", base_url=server.url, max_retries=0)


def test_the_official_client_understands_both_protocols(client: OpenAI) -> None:
    with client:
        messages = [{"role": "user", "content": "Hi"}]
        chat = client.chat.completions.create(model="gpt-4.1-mini", messages=messages)  # type: ignore[call-overload]
        assert chat.choices[0].message.content == "Here is an answer to: Hi"
        with client.responses.stream(model="gpt-4.1-mini", input="Hi") as stream:
            assert stream.get_final_response().output_text == "Here is an answer to: Hi"
        assert "gpt-5.4-mini" in [model.id for model in client.models.list()]


@pytest.mark.skipif(not openai_spec.at_hand(), reason="the specification is not here")
def test_it_refuses_what_the_specification_refuses(client: OpenAI, server: OpenAIServer) -> None:
    with client:
        with pytest.raises(openai.BadRequestError, match="Unknown parameter: 'temprature'"):
            client.responses.create(model="m", input="Hi", extra_body={"temprature": 1})
        with pytest.raises(openai.BadRequestError, match="temperature"):
            client.responses.create(model="m", input="Hi", temperature=5)
    assert all(request.faults for request in server.requests)


def test_it_refuses_keys_models_and_conversations_as_openai_does(server: OpenAIServer) -> None:
    with OpenAI(api_key="sk-wrong", base_url=server.url, max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError):
            client.responses.create(model="m", input="Hi")
        client.api_key = "sk-right"
        with pytest.raises(openai.NotFoundError):
            client.responses.create(model="no-such-model", input="Hi")
        with pytest.raises(openai.BadRequestError):
            client.responses.create(model="m", input="Hi", previous_response_id="resp_unknown")


def test_it_runs_as_a_program_of_its_own() -> None:
    command = [sys.executable, "-m", "tests.doubles.openai_server", "--port", "0", "--chunks", "3"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        root = url.removesuffix("/v1")
        script = json.dumps([{"text": "Scripted", "usage": {"input": 7}, "calls": []}]).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{root}/answers", script, method="POST"), timeout=60):
            pass
        with OpenAI(api_key="sk-test", base_url=url, max_retries=0) as client:
            assert client.responses.create(model="m", input="Hi").output_text == "Scripted"
        with urllib.request.urlopen(f"{root}/requests", timeout=60) as response:
            (seen,) = json.load(response)
        assert seen["path"] == "/v1/responses" and seen["body"]["input"] == "Hi"
        process.kill()


def test_an_answer_can_be_scripted_to_fail(client: OpenAI, server: OpenAIServer) -> None:
    server.answers.append(Answer("Slow down", status=429, headers={"retry-after": "1"}))
    with client, pytest.raises(openai.RateLimitError, match="Slow down"):
        client.responses.create(model="m", input="Hi")
