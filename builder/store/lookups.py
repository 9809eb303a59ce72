"""What kv(), secret(), errorLogs() and encrypt() read, seen from one flow; synchronous, as expressions want it.

Files are not the database's: `builder.runtime` overrides read(), file_size() and file_uri().
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from builder.errors import BuilderError, Expired, NotFound
from builder.expressions.faults import ExpressionError
from builder.store import encryption, kv, secrets
from builder.store.executions import records


class StoredLookups:
    """The database's side of `builder.expressions.lookups.Lookups`.

    `on_secret` is told every secret that was read, so that it is masked from then on.
    """

    def __init__(
        self,
        namespace: str,
        now: Callable[[], datetime],
        *,
        execution_id: str = "",
        on_secret: Callable[[str], None] = lambda value: None,
    ) -> None:
        self._namespace = namespace
        self._now = now
        self._execution_id = execution_id
        self._on_secret = on_secret

    def kv(self, key: str, namespace: str | None, error_on_missing: bool) -> Any:
        """The value, of the flow's namespace or the nearest one above it unless a namespace is given."""
        for place in [namespace] if namespace else secrets.parents(self._namespace):
            try:
                return kv.get(place, key, self._now()).value
            except NotFound:
                continue
            except Expired as error:
                raise ExpressionError(error.message) from error
        if error_on_missing:
            raise ExpressionError(f"The key '{key}' does not exist in the namespace '{namespace or self._namespace}'.")
        return None

    def secret(self, key: str, namespace: str | None) -> str:
        try:
            value = secrets.value(key, namespace or self._namespace)
        except BuilderError as error:
            raise ExpressionError(error.message) from error
        self._on_secret(value)
        return value

    def error_logs(self) -> list[dict[str, Any]]:
        """The ERROR lines of this execution so far."""
        return (
            [
                {
                    "message": line.message,
                    "taskId": line.task_id,
                    "taskRunId": line.run_id,
                    "timestamp": line.at,
                    "level": line.level,
                    "attemptNumber": line.attempt,
                }
                for line in records.error_logs(self._execution_id)
            ]
            if self._execution_id
            else []
        )

    def encrypt(self, key: str, plaintext: str) -> str:
        return encryption.encrypt(plaintext, key)

    def decrypt(self, key: str, encrypted: str) -> str:
        try:
            return encryption.decrypt_with(key, encrypted)
        except encryption.WrongKey as error:
            raise ExpressionError("The text cannot be decrypted with this key.") from error

    def read(self, path: str) -> str:
        raise ExpressionError("Files cannot be read here; only a running task can.")

    def file_size(self, path: str) -> int:
        raise ExpressionError("Files cannot be read here; only a running task can.")

    def file_uri(self, path: str) -> str:
        raise ExpressionError("Files cannot be read here; only a running task can.")
