"""A way to run Instill's tasks against the server, by the names of their components' tasks."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from builder.tasks.base import Task
from builder.tasks.catalogue import catalogue
from builder.tasks.testing import FakeContext, run_task
from tests.doubles.openai_server import OpenAIServer
from tests.doubles.openai_store import MP3, png
from tests.tasks_openai.conftest import KEY

RunInstill = Callable[..., Awaitable[dict[str, Any]]]
PNG_URI, MP3_URI = "kestra:///tests/picture.png", "kestra:///tests/sound.mp3"


def component(task: str) -> type[Task]:
    """TASK_TEXT_TO_IMAGE as instill.openai.TextToImage."""
    name = "".join(word.capitalize() for word in task.removeprefix("TASK_").split("_"))
    return catalogue().task_class(f"instill.openai.{name}")


@pytest.fixture
def run_instill(server: OpenAIServer, context: FakeContext, pauses: list[float]) -> RunInstill:
    """Runs a task against the server; `setup` need not be written; a picture and a sound are at hand."""
    context.files.contents |= {PNG_URI: png(), MP3_URI: MP3}

    async def run(task: str, **written: Any) -> dict[str, Any]:
        given = {"setup": {"api-key": KEY, "base-path": server.url.removesuffix("/v1")}, **written}
        return await run_task(component(task), given, context)

    return run
