"""What kv(), secret(), read(), errorLogs() and encrypt() read, seen from one flow; synchronous, as expressions want it.

Files of executions are not known here: `builder.runtime` adds them.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from builder.errors import BuilderError, Expired, NotFound
from builder.expressions.faults import ExpressionError
from builder.expressions.lookups import Ask, HttpQuestion, Question, SubflowQuestion
from builder.store import contents, encryption, kv, namespace_files, secrets
from builder.store.contents import Located
from builder.store.executions import records

T = TypeVar("T")
READ_BYTES = 8 * 1024 * 1024
"""The largest file that an expression reads."""


def nobody_is_asked(question: Question) -> Any:
    """For renderings that must not wait for a server or another flow."""
    raise ExpressionError("No server is asked here: http() and subflow() are answered in tasks and in inputs.")


class StoredLookups:
    """The database's side of `builder.expressions.lookups.Lookups`.

    `on_secret` is told every secret that was read, so that it is masked from then on. `ask` answers http() and
    subflow(); `builder.runtime` offers one.
    """

    def __init__(
        self,
        namespace: str,
        now: Callable[[], datetime],
        *,
        execution_id: str = "",
        on_secret: Callable[[str], None] = lambda value: None,
        kv_missing_is_null: bool = False,
        ask: Ask = nobody_is_asked,
    ) -> None:
        self._ask = ask
        self._namespace = namespace
        self._now = now
        self._execution_id = execution_id
        self._on_secret = on_secret
        self.kv_missing_is_null = kv_missing_is_null

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

    def http(self, question: HttpQuestion) -> Any:
        return self._ask(question)

    def subflow(self, question: SubflowQuestion) -> Any:
        return self._ask(question)

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

    def read(self, path: str, namespace: str | None = None, revision: int | None = None) -> str:
        return _said(lambda: self._content(path, namespace, revision)).decode("utf-8", "replace")

    def file_size(self, path: str, namespace: str | None = None, revision: int | None = None) -> int:
        return _said(lambda: self.located(path, namespace, revision).size)

    def file_uri(self, path: str, namespace: str | None = None, revision: int | None = None) -> str:
        where = _said(lambda: namespace_files.address(path, namespace or self._namespace, revision))
        if where is None:
            raise ExpressionError(f"{path[:200]} is no file of a namespace, so fileURI() has no address for it.")
        return namespace_files.uri_of(where)

    def located(self, path: str, namespace: str | None = None, revision: int | None = None) -> Located:
        """Where the file storage has a file that a flow names; here only files of namespaces are seen.

        Raises NotFound, Forbidden, InvalidInput.
        """
        where = namespace_files.address(path, namespace or self._namespace, revision)
        if where is None:
            raise NotFound(f"The file {path[:200]} cannot be read here; only a running task can read such files.")
        return namespace_files.located(where)

    def _content(self, path: str, namespace: str | None, revision: int | None) -> bytes:
        return contents.read(self.located(path, namespace, revision), READ_BYTES)


def _said(reading: Callable[[], T]) -> T:
    try:
        return reading()
    except BuilderError as error:
        raise ExpressionError(error.message) from error
