"""io.kestra.plugin.openai.CreateImage and UploadFile: every property, what comes back, and what is refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from builder.tasks.api import TaskFailure
from builder.tasks.fields.form import fields_of
from builder.tasks.testing import FakeContext, run_task
from tasks_openai.kestra import upload_file
from tasks_openai.kestra.create_image import CreateImage
from tasks_openai.kestra.upload_file import UploadFile
from tests.doubles.openai_answers import Answer
from tests.doubles.openai_server import OpenAIServer
from tests.doubles.openai_store import png
from tests.tasks_openai import seeds
from tests.tasks_openai.conftest import KEY, metric

BESIDES = {"CreateImage": CreateImage, "UploadFile": UploadFile}
PROPERTIES = [(name, one) for name in BESIDES for one in seeds.besides(f"io.kestra.plugin.openai.{name}")]


@pytest.fixture
def base(server: OpenAIServer, context: FakeContext, pauses: list[float]) -> dict[str, Any]:
    context.files.contents["kestra:///tests/notes.txt"] = b"Some notes"
    return {"apiKey": KEY, "baseUrl": server.url}


@pytest.mark.parametrize(("name", "one"), PROPERTIES, ids=seeds.named(PROPERTIES))
def test_every_property_is_in_the_form(name: str, one: dict[str, Any]) -> None:
    shown = {field.name: field for field in fields_of(BESIDES[name])}
    assert shown[one["name"]].label and shown[one["name"]].description
    assert shown[one["name"]].required is one["required"]


async def test_an_image_is_asked_for_with_all_its_properties(
    base: dict[str, Any], server: OpenAIServer, context: FakeContext
) -> None:
    written = {"prompt": "A cat", "n": 2, "size": "SMALL", "quality": "HIGH", "user": "u", "model": "gpt-image-2"}
    outputs = await run_task(CreateImage, base | written, context)
    assert server.requests[-1].body == {
        "model": "gpt-image-2", "prompt": "A cat", "n": 2, "size": "256x256", "quality": "high", "user": "u",
    }  # fmt: skip
    assert [context.files.contents[uri] for uri in outputs["images"]] == [png(0), png(1)]
    assert metric(context, "usage.total.tokens") == 110


async def test_model_and_size_are_named_without_being_written(
    base: dict[str, Any], server: OpenAIServer, context: FakeContext
) -> None:
    await run_task(CreateImage, base | {"prompt": "A cat"}, context)
    assert server.requests[-1].body == {"model": "gpt-image-2.5-flare", "prompt": "A cat", "size": "1024x1024"}


@pytest.mark.parametrize("download", [True, False])
async def test_an_address_is_kept_as_a_file_when_that_is_wanted(
    base: dict[str, Any], server: OpenAIServer, context: FakeContext, download: bool
) -> None:
    address = f"{server.url.removesuffix('/v1')}/pictures/1.png"
    server.answers.append(Answer(raw=f'{{"created": 1, "data": [{{"url": "{address}"}}]}}'))
    outputs = await run_task(CreateImage, base | {"prompt": "A cat", "download": download}, context)
    kept = outputs["images"][0]
    assert context.files.contents[kept] == png() if download else kept == address


@pytest.mark.parametrize("written", [{"n": 0}, {"n": 11}, {"size": "HUGE"}, {"quality": "BEST"}, {"prompt": " "}])
def test_what_cannot_be_is_refused_before_the_call(written: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CreateImage.read({"id": "a", "type": "t", "apiKey": "k", "prompt": "A cat"} | written)


@pytest.mark.parametrize(
    ("purpose", "sent"),
    [("user_data", "user_data"), ("FINE_TUNE", "fine-tune"), ("batch", "batch"), ("holidays", "assistants")],
)
async def test_the_content_of_a_file_is_uploaded(
    base: dict[str, Any], server: OpenAIServer, context: FakeContext, purpose: str, sent: str
) -> None:
    written = {"from": "kestra:///tests/notes.txt", "purpose": purpose}
    outputs = await run_task(UploadFile, base | written, context)
    about, content = server.store.files[outputs["fileId"]]
    assert content == b"Some notes"
    assert (about["filename"], about["purpose"]) == ("notes.txt", sent)
    assert any("is no purpose of files" in text for _, text in context.logs) is (purpose == "holidays")


async def test_a_file_beyond_the_limit_is_refused(
    base: dict[str, Any], context: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_file, "LARGEST_UPLOAD_BYTES", 4)
    with pytest.raises(TaskFailure):
        await run_task(UploadFile, base | {"from": "kestra:///tests/notes.txt", "purpose": "vision"}, context)


async def test_an_empty_file_is_refused(base: dict[str, Any], context: FakeContext) -> None:
    context.files.contents["kestra:///tests/empty.txt"] = b""
    with pytest.raises(TaskFailure, match="is empty"):
        await run_task(UploadFile, base | {"from": "kestra:///tests/empty.txt", "purpose": "vision"}, context)
