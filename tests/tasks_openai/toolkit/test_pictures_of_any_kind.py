"""What a server sends as a picture is kept as what it is, whatever the server calls it; too large a one is named."""

import base64
import io
import json
import zipfile

import pytest

from builder.tasks.api import TaskFailure
from builder.tasks.testing import FakeContext
from tasks_openai.answers import pictures
from tests.doubles.openai_answers import Answer
from tests.doubles.openai_server import OpenAIServer
from tests.doubles.openai_store import png
from tests.tasks_openai.toolkit.conftest import RunTool

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'


def zipped() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("picture.png", "no picture")
    return held.getvalue()


def sent(*contents: bytes) -> Answer:
    data = [{"b64_json": base64.b64encode(content).decode()} for content in contents]
    return Answer(raw=json.dumps({"created": 1, "data": data, "output_format": "png"}))


async def test_it_is_kept_under_the_ending_that_its_content_has(
    run_tool: RunTool, server: OpenAIServer, context: FakeContext
) -> None:
    server.answers.append(sent(png(), SVG, zipped(), b"<html>alert(1)</html>", b"\xff\xd8\xff\xe0JFIF"))
    out = await run_tool("create_image", prompt="A cat", model="gpt-image-2", n=5)
    endings = [one["uri"].rpartition(".")[2] for one in out["data"]]
    assert endings == ["png", "svg", "zip", "txt", "jpg"]
    assert all("b64_json" not in one for one in out["data"])
    assert [line for _, line in context.logs if "is no picture but" in line] == [
        "Picture 3 is no picture but application/zip; it is kept as that.",
        "Picture 4 is no picture but text/plain; it is kept as that.",
    ]


async def test_one_beyond_the_limit_is_named(
    run_tool: RunTool, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "LARGEST_IMAGE_BYTES", 2**20)
    server.answers.append(sent(png(), bytes(2**20 + 1)))
    with pytest.raises(TaskFailure, match="Picture 2 is larger than 1 MB"):
        await run_tool("create_image", prompt="A cat", model="gpt-image-2")


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ('{"created": 1, "data": [{"b64_json": "%%%"}]}', "not valid base64"),
        ('{"created": 1, "data": 7}', "holds no picture"),
        ('{"created": 1, "data": ["a"]}', "holds no picture"),
        ('{"created": "x", "data": [{"url": null}]}', "was not understood, its created is not"),
    ],
)
async def test_what_is_no_answer_is_said(run_tool: RunTool, server: OpenAIServer, raw: str, sentence: str) -> None:
    server.answers.append(Answer(raw=raw))
    with pytest.raises(TaskFailure, match=sentence):
        await run_tool("create_image", prompt="A cat", model="gpt-image-2")
