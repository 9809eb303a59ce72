"""The double for tests of tasks: a context that remembers everything, with KV and files in memory and a plain client.

context = FakeContext()
outputs = await run_task(Log, "message: hello", context)
assert context.logs == [("INFO", "hello")]
"""

import asyncio
import inspect
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import yaml

from builder.errors import TaskFailure
from builder.expressions import render_value
from builder.tasks.base import Task
from builder.tasks.prepare import dump_outputs, prepare, secrets_of
from builder.tasks.testing.elsewhere import FakeElsewhere
from builder.tasks.testing.files import FakeFiles, FakeNamespaceFiles
from builder.tasks.testing.kv import FakeKv
from builder.tasks.world.effects import Effect


class FakeHttp:
    """Plain clients without a guard; `asked` keeps what each client was asked to be."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.clients: list[Any] = []
        self.refused: set[str] = set()

    def client(
        self,
        *,
        ca_pem: str | None = None,
        client_pem: str | None = None,
        verify: bool = True,
        proxy: str | None = None,
        connect_timeout_seconds: float | None = None,
        silence_timeout_seconds: float | None = None,
        follow_redirects: bool = True,
    ) -> Any:
        import httpx2

        self.asked.append({
            "ca_pem": ca_pem, "client_pem": client_pem, "verify": verify, "proxy": proxy,
            "connect_timeout_seconds": connect_timeout_seconds, "follow_redirects": follow_redirects,
            "silence_timeout_seconds": silence_timeout_seconds,
        })  # fmt: skip
        timeout = httpx2.Timeout(connect=connect_timeout_seconds, read=silence_timeout_seconds, write=None, pool=None)
        client = httpx2.AsyncClient(
            proxy=proxy, timeout=timeout, follow_redirects=follow_redirects, verify=verify, trust_env=False
        )
        self.clients.append(client)
        return client

    def check_address(self, host: str, port: int) -> str:
        if host in self.refused:
            raise TaskFailure(f"The address {host} is not allowed.")
        return "127.0.0.1" if host == "localhost" else host

    async def close(self) -> None:
        for client in self.clients:
            await client.aclose()


class FakeContext:
    """A `RunContext` that keeps what a task did: `logs`, `metrics`, `streamed`, `requests`, `masked`, `effects`.

    Templates are rendered by the real interpreter, with `variables` and without lookups.
    """

    def __init__(
        self,
        *,
        namespace: str = "company.team",
        variables: Mapping[str, Any] | None = None,
        at: datetime = datetime(2026, 1, 31, 9, tzinfo=UTC),
    ) -> None:
        self.execution_id = "execution"
        self.namespace = namespace
        self.flow_id = "flow"
        self.task_id = "task"
        self.attempt = 1
        self.attempt_key = "execution/task"
        self.variables: Mapping[str, Any] = variables or {}
        self.kv = FakeKv(namespace)
        self.files = FakeFiles()
        self.http = FakeHttp()
        self.folder: Path | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.elsewhere = FakeElsewhere()
        self.logs: list[tuple[str, str]] = []
        self.metrics: list[tuple[str, float, str, dict[str, str]]] = []
        self.streamed: list[str] = []
        self.requests: list[Any] = []
        self.masked: list[str] = []
        self.effects: list[Effect] = []
        self._at = at

    def now(self) -> datetime:
        return self._at

    @property
    def namespace_files(self) -> FakeNamespaceFiles:
        return FakeNamespaceFiles(self.namespace, self.files)

    @property
    def working_dir(self) -> Path:
        if self.folder is not None:
            return self.folder
        self._folder = self._folder or tempfile.TemporaryDirectory(prefix="task-")
        return Path(self._folder.name)

    def close(self) -> None:
        """Removes the working directory."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def log(self, level: str, message: str) -> None:
        self.logs.append((level, message))

    def metric(self, name: str, value: float, *, unit: str = "", tags: Mapping[str, str] | None = None) -> None:
        self.metrics.append((name, value, unit, dict(tags or {})))

    def stream(self, text: str) -> None:
        self.streamed.append(text)

    def sent(self, what: Any) -> None:
        self.requests.append(what)

    def affect(self, effect: Effect) -> None:
        self.effects.append(effect)

    def mask(self, value: str) -> None:
        self.masked.append(value)

    def encrypt(self, text: str) -> Mapping[str, str]:
        return {"type": "io.kestra.datatype:aes_encrypted", "value": text[::-1]}

    async def run_task(self, written: Mapping[str, Any]) -> Mapping[str, Any]:
        from builder.tasks.catalogue import catalogue

        return await _outputs_of(catalogue().task_class(str(written["type"])), written, self)

    async def render(self, value: Any, extra: Mapping[str, Any] | None = None, *, typed: bool = False) -> Any:
        return render_value(value, {**self.variables, **(extra or {})}, typed=typed, now=self._at)

    def render_now(self, value: Any, extra: Mapping[str, Any] | None = None, *, typed: bool = False) -> Any:
        """What `prepare` is given, too."""
        return render_value(value, {**self.variables, **(extra or {})}, typed=typed, now=self._at)


async def run_task(
    task: type[Task], written: str | Mapping[str, Any], context: FakeContext | None = None
) -> dict[str, Any]:
    """Prepares and runs a task as the runner does; gives its outputs as JSON values. Raises TaskFailure.

    `written`: its properties, as YAML or a mapping; id and type may be left out.
    """
    context = context or FakeContext()
    properties = yaml.safe_load(written) if isinstance(written, str) else written
    try:
        return await _outputs_of(task, properties or {}, context)
    finally:
        context.close()
        await context.http.close()


async def _outputs_of(task: type[Task], written: Mapping[str, Any], context: FakeContext) -> dict[str, Any]:
    ready = prepare(task, {"id": "task", "type": task.type_name, **written}, context.render_now)
    for secret in secrets_of(ready):
        context.mask(secret)
    run = cast(Callable[[Any], Any], ready.run)
    if inspect.iscoroutinefunction(run):
        return dump_outputs(await run(context))
    return dump_outputs(run(context) if task.quick else await asyncio.to_thread(run, context))
