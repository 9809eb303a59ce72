"""Who can be asked, in one table: where each provider is, how a request proves who sends it, what it speaks and can do.

Facts only, by the provider's name; `ai.provider.fields` has the properties that authors write, `ai.provider.connecting`
makes a connection of both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum


class Proof(StrEnum):
    """How a request proves who sends it."""

    BEARER = "key as a bearer token"
    HEADER = "key in a header of its own"
    NONE = "none (a key is sent where one is written)"
    AZURE = "key in the header api-key, or a bearer token of Entra ID for clientId, clientSecret and tenantId"
    AWS = "signature (AWS Signature Version 4)"
    GOOGLE = "bearer token of the worker's Google credentials"
    OCI = "signature with a profile of the worker's OCI configuration"


class Speech(StrEnum):
    """The protocol of a conversation."""

    OPENAI = "OpenAI's chat completions, streamed"
    ANTHROPIC = "Messages API, streamed"
    GOOGLE = "generateContent, streamed"
    BEDROCK = "Converse API, whole"
    OCI = "chat of OCI's Generative AI, whole"


class Drawing(StrEnum):
    """The protocol by which pictures are made."""

    OPENAI = "OpenAI's images/generations"
    CHAT = "a chat with pictures in its answer"
    GOOGLE = "predict (Imagen), or generateContent (Gemini)"
    BEDROCK = "InvokeModel"
    DASHSCOPE = "image synthesis"
    HUGGING_FACE = "inference of a model"
    WORKERS_AI = "run of a model"


class Json(Enum):
    """How an answer in a JSON shape is asked for."""

    SCHEMA = "by the schema"
    OBJECT = "as JSON, with the schema in words"
    WORDS = "in words"


class Thinking(Enum):
    """How thinking is switched, among those who speak OpenAI's protocol."""

    ALWAYS = "the model decides"
    FLAG = "enable_thinking and thinking_budget"
    KIND = "thinking: {type}"
    REASONING = "reasoning: {enabled, max_tokens}"


@dataclass(frozen=True, slots=True)
class Vendor:
    """One provider. `root` is what baseUrl replaces; {names} in addresses are the provider's properties.

    `trims`: an ending of baseUrl that is not part of the root, so that addresses with it and without it are both right.
    `speaks_at` and `draws_at` follow the root.
    """

    title: str
    root: str
    proof: Proof
    speech: Speech = Speech.OPENAI
    drawing: Drawing | None = None
    speaks_at: str = ""
    draws_at: str = ""
    trims: str = ""
    lists_at: str = ""
    """Where its models are listed, after the address of conversations; "" where no such list is known."""
    header: str = ""
    """Which header carries the key."""
    json: Json = Json.SCHEMA
    thinking: Thinking = Thinking.ALWAYS
    longest: str = "max_tokens"
    """How the limit of an answer's length is called."""
    seed: str = "seed"
    top_k: bool = False
    counts: bool = False
    """Whether streams count tokens unasked; who does so may refuse to be asked."""
    key: str = "apiKey"
    """The property that a refused key is corrected in."""


