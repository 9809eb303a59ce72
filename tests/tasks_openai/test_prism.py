"""Every task once against Prism, an independent server that refuses what OpenAI's own specification does not allow.

Runs where Prism is at hand: MILLSTREAM_TEST_PRISM names its command, such as `npx @stoplight/prism-cli`.
"""

import os
import shlex
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from builder.runtime.network import addresses
from builder.tasks.api import TaskFailure
from builder.tasks.base import Task
from builder.tasks.catalogue import catalogue
from builder.tasks.testing import FakeContext, run_task
from tasks_openai.ai.asking_task import ProviderTask
from tasks_openai.ai.chat_completion import ChatCompletion as ProviderChat
from tasks_openai.ai.classification import Classification
from tasks_openai.ai.image_generation import ImageGeneration
from tasks_openai.ai.json_structured_extraction import JSONStructuredExtraction
from tasks_openai.instill.speech_recognition import SpeechRecognition
from tasks_openai.instill.text_embeddings import TextEmbeddings
from tasks_openai.instill.text_generation import TextGeneration
from tasks_openai.instill.text_to_image import TextToImage
from tasks_openai.instill.text_to_speech import TextToSpeech
from tasks_openai.kestra.chat_completion import ChatCompletion
from tasks_openai.kestra.create_image import CreateImage
from tasks_openai.kestra.responses import Responses
from tasks_openai.kestra.upload_file import UploadFile
from tests.doubles import openai_spec
from tests.doubles.openai_store import MP3, png
from tests.doubles.product import free_port
from tests.tasks_openai.ai.conftest import PREFIX
from tests.tasks_openai.conftest import KEY
from tests.tasks_openai.toolkit.conftest import MP3_URI, PNG_URI
from tests.tasks_openai.toolkit.test_every_property import NEEDED

COMMAND = os.environ.get("MILLSTREAM_TEST_PRISM", "")
pytestmark = pytest.mark.skipif(
    not COMMAND or not openai_spec.at_hand(), reason="Prism is not at hand; MILLSTREAM_TEST_PRISM names its command"
)
REFUSALS = ("status 400", "status 404", "status 405", "status 415", "status 422")
OTHERS: dict[type[Task], dict[str, Any]] = {
    ChatCompletion: {"model": "gpt-5.4", "prompt": "Hi"},
    Responses: {"model": "gpt-5.4", "input": "Hi"},
    CreateImage: {"model": "gpt-image-2", "prompt": "A cat"},
    UploadFile: {"from": MP3_URI, "purpose": "ASSISTANTS"},
    ProviderChat: {"messages": [{"type": "USER", "content": "Hi"}]},
    Classification: {"prompt": "I love it", "classes": ["good", "bad"]},
    JSONStructuredExtraction: {"prompt": "Ada, 36", "schemaName": "person", "jsonFields": ["name", "age"]},
    ImageGeneration: {"prompt": "A cat"},
    TextGeneration: {"model": "gpt-5.4", "prompt": "Hi"},
    TextEmbeddings: {"model": "text-embedding-3-small", "text": "Hi"},
    TextToImage: {"model": "gpt-image-2", "prompt": "A cat"},
    TextToSpeech: {"model": "tts-1", "text": "Hi", "voice": "alloy"},
    SpeechRecognition: {"model": "whisper-1", "audio": MP3_URI},
}


@pytest.fixture(scope="module")
def prism() -> Iterator[str]:
    port = free_port()
    command = [*shlex.split(COMMAND), "mock", "-h", "127.0.0.1", "-p", str(port), str(openai_spec.SPEC)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    heard = next((line for line in process.stdout if "listening" in line), "")
    assert heard, "Prism did not start"
    addresses.grant(f"http://127.0.0.1:{port}")
    yield f"http://127.0.0.1:{port}/v1"
    process.terminate()
    process.wait()
    process.stdout.close()


def cases() -> list[Any]:
    tools = [(entry.plugin, entry.name) for entry in catalogue().all() if entry.name.startswith("openai.")]
    found = [(plugin, NEEDED.get(plugin.aliases[0].removeprefix("openai_ai_"), {})) for plugin, _ in tools]
    return [pytest.param(task, written, id=task.__name__) for task, written in [*found, *OTHERS.items()]]


@pytest.mark.parametrize(("task", "written"), cases())
async def test_prism_refuses_nothing_of_it(
    prism: str, context: FakeContext, pauses: list[float], task: type[Task], written: dict[str, Any]
) -> None:
    context.files.contents |= {PNG_URI: png(), MP3_URI: MP3}
    connections: dict[str, dict[str, Any]] = {
        "openai": {"api_key": KEY, "base_url": prism},
        "instill": {"setup": {"api-key": KEY, "base-path": prism}},
    }
    provider = {"type": f"{PREFIX}OpenAI", "apiKey": KEY, "baseUrl": prism, "modelName": "gpt-5.4"}
    kestras = {"provider": provider} if issubclass(task, ProviderTask) else {"apiKey": KEY, "baseUrl": prism}
    connection = connections.get(task.type_name.split(".")[0], kestras)
    try:
        await run_task(task, {**written, **connection}, context)
    except TaskFailure as failure:  # what Prism makes up as an answer need not make sense; what it refuses is our fault
        assert not any(status in failure.message for status in REFUSALS), failure.message
    assert context.requests
