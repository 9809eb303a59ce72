"""The providers as authors write them: one model each, chosen by `type`, with the properties it has in Kestra."""

from typing import Annotated, Any, Literal

from builder.tasks.api import Field, Form, SecretStr, field_validator, model_validator
from tasks_openai.ai.provider.base import Key, KeyedProvider, Model, ModelProvider, key, model
from tasks_openai.connected import sendable_key

Limit = Annotated[int | None, Form(group="advanced", label="Longest answer (tokens)")]


class AmazonBedrock(ModelProvider):
    """Amazon Bedrock."""

    type: Literal["io.kestra.plugin.ai.provider.AmazonBedrock", "io.kestra.plugin.langchain4j.provider.AmazonBedrock"]
    """Models of Amazon Bedrock."""
    model_name: Model = model("amazon.nova-lite-v1:0")
    access_key_id: Annotated[SecretStr, Form("secret", group="connection", label="Access key ID")] = Field(
        examples=["{{ secret('AWS_ACCESS_KEY_ID') }}"]
    )
    """The ID of an AWS access key."""
    secret_access_key: Annotated[SecretStr, Form("secret", group="connection", label="Secret access key")] = Field(
        examples=["{{ secret('AWS_SECRET_ACCESS_KEY') }}"]
    )
    """The secret that belongs to the access key."""
    region: Annotated[str | None, Form(group="connection", label="Region")] = Field(None, examples=["eu-central-1"])
    """The AWS region; the worker's AWS_REGION when it is not set, else us-east-1."""
    model_type: Annotated[Literal["COHERE", "TITAN"], Form(group="advanced", label="Kind of embedding model")] = (
        "COHERE"
    )
    """For embeddings only; conversations and pictures do not need it."""

    _can_be_sent = field_validator("access_key_id", "secret_access_key")(sendable_key)

    def key(self) -> str:
        return self.secret_access_key.get_secret_value()


class Anthropic(KeyedProvider):
    """Anthropic."""

    type: Literal["io.kestra.plugin.ai.provider.Anthropic", "io.kestra.plugin.langchain4j.provider.Anthropic"]
    """Claude models of Anthropic."""
    model_name: Model = model("claude-sonnet-4-5")
    api_key: Key = key("ANTHROPIC_API_KEY")
    max_tokens: Limit = Field(None, ge=1)
    """The answer is cut after so many tokens; 4096 when nothing is said here or in the configuration."""


class AzureOpenAI(ModelProvider):
    """Azure OpenAI."""

    type: Literal["io.kestra.plugin.ai.provider.AzureOpenAI", "io.kestra.plugin.langchain4j.provider.AzureOpenAI"]
    """Models of OpenAI in a resource of Azure."""
    model_name: Model = model("my-deployment")
    endpoint: Annotated[str, Form(group="connection", label="Endpoint")] = Field(
        examples=["https://my-resource.openai.azure.com/"]
    )
    """The address of your resource."""
    api_key: Annotated[SecretStr | None, Form("secret", group="connection", label="API key")] = None
    """The key of the resource; or give clientId, clientSecret and tenantId instead."""
    client_id: Annotated[str | None, Form(group="connection", label="Client ID")] = None
    """The ID of an application in Entra ID that may use the resource."""
    client_secret: Annotated[SecretStr | None, Form("secret", group="connection", label="Client secret")] = None
    """The secret of that application."""
    tenant_id: Annotated[str | None, Form(group="connection", label="Tenant ID")] = None
    """The tenant that the application belongs to."""
    service_version: Annotated[str | None, Form(group="advanced", label="API version")] = Field(
        None, examples=["2024-10-21"]
    )
    """A dated version of the API, asked at the deployment's own address; the newest API (v1) when it is not set."""

    @field_validator("api_key")
    @classmethod
    def _key_can_be_sent(cls, key: SecretStr | None) -> SecretStr | None:
        return sendable_key(key) if key and key.get_secret_value() else None

    @model_validator(mode="after")
    def _can_prove_itself(self) -> "AzureOpenAI":
        if not self.api_key and not (self.client_id and self.client_secret and self.tenant_id):
            raise ValueError("needs apiKey, or clientId, clientSecret and tenantId")
        return self