VENDORS: Mapping[str, Vendor] = {
    "AmazonBedrock": Vendor(
        "Amazon Bedrock",
        "https://bedrock-runtime.{region}.amazonaws.com",
        Proof.AWS,
        Speech.BEDROCK,
        Drawing.BEDROCK,
        json=Json.WORDS,
        seed="",
        top_k=True,
        key="accessKeyId and secretAccessKey",
    ),
    "Anthropic": Vendor(
        "Anthropic",
        "https://api.anthropic.com/v1",
        Proof.HEADER,
        Speech.ANTHROPIC,
        lists_at="/models?limit=1000",
        header="x-api-key",
        seed="",
        top_k=True,
    ),
    "AzureOpenAI": Vendor(
        "Azure OpenAI",
        "{endpoint}",
        Proof.AZURE,
        drawing=Drawing.OPENAI,
        header="api-key",
        longest="max_completion_tokens",
    ),
    "DashScope": Vendor(
        "DashScope",
        "https://dashscope-intl.aliyuncs.com/api/v1",
        Proof.BEARER,
        drawing=Drawing.DASHSCOPE,
        speaks_at="/compatible-mode/v1",
        draws_at="/api/v1",
        trims="/api/v1",
        json=Json.OBJECT,
        thinking=Thinking.FLAG,
        top_k=True,
    ),
    "DeepSeek": Vendor(
        "DeepSeek",
        "https://api.deepseek.com/v1",
        Proof.BEARER,
        lists_at="/models",
        json=Json.OBJECT,
        seed="",
    ),
    "GitHubModels": Vendor(
        "GitHub Models", "https://models.github.ai/inference", Proof.BEARER, json=Json.SCHEMA, key="gitHubToken"
    ),
    "GoogleGemini": Vendor(
        "Google Gemini",
        "https://generativelanguage.googleapis.com/v1beta",
        Proof.HEADER,
        Speech.GOOGLE,
        Drawing.GOOGLE,
        lists_at="/models?pageSize=1000",
        header="x-goog-api-key",
        top_k=True,
    ),
    "GoogleVertexAI": Vendor(
        "Google Vertex AI",
        "{endpoint}",
        Proof.GOOGLE,
        Speech.GOOGLE,
        Drawing.GOOGLE,
        speaks_at="/v1/projects/{project}/locations/{location}/publishers/google",
        draws_at="/v1/projects/{project}/locations/{location}/publishers/google",
        top_k=True,
        key="the Google credentials of the worker",
    ),
    "HuggingFace": Vendor(
        "Hugging Face",
        "https://router.huggingface.co/v1",
        Proof.BEARER,
        drawing=Drawing.HUGGING_FACE,
        lists_at="/models",
        speaks_at="/v1",
        draws_at="/hf-inference/models",
        trims="/v1",
        top_k=True,
    ),
    "LocalAI": Vendor(
        "LocalAI", "{base_url}", Proof.NONE, drawing=Drawing.OPENAI, lists_at="/models", top_k=True, key="baseUrl"
    ),
    "MistralAI": Vendor(
        "Mistral AI",
        "https://api.mistral.ai/v1",
        Proof.BEARER,
        lists_at="/models",
        seed="random_seed",
        counts=True,
    ),
    "OciGenAI": Vendor(
        "OCI Generative AI",
        "https://inference.generativeai.{region}.oci.oraclecloud.com",
        Proof.OCI,
        Speech.OCI,
        speaks_at="/20231130/actions",
        top_k=True,
        key="authProvider and the OCI configuration of the worker",
    ),
    "Ollama": Vendor(
        "Ollama",
        "{endpoint}",
        Proof.NONE,
        drawing=Drawing.OPENAI,
        lists_at="/models",
        speaks_at="/v1",
        draws_at="/v1",
        trims="/v1",
        key="endpoint",
    ),
    "OpenAI": Vendor(
        "OpenAI",
        "https://api.openai.com/v1",
        Proof.BEARER,
        drawing=Drawing.OPENAI,
        lists_at="/models",
        longest="max_completion_tokens",
    ),
    "OpenRouter": Vendor(
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        Proof.BEARER,
        drawing=Drawing.CHAT,
        lists_at="/models",
        thinking=Thinking.REASONING,
        top_k=True,
    ),
    "WorkersAI": Vendor(
        "Workers AI",
        "https://api.cloudflare.com",
        Proof.BEARER,
        drawing=Drawing.WORKERS_AI,
        speaks_at="/client/v4/accounts/{account_id}/ai/v1",
        draws_at="/client/v4/accounts/{account_id}/ai/run",
        trims="/client/v4",
        top_k=True,
    ),
    "ZhiPuAI": Vendor(
        "ZhiPu AI",
        "https://open.bigmodel.cn",
        Proof.BEARER,
        drawing=Drawing.OPENAI,
        speaks_at="/api/paas/v4",
        draws_at="/api/paas/v4",
        trims="/api/paas/v4",
        json=Json.OBJECT,
        thinking=Thinking.KIND,
        seed="",
    ),
}


def who_draws() -> list[str]:
    """The names of the providers that make pictures."""
    return [name for name, vendor in VENDORS.items() if vendor.drawing is not None]
