"""What Instill's components that ask a model server share: the `setup` block."""

from typing import Annotated, ClassVar

from builder.tasks.api import Field, Form, InstillTask, TaskFailure
from tasks_openai.connected import ConnectedTask, NamedConnection


class InstillModelTask(ConnectedTask, InstillTask):
    """A component whose key stands in `setup`."""

    category: ClassVar[str] = "Instill"
    costs: ClassVar[bool] = True

    setup: Annotated[NamedConnection | None, Form(group="connection", label="Setup")] = Field(
        None, examples=['{"api-key": "{{ secret(\'OPENAI_API_KEY\') }}"}', "{{ secret('MY_CONNECTION') }}"]
    )
    """The api-key, and organization and base-path if need be; or one secret that holds them (a connection)."""

    def key(self) -> str:
        if self.setup is None:
            raise TaskFailure(
                "No API key: write setup with an api-key, or the secret of a connection as setup.", retryable=False
            )
        return self.setup.api_key.get_secret_value()

    def named_connection(self) -> NamedConnection | None:
        return self.setup