class DashScope(KeyedProvider):
    """DashScope of Alibaba Cloud."""

    type: Literal["io.kestra.plugin.ai.provider.DashScope", "io.kestra.plugin.langchain4j.provider.DashScope"]
    """Qwen models of Alibaba Cloud."""
    model_name: Model = model("qwen-plus", "qwen-image-plus")
    api_key: Key = key("DASHSCOPE_API_KEY")
    enable_search: Annotated[bool | None, Form(group="advanced", label="Search the web")] = None
    """Whether the model may use results of a web search."""
    max_tokens: Limit = Field(None, ge=1)
    """The answer is cut after so many tokens."""
    repetition_penalty: Annotated[float | None, Form(group="advanced", label="Against repetition")] = Field(None, gt=0)
    """1.0 is no penalty; more means less repetition."""


class DeepSeek(KeyedProvider):
    """DeepSeek."""

    type: Literal[
        "io.kestra.plugin.ai.provider.DeepSeek",
        "io.kestra.plugin.ai.provider.Deepseek",
        "io.kestra.plugin.langchain4j.provider.DeepSeek",
    ]
    """Models of DeepSeek."""
    model_name: Model = model("deepseek-chat", "deepseek-reasoner")
    api_key: Key = key("DEEPSEEK_API_KEY")

    @property
    def name(self) -> str:
        return "DeepSeek"


class GitHubModels(ModelProvider):
    """GitHub Models."""

    type: Literal["io.kestra.plugin.ai.provider.GitHubModels"]
    """Models that GitHub offers."""
    model_name: Model = model("openai/gpt-4.1-mini")
    git_hub_token: Annotated[SecretStr, Form("secret", group="connection", label="GitHub token")] = Field(
        examples=["{{ secret('GITHUB_TOKEN') }}"]
    )
    """A personal access token that may use models."""

    _can_be_sent = field_validator("git_hub_token")(sendable_key)

    def key(self) -> str:
        return self.git_hub_token.get_secret_value()


class GoogleGemini(KeyedProvider):
    """Google Gemini."""

    type: Literal["io.kestra.plugin.ai.provider.GoogleGemini", "io.kestra.plugin.langchain4j.provider.GoogleGemini"]
    """Gemini and Imagen models, with a key of Google AI Studio."""
    model_name: Model = model("gemini-2.5-flash", "gemini-2.5-flash-image")
    api_key: Key = key("GEMINI_API_KEY")


class GoogleVertexAI(ModelProvider):
    """Google Vertex AI."""

    type: Literal["io.kestra.plugin.ai.provider.GoogleVertexAI", "io.kestra.plugin.langchain4j.provider.GoogleVertexAI"]
    """Google's models in a project of Google Cloud, with the worker's Google credentials."""
    model_name: Model = model("gemini-2.5-flash", "imagen-4.0-generate-001")
    endpoint: Annotated[str, Form(group="connection", label="Endpoint")] = Field(
        examples=["https://europe-west1-aiplatform.googleapis.com"]
    )
    """The address of the API for the location."""
    location: Annotated[str, Form(group="connection", label="Location")] = Field(examples=["europe-west1"])
    """Where the project's models run."""
    project: Annotated[str, Form(group="connection", label="Project ID")] = Field(examples=["my-project"])
    """Which project pays."""

    @field_validator("endpoint", mode="before")
    @classmethod
    def _with_scheme(cls, address: Any) -> Any:
        """Google's own pages write the bare host, with :443."""
        bare = isinstance(address, str) and "://" not in address and "{{" not in address
        return f"https://{address.strip().removesuffix(':443')}" if bare else address


class HuggingFace(KeyedProvider):
    """Hugging Face."""

    type: Literal["io.kestra.plugin.ai.provider.HuggingFace", "io.kestra.plugin.langchain4j.provider.HuggingFace"]
    """Models behind the router of Hugging Face."""
    model_name: Model = model("openai/gpt-oss-20b", "black-forest-labs/FLUX.1-schnell")
    api_key: Key = key("HUGGINGFACE_API_KEY")


class LocalAI(ModelProvider):
    """LocalAI."""

    type: Literal["io.kestra.plugin.ai.provider.LocalAI", "io.kestra.plugin.langchain4j.provider.LocalAI"]
    """Models of a LocalAI server, or of any other server that speaks OpenAI's protocol without a key."""
    model_name: Model = model("gpt-oss-20b")
    base_url: Annotated[str, Form(group="connection", label="Server address")] = Field(
        examples=["http://127.0.0.1:8080/v1"]
    )
    """The server's address; it usually ends in /v1."""


