"""The tools by their old names, a way to run one, and a value for each of their properties."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from builder.tasks.base import Task
from builder.tasks.catalogue import catalogue
from builder.tasks.testing import FakeContext, run_task
from tests.doubles.openai_server import OpenAIServer
from tests.doubles.openai_store import MP3, png
from tests.tasks_openai.conftest import KEY

RunTool = Callable[..., Awaitable[dict[str, Any]]]
PNG_URI, MP3_URI = "kestra:///tests/picture.png", "kestra:///tests/sound.mp3"


def tool(name: str) -> type[Task]:
    return catalogue().task_class(f"openai_ai_{name}")


@pytest.fixture
def run_tool(server: OpenAIServer, context: FakeContext, pauses: list[float]) -> RunTool:
    """Runs a tool against the server, whose key and address need not be written; two files are at hand."""
    context.files.contents |= {PNG_URI: png(), MP3_URI: MP3}

    async def run(name: str, **written: Any) -> dict[str, Any]:
        return await run_task(tool(name), {"api_key": KEY, "base_url": server.url} | written, context)

    return run
