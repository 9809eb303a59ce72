"""A server that stands in for every provider, a provider of each kind as authors write it, and a way to run a task."""

import json
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from builder.runtime.network import addresses
from builder.tasks.base import Task
from builder.tasks.testing import FakeContext, run_task
from tasks_openai.signing import tokens
from tests.doubles.vendor_server import VendorServer

PREFIX = "io.kestra.plugin.ai.provider."
PRIVATE_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = PRIVATE_KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
Json = dict[str, Any]

NEEDED: dict[str, Json] = {
    "AmazonBedrock": {
        "accessKeyId": "AKIDEXAMPLE",
        "secretAccessKey": "aws-secret",
        "modelName": "amazon.nova-lite-v1:0",
    },
    "Anthropic": {"apiKey": "key", "modelName": "claude-sonnet-4-5"},
    "AzureOpenAI": {"endpoint": "{root}", "apiKey": "key", "modelName": "my-deployment"},
    "DashScope": {"apiKey": "key", "modelName": "qwen-plus"},
    "DeepSeek": {"apiKey": "key", "modelName": "deepseek-chat"},
    "GitHubModels": {"gitHubToken": "key", "modelName": "openai/gpt-4.1-mini"},
    "GoogleGemini": {"apiKey": "key", "modelName": "gemini-2.5-flash"},
    "GoogleVertexAI": {
        "endpoint": "{root}",
        "location": "europe-west1",
        "project": "p1",
        "modelName": "gemini-2.5-pro",
    },
    "HuggingFace": {"apiKey": "key", "modelName": "HuggingFaceTB/SmolLM3-3B:hf-inference"},
    "LocalAI": {"baseUrl": "{root}", "modelName": "llama"},
    "MistralAI": {"apiKey": "key", "modelName": "mistral-small-latest"},
    "OciGenAI": {"compartmentId": "ocid1.compartment.x", "region": "eu-frankfurt-1", "modelName": "meta.llama-3.3-70b"},
    "Ollama": {"endpoint": "{root}", "modelName": "llama3.2"},
    "OpenAI": {"apiKey": "key", "modelName": "gpt-4.1-mini"},
    "OpenRouter": {"apiKey": "key", "modelName": "openai/gpt-4.1-mini"},
    "WorkersAI": {"accountId": "acc1", "apiKey": "key", "modelName": "@cf/meta/llama-3.1-8b-instruct"},
    "ZhiPuAI": {"apiKey": "key", "modelName": "glm-4.5"},
}
"""What each provider cannot do without."""

OPENAI_SAYS = {
    "id": "c1",
    "object": "chat.completion",
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
}
ANTHROPIC_SAYS = [
    {
        "type": "message_start",
        "message": {"id": "m1", "model": "claude", "usage": {"input_tokens": 12, "output_tokens": 1}},
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hel"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "lo."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}},
    {"type": "message_stop"},
]
GOOGLE_SAYS = [
    {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hel"}]}}], "responseId": "r1"},
    {
        "candidates": [{"content": {"role": "model", "parts": [{"text": "lo."}]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 12, "candidatesTokenCount": 3, "totalTokenCount": 15},
    },
]
BEDROCK_SAYS = {
    "output": {"message": {"role": "assistant", "content": [{"text": "Hello."}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 12, "outputTokens": 3, "totalTokens": 15},
}
OCI_SAYS = {
    "modelId": "x",
    "chatResponse": {
        "apiFormat": "GENERIC",
        "choices": [
            {"message": {"role": "ASSISTANT", "content": [{"type": "TEXT", "text": "Hello."}]}, "finishReason": "stop"}
        ],
        "usage": {"promptTokens": 12, "completionTokens": 3, "totalTokens": 15},
    },
}
EVENTS = "text/event-stream"


class RunAt(Protocol):
    def __call__(self, task: type[Task], provider: Json, /, **written: Any) -> Awaitable[Json]: ...


@pytest.fixture(scope="session")
def standing_in() -> Iterator[VendorServer]:
    with VendorServer() as server:
        addresses.grant(server.root)
        yield server


@pytest.fixture
def vendors(standing_in: VendorServer) -> VendorServer:
    standing_in.got.clear()
    standing_in.answers.clear()
    standing_in.answer("/chat/completions", OPENAI_SAYS)
    standing_in.answer("/messages", ANTHROPIC_SAYS, kind=EVENTS)
    standing_in.answer(":streamGenerateContent", GOOGLE_SAYS, kind=EVENTS)
    standing_in.answer("/converse", BEDROCK_SAYS)
    standing_in.answer("/actions/chat", OCI_SAYS)
    standing_in.answer("/oauth2/v2.0/token", {"access_token": "entra-token", "expires_in": 3600})
    standing_in.answer("/google/token", {"access_token": "google-token", "expires_in": 3600})
    return standing_in


@pytest.fixture(autouse=True)
def worker(vendors: VendorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The credentials that the operator of a worker keeps on it."""
    tokens._tokens.clear()
    key = tmp_path / "key.pem"
    key.write_text(PEM)
    google = {
        "type": "service_account",
        "client_email": "robot@p1.iam.gserviceaccount.com",
        "private_key": PEM,
        "private_key_id": "k1",
        "token_uri": f"{vendors.root}/google/token",
    }
    (tmp_path / "google.json").write_text(json.dumps(google))
    profile = f"tenancy=t1\nuser=u1\nfingerprint=aa:bb\nkey_file={key}\n"
    (tmp_path / "oci").write_text(f"[DEFAULT]\n{profile}[OTHER]\nuser=u2\n")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "google.json"))
    monkeypatch.setenv("MILLSTREAM_GOOGLE_GATEWAYS", "127.0.0.1")
    monkeypatch.setenv("OCI_CONFIG_FILE", str(tmp_path / "oci"))
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", vendors.root)
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    return tmp_path


def provider(name: str, vendors: VendorServer, **more: Any) -> Json:
    """A provider that stands at the server; what is None is left out."""
    known = {"type": f"{PREFIX}{name}", "baseUrl": vendors.root, **NEEDED[name], **more}
    return {
        key: value.replace("{root}", vendors.root) if isinstance(value, str) else value
        for key, value in known.items()
        if value is not None
    }


@pytest.fixture
def run_at(context: FakeContext, pauses: list[float]) -> RunAt:
    async def run(task: type[Task], provider: Json, /, **written: Any) -> Json:
        return await run_task(task, {"provider": provider, **written}, context)

    return run
