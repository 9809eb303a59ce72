"""A world made of given values, for trying expressions out and for tests: no file, key or secret of this machine."""

from collections.abc import Mapping
from typing import Any

from builder.expressions.faults import ExpressionError
from builder.expressions.lookups import HttpQuestion, SubflowQuestion


class GivenLookups:
    """`world` may hold `kv`, `secrets` (names in capitals), `storage` (text by address) and `logs`."""

    kv_missing_is_null = False

    def __init__(self, world: Mapping[str, Any], variables: Mapping[str, Any]) -> None:
        self._world = world
        self._variables = variables

    def _given(self, name: str) -> Mapping[str, Any]:
        given = self._world.get(name)
        return given if isinstance(given, Mapping) else {}

    def _variable(self, *path: str) -> Any:
        value: Any = self._variables
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def kv(self, key: str, namespace: str | None, error_on_missing: bool) -> Any:
        if namespace not in (None, self._variable("flow", "namespace")):
            raise ExpressionError("Keys of other namespaces cannot be read here")
        if error_on_missing and key not in self._given("kv"):
            raise ExpressionError(f"The key '{key}' does not exist in this namespace.")
        return self._given("kv").get(key)

    def secret(self, key: str, namespace: str | None) -> str:
        if key.upper() not in self._given("secrets"):
            raise ExpressionError(f"Cannot find secret for key '{key}'.")
        return str(self._given("secrets")[key.upper()])

    def read(self, path: str, namespace: str | None = None, revision: int | None = None) -> str:
        """Of this execution, or of the one that triggered it."""
        owners = [self._variable("execution", "id")]
        if self._variable("trigger", "namespace"):
            owners.append(self._variable("trigger", "executionId"))
        is_ours = any(isinstance(owner, str) and f"/executions/{owner}/" in path for owner in owners)
        if not is_ours or path not in self._given("storage"):
            raise ExpressionError(f"Unable to read the file '{path}' as it didn't belong to the current execution")
        return str(self._given("storage")[path])

    def file_size(self, path: str, namespace: str | None = None, revision: int | None = None) -> int:
        return len(self.read(path).encode())

    def file_uri(self, path: str, namespace: str | None = None, revision: int | None = None) -> str:
        namespace = namespace or self._variable("flow", "namespace")
        if not isinstance(namespace, str):
            raise ExpressionError("fileURI() needs the variable flow.namespace")
        return f"kestra:///{namespace.replace('.', '/')}/_files/{path.lstrip('/')}"

    def http(self, question: HttpQuestion) -> Any:
        raise ExpressionError("No server is asked here: http() is answered while a task runs")

    def subflow(self, question: SubflowQuestion) -> Any:
        raise ExpressionError("No flow is run here: subflow() is answered where the inputs of a flow are worked out")

    def error_logs(self) -> list[dict[str, Any]]:
        logs = self._world.get("logs")
        given = [log for log in logs if isinstance(log, Mapping)] if isinstance(logs, list) else []
        return [dict(log) for log in given if log.get("level") == "ERROR"]

    def encrypt(self, key: str, plaintext: str) -> str:
        raise ExpressionError("Nothing can be encrypted here")

    def decrypt(self, key: str, encrypted: str) -> str:
        raise ExpressionError("Nothing can be decrypted here")
