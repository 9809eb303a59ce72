"""The world as a running task sees it.

`builder.runtime.context` gives the real one, `builder.tasks.testing` the double.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, Self

from builder.tasks.world.effects import Effect
from builder.tasks.world.elsewhere import Elsewhere

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR")


class Kv(Protocol):
    """The KV store; a namespace of None is the flow's own. Values are JSON values."""

    async def get(self, key: str, namespace: str | None = None) -> Any: ...
    async def has(self, key: str, namespace: str | None = None) -> bool: ...
    async def set(
        self,
        key: str,
        value: Any,
        *,
        namespace: str | None = None,
        ttl_seconds: float | None = None,
        overwrite: bool = True,
        kind: str | None = None,
        description: str | None = None,
    ) -> None:
        """Raises TaskFailure when the key exists and `overwrite` is False. A `description` of None stays as it was."""
        ...

    async def delete(self, key: str, namespace: str | None = None) -> bool: ...
    async def purge(
        self,
        *,
        namespaces: Sequence[str] = (),
        children: bool = True,
        namespace_pattern: str = "*",
        key_pattern: str = "*",
        expired_only: bool = True,
    ) -> int:
        """Deletes entries by patterns with * and ?, of all namespaces unless some are named; tells how many."""
        ...

    async def keys(self, prefix: str = "", namespace: str | None = None) -> list[str]: ...


class Files(Protocol):
    """Files of this execution, named `kestra:///...`."""

    async def put(self, name: str, content: bytes | Path) -> str:
        """Keeps a file and returns its URI; `name` is a bare file name."""
        ...

    async def read(self, uri: str, *, limit_bytes: int | None = None) -> bytes:
        """Raises TaskFailure when the file is missing, of another execution, or larger than the limit."""
        ...

    async def copy(self, name: str, uri: str) -> str:
        """Keeps a copy of any file that can be read here; returns its URI."""
        ...

    async def size(self, uri: str) -> int:
        """How many bytes it has. Raises TaskFailure as `read` does."""
        ...

    async def delete(self, uri: str) -> bool:
        """Whether there was such a file. Raises TaskFailure for what is not the execution's to delete."""
        ...

    async def purge(self) -> list[str]:
        """Deletes all files that the execution keeps; returns their URIs."""
        ...

    async def keep_cache(self, key: str, content: Path) -> None:
        """Keeps a file for later executions of the same flow, in place of the one kept under that key before."""
        ...

    async def fetch_cache(self, key: str, target: Path, *, newest_seconds: float | None = None) -> bool:
        """Writes what is kept under a key into a file; False when there is nothing, or it is older than that."""
        ...

    def open(self, uri: str) -> IO[bytes]:
        """The file, to be read piece by piece in the thread of a plain `run`; close it. A kill ends it at once.

        Raises TaskFailure as `read` does.
        """
        ...

    def writing(self, name: str) -> "Writing":
        """A new file, to be written piece by piece in the thread of a plain `run`."""
        ...


class NamespaceFilesStore(Protocol):
    """Files of namespaces; a namespace of None is the flow's own. All of it raises TaskFailure.

    `Files.open` and `Files.read` read them by their addresses, `nsfile:///path` or `nsfile://namespace/path`.
    """

    async def listed(self, namespace: str | None = None) -> list[str]:
        """The paths of all files, without folders."""
        ...

    async def put(
        self, path: str, content: bytes | Path | str, namespace: str | None = None, *, overwrite: bool = True
    ) -> str:
        """Keeps a content, or what the file at an address holds (a text); returns its address."""
        ...

    async def delete(self, path: str, namespace: str | None = None, *, with_folders: bool = False) -> None:
        """`with_folders`: those around it too that are empty then."""
        ...

    async def purge(
        self, namespaces: Sequence[str], globs: Sequence[str], *, keep: int, before: datetime | None, children: bool
    ) -> int:
        """How many old revisions were deleted for good; see `builder.store.namespace_files.purge`."""
        ...


class Writing(Protocol):
    """`with context.files.writing("a.txt") as file: file.write(...)`; afterwards the file is kept under `file.uri`."""

    uri: str

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def write(self, content: bytes) -> None:
        """Raises TaskFailure when the file would be too large, or the step was stopped."""
        ...


class Http(Protocol):
    """The one guarded way to the network: refuses addresses that are not allowed, on every redirect too."""

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
        """An `httpx2.AsyncClient` over aiohttp on a pool shared by the process. Do not close it.

        The silence timeout bounds the wait between two pieces of an answer, not the whole.
        """
        ...

    def check_address(self, host: str, port: int) -> str:
        """The numeric address to connect to for protocols other than HTTP (SMTP). Blocking.

        Raises TaskFailure if it is refused.
        """
        ...


class Outside(Protocol):
    """The world outside and the time: what it takes to ask another server something."""

    @property
    def http(self) -> Http: ...
    def now(self) -> datetime: ...
    def mask(self, value: str) -> None:
        """From now on this text is a secret of whoever asks."""
        ...


class RunContext(Outside, Protocol):
    """Given to `Task.run`. Everything logged, streamed or returned is masked of secrets by the giver."""

    @property
    def execution_id(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    @property
    def flow_id(self) -> str: ...
    @property
    def task_id(self) -> str: ...
    @property
    def attempt(self) -> int:
        """From 1."""
        ...

    @property
    def attempt_key(self) -> str:
        """The same for every attempt of the same run, so that a service can de-duplicate."""
        ...

    @property
    def variables(self) -> Mapping[str, Any]:
        """What expressions see: inputs, outputs, vars, flow, execution, taskrun ..."""
        ...

    @property
    def kv(self) -> Kv: ...
    @property
    def files(self) -> Files: ...
    @property
    def namespace_files(self) -> NamespaceFilesStore: ...
    @property
    def elsewhere(self) -> Elsewhere: ...
    @property
    def working_dir(self) -> Path:
        """A folder of this attempt (of the whole WorkingDirectory, inside one), made now and removed at the end."""
        ...

    def log(self, level: str, message: str) -> None:
        """One line in the execution's log; levels are LEVELS."""
        ...

    def metric(self, name: str, value: float, *, unit: str = "", tags: Mapping[str, str] | None = None) -> None:
        """A counter or timer of this attempt (`unit` "seconds" for timers); cost is named "cost" with unit "USD"."""
        ...

    def stream(self, text: str) -> None:
        """A piece of an answer as it arrives, for the page that watches."""
        ...

    def sent(self, what: Any) -> None:
        """The request as it goes out (prompt, messages, parameters; never keys), kept for the execution page."""
        ...

    def affect(self, effect: Effect) -> None:
        """Done to the execution in one step with this attempt's success; forgotten when it fails."""
        ...

    def encrypt(self, text: str) -> Mapping[str, str]:
        """The text as a map that expressions decrypt when they read it: `type` aes_encrypted, and `value`."""
        ...

    async def run_task(self, written: Mapping[str, Any]) -> Mapping[str, Any]:
        """Checks, prepares and runs another task (its YAML as a map) in this one's place, and gives its outputs.

        Raises TaskFailure when it cannot be run or fails.
        """
        ...

    async def render(self, value: Any, extra: Mapping[str, Any] | None = None, *, typed: bool = False) -> Any:
        """Renders a template that was kept raw, with more variables."""
        ...

    def render_now(self, value: Any, extra: Mapping[str, Any] | None = None, *, typed: bool = False) -> Any:
        """The same in the thread of a plain `run`."""
        ...
