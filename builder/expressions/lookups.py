"""What an expression may ask of the world outside its variables."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class HttpQuestion:
    """What http() asks. `options` is JSON."""

    uri: str
    method: str
    query: tuple[tuple[str, str], ...]
    body: str | None
    headers: tuple[tuple[str, str], ...]
    options: str = "{}"


@dataclass(frozen=True, slots=True)
class SubflowQuestion:
    """What subflow() asks. `inputs` is JSON; `timeout` is a duration as it is written, "" for the usual one."""

    namespace: str
    id: str
    inputs: str = "{}"
    revision: int | None = None
    labels: tuple[tuple[str, str], ...] = ()
    timeout: str = ""


Question = HttpQuestion | SubflowQuestion
Ask = Callable[[Question], Any]
"""Gives the answer to a question; what keeps it from that is an ExpressionError."""


class Lookups(Protocol):
    """The world behind kv(), secret(), read() ...; every method is synchronous and may raise `ExpressionError`.

    `namespace` None means the flow's own. A lookup that this renderer does not offer raises ExpressionError.
    """

    kv_missing_is_null: bool
    """Whether kv() of a missing key is null unless it says otherwise, as before 0.22."""

    def kv(self, key: str, namespace: str | None, error_on_missing: bool) -> Any: ...
    def secret(self, key: str, namespace: str | None) -> str: ...
    def read(self, path: str, namespace: str | None, revision: int | None) -> str: ...
    def file_size(self, path: str, namespace: str | None, revision: int | None) -> int: ...
    def file_uri(self, path: str, namespace: str | None, revision: int | None) -> str: ...
    def http(self, question: HttpQuestion) -> Any: ...
    def subflow(self, question: SubflowQuestion) -> Any: ...
    def error_logs(self) -> list[dict[str, Any]]: ...
    def encrypt(self, key: str, plaintext: str) -> str: ...
    def decrypt(self, key: str, encrypted: str) -> str: ...


LOOKUP_FUNCTIONS = frozenset(
    {"kv", "secret", "read", "fileSize", "fileURI", "http", "subflow", "errorLogs", "encrypt", "decrypt"}
)
"""The functions that need `Lookups`; `needs_lookups(template)` tells a caller to render off the event loop."""
