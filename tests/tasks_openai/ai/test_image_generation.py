"""Pictures of every provider that makes them: how they are asked for, that they are kept, and what goes wrong."""

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml

from builder.tasks.api import Severity, TaskFailure
from builder.tasks.catalogue import catalogue
from builder.tasks.check import check_written
from builder.tasks.testing import FakeContext, run_task
from tasks_openai.ai import drawing
from tasks_openai.ai.image_generation import ImageGeneration
from tasks_openai.providers import VENDORS, who_draws
from tests.doubles.openai_server import OpenAIServer
from tests.doubles.openai_store import png
from tests.doubles.vendor_server import VendorServer
from tests.tasks_openai.ai.conftest import NEEDED, PREFIX, RunAt, provider
from tests.tasks_openai.conftest import KEY, metric

FLOW = Path(__file__).resolve().parents[3].parent / "shared" / "corpus" / "seed_flows" / "image_generation.yaml"
B64 = base64.b64encode(png()).decode()
IMAGES = {"data": [{"b64_json": B64}]}
INVOKED = {"images": [B64]}
PREDICTED = {"predictions": [{"bytesBase64Encoded": B64, "mimeType": "image/png"}]}
VERTEX = "/v1/projects/p1/locations/europe-west1/publishers/google/models"
CASES: list[tuple[str, str, str, Any, dict[str, Any]]] = [
    ("OpenAI", "dall-e-3", "/images/generations", IMAGES, {"model": "dall-e-3", "prompt": "A cat"}),
    ("AzureOpenAI", "draws", "/openai/v1/images/generations", IMAGES, {"model": "draws", "prompt": "A cat"}),
    ("LocalAI", "sd", "/images/generations", IMAGES, {"model": "sd", "prompt": "A cat"}),
    ("Ollama", "flux", "/v1/images/generations", IMAGES, {"model": "flux", "prompt": "A cat"}),
    ("ZhiPuAI", "cogview-4", "/api/paas/v4/images/generations", IMAGES, {"model": "cogview-4", "prompt": "A cat"}),
    (
        "OpenRouter", "google/gemini-2.5-flash-image", "/chat/completions",
        {"choices": [{"message": {"images": [{"image_url": {"url": f"data:image/png;base64,{B64}"}}]}}]},
        {"modalities": ["image", "text"], "messages": [{"role": "user", "content": "A cat"}]},
    ),
    (
        "GoogleGemini", "imagen-4.0-generate-001", "/models/imagen-4.0-generate-001:predict", PREDICTED,
        {"instances": [{"prompt": "A cat"}], "parameters": {"sampleCount": 1}},
    ),
    (
        "GoogleGemini", "gemini-2.5-flash-image", "/models/gemini-2.5-flash-image:generateContent",
        {"candidates": [{"content": {"parts": [{"text": "Here"}, {"inlineData": {"data": B64}}]}}]},
        {"generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}},
    ),
    ("GoogleVertexAI", "imagen-4.0", f"{VERTEX}/imagen-4.0:predict", PREDICTED, {"instances": [{"prompt": "A cat"}]}),
    (
        "AmazonBedrock", "amazon.nova-canvas-v1:0", "/model/amazon.nova-canvas-v1%3A0/invoke", INVOKED,
        {"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "A cat"}},
    ),
    ("AmazonBedrock", "stability.sd3-5", "/model/stability.sd3-5/invoke", INVOKED, {"prompt": "A cat"}),
    (
        "DashScope", "qwen-image-plus", "/api/v1/services/aigc/multimodal-generation/generation",
        {"output": {"choices": [{"message": {"content": [{"image": "{root}/made.png"}]}}]}},
        {"input": {"messages": [{"role": "user", "content": [{"text": "A cat"}]}]}},
    ),
    (
        "HuggingFace", "black-forest-labs/FLUX.1-dev", "/hf-inference/models/black-forest-labs/FLUX.1-dev", png(),
        {"inputs": "A cat"},
    ),
    (
        "WorkersAI", "@cf/black-forest-labs/flux-1-schnell",
        "/client/v4/accounts/acc1/ai/run/@cf/black-forest-labs/flux-1-schnell",
        {"result": {"image": B64}, "success": True}, {"prompt": "A cat"},
    ),
    (
        "WorkersAI", "@cf/stabilityai/sdxl", "/client/v4/accounts/acc1/ai/run/@cf/stabilityai/sdxl", png(),
        {"prompt": "A cat"},
    ),
]  # fmt: skip


def placed(answer: Any, root: str) -> Any:
    if isinstance(answer, dict):
        return {key: placed(value, root) for key, value in answer.items()}
    if isinstance(answer, list):
        return [placed(value, root) for value in answer]
    return answer.replace("{root}", root) if isinstance(answer, str) else answer


@pytest.mark.parametrize(
    ("name", "model", "target", "said", "sent"), CASES, ids=[f"{one[0]}-{one[1]}" for one in CASES]
)
async def test_a_picture_is_asked_for_and_kept(
    run_at: RunAt, vendors: VendorServer, context: FakeContext, name: str, model: str, target: str, said: Any,
    sent: dict[str, Any],
) -> None:  # fmt: skip
    vendors.answers.clear()
    vendors.answer("/google/token", {"access_token": "google-token", "expires_in": 3600})
    vendors.answer("/made.png", png(), kind="image/png")
    vendors.answer(
        target, placed(said, vendors.root), kind="image/png" if isinstance(said, bytes) else "application/json"
    )
    out = await run_at(ImageGeneration, provider(name, vendors, modelName=model), prompt="A cat")
    asked = next(one for one in vendors.got if one.target == target)
    assert sent.items() <= asked.json.items()
    assert (
        out["imageUrl"].startswith("kestra:///") and out["imageUrl"].endswith(".png") and out["finishReason"] == "STOP"
    )
    assert await context.files.read(out["imageUrl"]) == png()
    assert B64 not in str(out)


def test_every_provider_that_draws_is_tried() -> None:
    assert {case[0] for case in CASES} == set(who_draws())


async def test_azure_with_a_version_is_asked_at_the_deployment(run_at: RunAt, vendors: VendorServer) -> None:
    vendors.answer("/images/generations", IMAGES)
    await run_at(ImageGeneration, provider("AzureOpenAI", vendors, serviceVersion="2024-10-21"), prompt="A cat")
    assert vendors.last.target == "/openai/deployments/my-deployment/images/generations?api-version=2024-10-21"
    assert vendors.last.json == {"prompt": "A cat"}


async def test_dashscope_is_looked_at_until_the_picture_is_there(
    run_at: RunAt, vendors: VendorServer, context: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []

    async def skip(seconds: float) -> None:
        looks.append(seconds)

    monkeypatch.setattr(drawing, "sleep", skip)
    done = {"task_status": "SUCCEEDED", "results": [{"url": f"{vendors.root}/made.png"}]}
    vendors.answer("/image-synthesis", {"output": {"task_id": "t/1", "task_status": "PENDING"}})
    vendors.answer("/tasks/t%2F1", {"output": {"task_id": "t/1", "task_status": "RUNNING"}}, {"output": done})
    vendors.answer("/made.png", png(), kind="image/png")
    out = await run_at(ImageGeneration, provider("DashScope", vendors, modelName="wanx2.1-t2i"), prompt="A cat")
    started = vendors.got[0]
    assert started.target == "/api/v1/services/aigc/text2image/image-synthesis"
    assert started.headers["x-dashscope-async"] == "enable"
    assert started.json == {"model": "wanx2.1-t2i", "input": {"prompt": "A cat"}, "parameters": {"n": 1}}
    assert looks == [3.0, 3.0] and vendors.got[1].method == "GET"
    assert await context.files.read(out["imageUrl"]) == png()


NOTHING: list[tuple[str, str, str, Any, str]] = [
    (
        "DashScope", "wanx", "/image-synthesis",
        {"output": {"task_status": "FAILED", "code": "DataInspectionFailed", "message": "Not allowed."}}, "Not allowed",
    ),
    ("OpenAI", "dall-e-3", "/images/generations", {"data": []}, "was not understood"),
    ("OpenRouter", "m", "/chat/completions", {"choices": [{"message": {"content": "I cannot."}}]}, "I cannot"),
    ("GoogleVertexAI", "imagen", ":predict", {"predictions": [{"raiFilteredReason": "Filtered."}]}, "Filtered"),
    ("GoogleGemini", "g", ":generateContent", {"candidates": [{"finishReason": "IMAGE_SAFETY"}]}, "IMAGE_SAFETY"),
    ("AmazonBedrock", "stability.x", "/invoke", {"images": [], "finish_reasons": ["Filter: prompt"]}, "Filter: p"),
    ("WorkersAI", "m", "/m", {"success": False, "errors": [{"message": "AiError: no"}]}, "AiError: no"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "model", "ending", "said", "sentence"), NOTHING)
async def test_an_answer_without_a_picture_says_why(
    run_at: RunAt, vendors: VendorServer, name: str, model: str, ending: str, said: Any, sentence: str
) -> None:
    vendors.answers.clear()
    vendors.answer("/google/token", {"access_token": "google-token", "expires_in": 3600})
    vendors.answer(ending, said)
    with pytest.raises(TaskFailure, match=sentence):
        await run_at(ImageGeneration, provider(name, vendors, modelName=model), prompt="A cat")


async def test_what_is_no_picture_is_not_kept_as_one(run_at: RunAt, vendors: VendorServer) -> None:
    vendors.answer("/m", b"<html>busy</html>", kind="text/html")
    with pytest.raises(TaskFailure, match="sent no picture but text/plain"):
        await run_at(ImageGeneration, provider("HuggingFace", vendors, modelName="m"), prompt="A cat")


async def test_an_answer_that_cannot_be_read_may_have_been_paid_for(
    run_at: RunAt, vendors: VendorServer, context: FakeContext
) -> None:
    vendors.answer("/m", b"{broken", kind="application/json")
    with pytest.raises(TaskFailure, match="was not understood"):
        await run_at(ImageGeneration, provider("HuggingFace", vendors, modelName="m"), prompt="A cat")
    assert metric(context, "cost.unknown") == 1


@pytest.mark.parametrize("name", sorted(set(VENDORS) - set(who_draws())))
def test_who_cannot_draw_is_told_before_the_run(name: str) -> None:
    written = {"type": f"{PREFIX}{name}", **NEEDED[name]}
    task = {"id": "a", "type": ImageGeneration.type_name, "prompt": "{{ inputs.what }}", "provider": written}
    (fault,) = (one for one in check_written(ImageGeneration, task) if one.severity.name == "ERROR")
    assert fault.path == ("provider", "type")
    assert f"{VENDORS[name].title} makes no pictures; these do: AmazonBedrock, AzureOpenAI" in fault.message


async def test_tokens_of_pictures_are_measured(run_at: RunAt, vendors: VendorServer, context: FakeContext) -> None:
    usage = {"input_tokens": 10, "output_tokens": 100, "total_tokens": 110}
    vendors.answer("/images/generations", {**IMAGES, "usage": usage})
    out = await run_at(ImageGeneration, provider("OpenAI", vendors, modelName="gpt-image-2"), prompt="A cat")
    assert out["tokenUsage"] == {"inputTokenCount": 10, "outputTokenCount": 100, "totalTokenCount": 110}
    names = ("input.token.count", "output.token.count", "total.token.count")
    assert [metric(context, name) for name in names] == [10, 100, 110]


@pytest.mark.skipif(not FLOW.exists(), reason="the shared corpus is not here")
async def test_the_flow_of_the_document_runs_unchanged(
    server: OpenAIServer, context: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    (task,) = yaml.safe_load(FLOW.read_text())["tasks"]
    cls = catalogue().task_class(task["type"])
    (advice,) = check_written(cls, task)
    assert advice.severity is Severity.WARNING and "has shut down the model dall-e-3" in advice.message
    written = {**task, "provider": {**task["provider"], "apiKey": KEY}}  # kv() is the runner's
    out = await run_task(cls, written, context)
    assert server.requests[-1].body["model"] == "dall-e-3" and server.requests[-1].faults == []
    assert server.requests[-1].body["prompt"].startswith("Four-panel comic page about a data engineer")
    assert (await context.files.read(out["imageUrl"])).startswith(b"\x89PNG")
