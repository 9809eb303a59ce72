"""The one guarded way of all tasks to the network (`builder.tasks.world.context.Http`)."""

import ssl
import tempfile
from typing import Any

import httpx2

from builder.errors import TaskFailure
from builder.runtime.network import addresses
from builder.runtime.network.transport import GuardedTransport
from builder.tasks.world.credentials import names_a_secret

CONNECT_SECONDS = 20.0
SILENCE_SECONDS = 600.0
REDIRECTS = 10


class _Client(httpx2.AsyncClient):
    """Sends no credentials on to another host, whatever their header is called (httpx2 knows Authorization alone)."""

    def _redirect_headers(self, request: httpx2.Request, url: httpx2.URL, method: str) -> httpx2.Headers:
        headers = super()._redirect_headers(request, url, method)
        if url.host != request.url.host:
            for name in [name for name in headers if names_a_secret(name)]:
                del headers[name]
        return headers


class Network:
    """The pools of one event loop; `builder.tasks.world.context.Http` for every task that runs on it."""

    def __init__(self) -> None:
        self._pools: dict[tuple[Any, ...], GuardedTransport] = {}

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
    ) -> httpx2.AsyncClient:
        """A light client over a shared pool; nothing needs to close it. Raises TaskFailure for a broken certificate."""
        return _Client(
            transport=self._pool(ca_pem, client_pem, verify, proxy),
            timeout=httpx2.Timeout(
                connect=connect_timeout_seconds or CONNECT_SECONDS,
                read=silence_timeout_seconds or SILENCE_SECONDS,
                write=None,
                pool=None,
            ),
            follow_redirects=follow_redirects,
            max_redirects=REDIRECTS,
            trust_env=False,
        )

    def check_address(self, host: str, port: int) -> str:
        return addresses.resolve(host, port)

    async def close(self) -> None:
        """Cuts every connection; at the end of the loop. A client that is used after that opens new ones."""
        for pool in self._pools.values():
            await pool.end()

    def _pool(self, ca_pem: str | None, client_pem: str | None, verify: bool, proxy: str | None) -> GuardedTransport:
        key = (ca_pem, client_pem, verify, proxy)
        if key not in self._pools:
            self._pools[key] = GuardedTransport(_tls(ca_pem, client_pem, verify), proxy)
        return self._pools[key]


def _tls(ca_pem: str | None, client_pem: str | None, verify: bool) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=ca_pem) if ca_pem else ssl.create_default_context()
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if client_pem:
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
                file.write(client_pem)
                file.flush()
                context.load_cert_chain(file.name)
    except (ssl.SSLError, ValueError, OSError) as error:
        raise TaskFailure(f"The certificate cannot be read: {error}. It must be PEM text.", retryable=False) from error
    return context
