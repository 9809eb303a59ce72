"""Every provider: where the request goes, how it proves who sends it; baseUrl, endpoint and keys take effect."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from builder.tasks.api import TaskFailure
from builder.tasks.testing import FakeContext
from tasks_openai.ai.chat_completion import ChatCompletion
from tasks_openai.ai.provider.base import ModelProvider
from tasks_openai.ai.provider.connecting import connect
from tasks_openai.providers import VENDORS
from tasks_openai.signing.aws import AwsSignature
from tasks_openai.wire.connection import Outgoing
from tests.doubles.vendor_server import VendorServer
from tests.tasks_openai.ai.conftest import NEEDED, PREFIX, RunAt, provider

HELLO = [{"type": "USER", "content": "Hi"}]
WANTED: dict[str, tuple[str, dict[str, str | None]]] = {
    "AmazonBedrock": ("/model/amazon.nova-lite-v1%3A0/converse", {}),
    "Anthropic": (
        "/messages", {"x-api-key": "key", "anthropic-version": "2023-06-01", "authorization": None},
    ),
    "AzureOpenAI": ("/openai/v1/chat/completions", {"api-key": "key", "authorization": None}),
    "DashScope": ("/compatible-mode/v1/chat/completions", {"authorization": "Bearer key"}),
    "DeepSeek": ("/chat/completions", {"authorization": "Bearer key"}),
    "GitHubModels": ("/chat/completions", {"authorization": "Bearer key"}),
    "GoogleGemini": (
        "/models/gemini-2.5-flash:streamGenerateContent?alt=sse", {"x-goog-api-key": "key", "authorization": None},
    ),
    "GoogleVertexAI": (
        "/v1/projects/p1/locations/europe-west1/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
        {"authorization": "Bearer google-token"},
    ),
    "HuggingFace": ("/v1/chat/completions", {"authorization": "Bearer key"}),
    "LocalAI": ("/chat/completions", {"authorization": None}),
    "MistralAI": ("/chat/completions", {"authorization": "Bearer key"}),
    "OciGenAI": ("/20231130/actions/chat", {}),
    "Ollama": ("/v1/chat/completions", {"authorization": None}),
    "OpenAI": ("/chat/completions", {"authorization": "Bearer key"}),
    "OpenRouter": ("/chat/completions", {"authorization": "Bearer key"}),
    "WorkersAI": ("/client/v4/accounts/acc1/ai/v1/chat/completions", {"authorization": "Bearer key"}),
    "ZhiPuAI": ("/api/paas/v4/chat/completions", {"authorization": "Bearer key"}),
}  # fmt: skip
USUAL = {
    "AmazonBedrock": "https://bedrock-runtime.us-east-1.amazonaws.com",
    "Anthropic": "https://api.anthropic.com/v1",
    "AzureOpenAI": "https://r.openai.azure.com/openai/v1",
    "DashScope": "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    "DeepSeek": "https://api.deepseek.com/v1",
    "GitHubModels": "https://models.github.ai/inference",
    "GoogleGemini": "https://generativelanguage.googleapis.com/v1beta",
    "GoogleVertexAI": (
        "https://europe-west1-aiplatform.googleapis.com/v1/projects/p1/locations/europe-west1/publishers/google"
    ),
    "HuggingFace": "https://router.huggingface.co/v1",
    "LocalAI": "http://127.0.0.1:8080/v1",
    "MistralAI": "https://api.mistral.ai/v1",
    "OciGenAI": "https://inference.generativeai.eu-frankfurt-1.oci.oraclecloud.com/20231130/actions",
    "Ollama": "http://127.0.0.1:11434/v1",
    "OpenAI": "https://api.openai.com/v1",
    "OpenRouter": "https://openrouter.ai/api/v1",
    "WorkersAI": "https://api.cloudflare.com/client/v4/accounts/acc1/ai/v1",
    "ZhiPuAI": "https://open.bigmodel.cn/api/paas/v4",
}
OWN = {
    "AzureOpenAI": {"endpoint": "https://r.openai.azure.com/"},
    "GoogleVertexAI": {"endpoint": "europe-west1-aiplatform.googleapis.com:443"},
    "LocalAI": {"baseUrl": "http://127.0.0.1:8080/v1"},
    "Ollama": {"endpoint": "http://127.0.0.1:11434"},
}


def read(written: dict[str, Any]) -> ModelProvider:
    task = {"id": "a", "type": ChatCompletion.type_name, "messages": HELLO, "provider": written}
    return ChatCompletion.read(task).provider


def test_no_provider_is_forgotten() -> None:
    assert WANTED.keys() == USUAL.keys() == NEEDED.keys() == VENDORS.keys()


@pytest.mark.parametrize("name", WANTED)
async def test_each_answers_at_its_address_with_its_proof(name: str, run_at: RunAt, vendors: VendorServer) -> None:
    out = await run_at(ChatCompletion, provider(name, vendors), messages=HELLO)
    target, headers = WANTED[name]
    assert vendors.last.target == target
    assert {key: vendors.last.headers.get(key) for key in headers} == headers
    assert out["textOutput"] == "Hello." and out["finishReason"] == "STOP"
    assert out["tokenUsage"] == {"inputTokenCount": 12, "outputTokenCount": 3, "totalTokenCount": 15}


@pytest.mark.parametrize("name", USUAL)
async def test_each_has_its_usual_address(name: str, context: FakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    written = {"type": f"{PREFIX}{name}", **NEEDED[name], **OWN.get(name, {})}
    assert (await connect(context, read(written), "chat")).url == USUAL[name]


@pytest.mark.parametrize("name", sorted(set(USUAL) - {"GitHubModels"}))
def test_each_is_known_by_its_older_name(name: str) -> None:
    written = {**NEEDED[name], **OWN.get(name, {}), "type": f"io.kestra.plugin.langchain4j.provider.{name}"}
    assert read(written).vendor is VENDORS[name]


async def test_an_aws_signature_is_that_of_the_request_as_it_came(run_at: RunAt, vendors: VendorServer) -> None:
    await run_at(ChatCompletion, provider("AmazonBedrock", vendors, region="eu-west-3"), messages=HELLO)
    got = vendors.last
    at = datetime.strptime(got.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    again = AwsSignature("AKIDEXAMPLE", "aws-secret", "eu-west-3")
    outgoing = Outgoing("POST", got.headers["host"], got.target, "", got.content, at)
    assert got.headers["authorization"] == again.headers(outgoing)["authorization"]


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
async def test_the_worker_may_name_the_aws_region(
    variable: str, context: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "eu-central-1")
    known = await connect(context, read({"type": f"{PREFIX}AmazonBedrock", **NEEDED["AmazonBedrock"]}), "chat")
    assert known.url == "https://bedrock-runtime.eu-central-1.amazonaws.com"
    assert isinstance(known.signature, AwsSignature) and known.signature.region == "eu-central-1"


async def test_an_oci_request_is_signed_by_the_chosen_profile(run_at: RunAt, vendors: VendorServer) -> None:
    for profile, user in ((None, "u1"), ("OTHER", "u2")):
        await run_at(ChatCompletion, provider("OciGenAI", vendors, authProvider=profile), messages=HELLO)
        assert f'keyId="t1/{user}/aa:bb"' in vendors.last.headers["authorization"]
    assert vendors.last.json["compartmentId"] == "ocid1.compartment.x"
    assert vendors.last.json["servingMode"] == {"servingType": "ON_DEMAND", "modelId": "meta.llama-3.3-70b"}


async def test_azure_takes_an_application_instead_of_a_key(run_at: RunAt, vendors: VendorServer) -> None:
    app = {"apiKey": None, "clientId": "c", "clientSecret": "s", "tenantId": "t/1"}
    for _ in range(2):
        await run_at(ChatCompletion, provider("AzureOpenAI", vendors, **app), messages=HELLO)
    assert [one.target for one in vendors.got].count("/t%2F1/oauth2/v2.0/token") == 1, "the token is kept"
    form = vendors.got[0].content.decode()
    assert "grant_type=client_credentials" in form and "client_id=c" in form and "client_secret=s" in form
    assert "scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default" in form
    assert vendors.last.headers["authorization"] == "Bearer entra-token" and "api-key" not in vendors.last.headers


async def test_azure_with_a_version_is_asked_at_the_deployment(run_at: RunAt, vendors: VendorServer) -> None:
    await run_at(ChatCompletion, provider("AzureOpenAI", vendors, serviceVersion="2024-10-21"), messages=HELLO)
    assert vendors.last.target == "/openai/deployments/my-deployment/chat/completions?api-version=2024-10-21"


async def test_azure_prefers_base_url_to_its_endpoint(run_at: RunAt, vendors: VendorServer) -> None:
    elsewhere = provider("AzureOpenAI", vendors, endpoint="https://nowhere.example.org")
    await run_at(ChatCompletion, elsewhere, messages=HELLO)
    assert vendors.last.target == "/openai/v1/chat/completions"


async def test_azure_without_a_proof_is_refused(run_at: RunAt, vendors: VendorServer) -> None:
    with pytest.raises(TaskFailure, match="needs apiKey, or clientId, clientSecret and tenantId"):
        await run_at(ChatCompletion, provider("AzureOpenAI", vendors, apiKey=None, clientId="c"), messages=HELLO)


async def test_the_googles_token_is_asked_for_by_a_signed_claim(run_at: RunAt, vendors: VendorServer) -> None:
    await run_at(ChatCompletion, provider("GoogleVertexAI", vendors), messages=HELLO)
    form = vendors.got[0].content.decode()
    assert "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer" in form
    assert re.search(r"assertion=[\w-]+\.[\w-]+\.[\w-]+$", form)


async def test_the_workers_google_token_goes_to_google_alone(
    run_at: RunAt, vendors: VendorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MILLSTREAM_GOOGLE_GATEWAYS", "")
    with pytest.raises(TaskFailure, match=r"not sent to 127\.0\.0\.1: it is not Google"):
        await run_at(ChatCompletion, provider("GoogleVertexAI", vendors), messages=HELLO)
    assert vendors.got == []


async def test_a_worker_without_google_credentials_says_so(
    run_at: RunAt, vendors: VendorServer, worker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(worker / "nothing.json"))
    with pytest.raises(TaskFailure, match="set GOOGLE_APPLICATION_CREDENTIALS"):
        await run_at(ChatCompletion, provider("GoogleVertexAI", vendors), messages=HELLO)


async def test_refused_credentials_are_told_without_the_secret(run_at: RunAt, vendors: VendorServer) -> None:
    vendors.answer(
        "/oauth2/v2.0/token",
        {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret.\r\nTrace"},
        status=401,
    )
    app = {"apiKey": None, "clientId": "c", "clientSecret": "hidden-secret", "tenantId": "t"}
    with pytest.raises(TaskFailure, match=r"AADSTS7000215: Invalid client secret\. Check the credentials") as failure:
        await run_at(ChatCompletion, provider("AzureOpenAI", vendors, **app), messages=HELLO)
    assert "hidden-secret" not in failure.value.message


async def test_certificates_are_handed_to_the_connection(context: FakeContext, vendors: VendorServer) -> None:
    for name in WANTED:
        written = provider(name, vendors, caPem="a certificate", clientPem="a key")
        known = await connect(context, read(written), "chat")
        assert (known.ca_pem, known.client_pem) == ("a certificate", "a key"), name


async def test_the_clock_of_china_asks_dashscope_in_china(
    context: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    known = await connect(context, read({"type": f"{PREFIX}DashScope", **NEEDED["DashScope"]}), "images")
    assert known.url == "https://dashscope.aliyuncs.com/api/v1"


async def test_openai_is_reached_as_the_worker_says(
    run_at: RunAt, vendors: VendorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", f"{vendors.root}/behind")
    await run_at(ChatCompletion, provider("OpenAI", vendors, baseUrl=None), messages=HELLO)
    assert vendors.last.target == "/behind/chat/completions"
    await run_at(ChatCompletion, provider("OpenAI", vendors, baseUrl="https://api.openai.com/v1"), messages=HELLO)
    assert vendors.last.target == "/behind/chat/completions", "the usual address written out means the same"