class MistralAI(KeyedProvider):
    """Mistral AI."""

    type: Literal["io.kestra.plugin.ai.provider.MistralAI", "io.kestra.plugin.langchain4j.provider.MistralAI"]
    """Models of Mistral AI."""
    model_name: Model = model("mistral-small-latest")
    api_key: Key = key("MISTRAL_API_KEY")


class OciGenAI(ModelProvider):
    """OCI Generative AI."""

    type: Literal["io.kestra.plugin.ai.provider.OciGenAI", "io.kestra.plugin.langchain4j.provider.OciGenAI"]
    """Models of Oracle Cloud Infrastructure, with a profile of the worker's OCI configuration."""
    model_name: Model = model("meta.llama-3.3-70b-instruct", "cohere.command-a-03-2025")
    compartment_id: Annotated[str, Form(group="connection", label="Compartment")] = Field(
        examples=["ocid1.compartment.oc1..aaaa"]
    )
    """The OCID of the compartment in which the model is used."""
    region: Annotated[str, Form(group="connection", label="Region")] = Field(examples=["eu-frankfurt-1"])
    """The region that is asked."""
    auth_provider: Annotated[str | None, Form(group="connection", label="Profile")] = Field(None, examples=["DEFAULT"])
    """Which profile of the OCI configuration file signs the requests; DEFAULT when it is not set."""


class Ollama(ModelProvider):
    """Ollama."""

    type: Literal["io.kestra.plugin.ai.provider.Ollama", "io.kestra.plugin.langchain4j.provider.Ollama"]
    """Models of an Ollama server."""
    model_name: Model = model("llama3.2")
    endpoint: Annotated[str, Form(group="connection", label="Endpoint")] = Field(examples=["http://127.0.0.1:11434"])
    """The server's address."""


class OpenAI(KeyedProvider):
    """OpenAI."""

    type: Literal["io.kestra.plugin.ai.provider.OpenAI", "io.kestra.plugin.langchain4j.provider.OpenAI"]
    """Models of OpenAI, or of a server that speaks its protocol."""
    model_name: Model = model("gpt-5.4-mini", "gpt-image-2.5-flare")
    api_key: Key = key("OPENAI_API_KEY")


class OpenRouter(KeyedProvider):
    """OpenRouter."""

    type: Literal["io.kestra.plugin.ai.provider.OpenRouter", "io.kestra.plugin.langchain4j.provider.OpenRouter"]
    """Models of many makers behind one key."""
    model_name: Model = model("openai/gpt-5.4-mini", "google/gemini-2.5-flash-image")
    api_key: Key = key("OPENROUTER_API_KEY")


class WorkersAI(KeyedProvider):
    """Cloudflare Workers AI."""

    type: Literal["io.kestra.plugin.ai.provider.WorkersAI", "io.kestra.plugin.langchain4j.provider.WorkersAI"]
    """Models that run at Cloudflare."""
    model_name: Model = model("@cf/meta/llama-3.1-8b-instruct", "@cf/black-forest-labs/flux-1-schnell")
    api_key: Key = key("CLOUDFLARE_API_TOKEN")
    account_id: Annotated[str, Form(group="connection", label="Account ID")] = Field(examples=["0123456789abcdef"])
    """Which account pays."""


class ZhiPuAI(KeyedProvider):
    """ZhiPu AI."""

    type: Literal["io.kestra.plugin.ai.provider.ZhiPuAI", "io.kestra.plugin.langchain4j.provider.ZhiPuAI"]
    """GLM and CogView models of ZhiPu AI."""
    model_name: Model = model("glm-4.5", "cogview-4")
    api_key: Key = key("ZHIPU_API_KEY")
    max_retries: Annotated[int | None, Form(group="advanced", label="Tries after a failure")] = Field(None, ge=0, le=10)
    """How often one call is tried again when that can help; 4 times when it is not set."""
    max_token: Limit = Field(None, ge=1)
    """The answer is cut after so many tokens."""
    stops: Annotated[list[str] | None, Form("list", group="advanced", label="Stop at")] = None
    """Texts before which the answer ends."""


AnyProvider = Annotated[
    AmazonBedrock
    | Anthropic
    | AzureOpenAI
    | DashScope
    | DeepSeek
    | GitHubModels
    | GoogleGemini
    | GoogleVertexAI
    | HuggingFace
    | LocalAI
    | MistralAI
    | OciGenAI
    | Ollama
    | OpenAI
    | OpenRouter
    | WorkersAI
    | ZhiPuAI,
    Field(discriminator="type"),
]
