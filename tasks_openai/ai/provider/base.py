"""What all providers have in common as authors write them: a type, a model, an address, certificates, often a key."""

from typing import Annotated, Any

from builder.tasks.api import Field, Form, Properties, SecretStr, field_validator
from tasks_openai.connected import sendable_key, web_address
from tasks_openai.providers import VENDORS, Vendor

Model = Annotated[str, Form("model", group="main", label="Model")]
Key = Annotated[SecretStr, Form("secret", group="connection", label="API key")]


def model(*examples: str) -> Any:
    """The field of the model's name, with some that the provider has."""
    about = "Which model is asked, by the provider's own name for it."
    return Field(min_length=1, examples=list(examples), description=about)


def key(secret: str) -> Any:
    """The field of a key that is kept as a secret of this name."""
    about = "The key of your account there. Keep it as a secret and name the secret here."
    return Field(examples=[f"{{{{ secret('{secret}') }}}}"], description=about)


class ModelProvider(Properties):
    """What every provider has."""

    type: str
    """Who makes the answer."""
    model_name: Model = model()
    base_url: Annotated[str | None, Form(group="connection", label="Server address")] = Field(
        None, examples=["https://gateway.example.org"]
    )
    """Another address than the provider's own: a gateway, or a server for tests."""
    ca_pem: Annotated[str | None, Form("textarea", group="connection", label="CA certificate")] = None
    """PEM text of the certificate authority that signed the server's certificate, when it is one of your own."""
    client_pem: Annotated[SecretStr | None, Form("secret", group="connection", label="Client certificate")] = None
    """PEM text of the key and certificate by which a server of your own knows this client."""

    _is_an_address = field_validator("base_url", "endpoint", check_fields=False)(web_address)

    @property
    def name(self) -> str:
        """The provider's name in the table."""
        return self.type.rpartition(".")[2]

    @property
    def vendor(self) -> Vendor:
        return VENDORS[self.name]

    def key(self) -> str:
        """The API key; "" where there is none."""
        key: SecretStr | None = getattr(self, "api_key", None)
        return key.get_secret_value() if key else ""

    @property
    def own_server(self) -> bool:
        """Whether the author named another server than the provider's own."""
        return self.base_url is not None and self.base_url.rstrip("/") != self.vendor.root

    def most_tokens(self) -> int | None:
        """How long an answer may be, where the provider's properties say so."""
        most = getattr(self, "max_tokens", None) or getattr(self, "max_token", None)
        return most if isinstance(most, int) else None


class KeyedProvider(ModelProvider):
    """A provider that is asked with an API key."""

    api_key: Key = key("API_KEY")

    _can_be_sent = field_validator("api_key")(sendable_key)
