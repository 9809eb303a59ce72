"""An httpx2 transport over aiohttp: httpx2's own pool needs quadratic time, aiohttp's does not.

Every socket is made by a factory that judges the number it will connect to, so a name that changes its address
between two look-ups gains nothing, and redirects pass here again.
"""

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from ssl import SSLContext
from typing import Any

import aiohttp
import httpx2
from yarl import URL

from builder import logs
from builder.errors import TaskFailure
from builder.runtime.network import addresses
from builder.runtime.network.names import Resolver
from builder.runtime.vitals import spans

_PIECE_BYTES = 65_536
_AUTOMATIC = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
"""Headers that aiohttp would add; httpx2 has decided about them already."""


class GuardedTransport(httpx2.AsyncBaseTransport):
    """One pool of connections for one TLS context and proxy. Belongs to the event loop it is first used on."""

    def __init__(self, context: SSLContext, proxy: str | None = None) -> None:
        self._context = context
        self._proxy = proxy
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.scheme not in ("http", "https"):
            raise httpx2.UnsupportedProtocol(f"Only http and https addresses can be reached, not {request.url.scheme}:")
        self._check_literal(request.url)
        url = request.url
        span = spans.call(request.method, url.host, url.port, logs.masked(url.path))
        try:
            with _translated(request):
                response = await self._send(request)
        except BaseException as error:
            span.fail(type(error).__name__)
            span.end()
            raise
        span.set_attribute("http.response.status_code", response.status)
        extensions = {
            "http_version": b"HTTP/1.1",
            "reason_phrase": (response.reason or "").encode("latin-1", "replace"),
        }
        return httpx2.Response(
            response.status,
            headers=list(response.raw_headers),
            stream=_Body(response, request, span),
            request=request,
            extensions=extensions,
        )

    async def aclose(self) -> None:
        """Ends the pool, not the transport: clients are shared, and one that is closed does not end the others."""

    async def end(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _send(self, request: httpx2.Request) -> aiohttp.ClientResponse:
        limits = request.extensions.get("timeout", {})
        return await self._pool().request(
            request.method,
            URL(f"{request.url.scheme}://{request.url.netloc.decode()}{request.url.raw_path.decode()}", encoded=True),
            headers=[
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in request.headers.raw
                if name.lower() != b"transfer-encoding"
            ],
            data=_content(request),
            skip_auto_headers=_AUTOMATIC,
            allow_redirects=False,
            proxy=self._proxy,
            server_hostname=request.extensions.get("sni_hostname"),
            timeout=aiohttp.ClientTimeout(
                total=None,
                connect=limits.get("pool"),
                sock_connect=limits.get("connect"),
                sock_read=limits.get("read"),
            ),
        )

    def _pool(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=0, ssl=self._context, socket_factory=_judged_socket, resolver=Resolver()
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                max_line_size=32_768,
                max_field_size=32_768,
            )
        return self._session

    @staticmethod
    def _check_literal(url: httpx2.URL) -> None:
        """A number written in the URL is judged even where a proxy would connect to it."""
        try:
            addresses.check(url.host, url.port or (443 if url.scheme == "https" else 80))
        except ValueError:
            return


class _Body(httpx2.AsyncByteStream):
    """The answer's body, piece by piece."""

    def __init__(self, response: aiohttp.ClientResponse, request: httpx2.Request, span: spans.Span) -> None:
        self._response = response
        self._request = request
        self._span = span

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _translated(self._request):
            async for piece in self._response.content.iter_any():
                yield piece

    async def aclose(self) -> None:
        self._span.end()
        if self._response.content.at_eof():
            self._response.release()
        else:
            self._response.close()


def _judged_socket(info: Any) -> socket.socket:
    family, kind, protocol, _, address = info
    addresses.check(address[0], address[1])
    made = socket.socket(family, kind, protocol)
    if hasattr(socket, "TCP_NODELAY"):
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def _content(request: httpx2.Request) -> Any:
    try:
        return request.content or None
    except httpx2.RequestNotRead:
        return request.stream


_KINDS: tuple[tuple[type[Exception], type[httpx2.TransportError]], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx2.ConnectTimeout),
    (aiohttp.ServerTimeoutError, httpx2.ReadTimeout),
    (asyncio.TimeoutError, httpx2.ConnectTimeout),
    (aiohttp.ClientProxyConnectionError, httpx2.ProxyError),
    (aiohttp.ClientHttpProxyError, httpx2.ProxyError),
    (aiohttp.ClientConnectorError, httpx2.ConnectError),
    (aiohttp.ServerDisconnectedError, httpx2.RemoteProtocolError),
    (aiohttp.ClientPayloadError, httpx2.RemoteProtocolError),
    (aiohttp.ClientResponseError, httpx2.RemoteProtocolError),
    (aiohttp.InvalidURL, httpx2.UnsupportedProtocol),
    (aiohttp.ClientError, httpx2.ReadError),
    (ConnectionError, httpx2.ReadError),
    (ValueError, httpx2.LocalProtocolError),
)


def _said(error: Exception) -> str:
    """Without aiohttp's own notes about the address, which whoever shows it knows."""
    if not isinstance(error, aiohttp.ClientConnectorError):
        return str(error)
    cause = error.os_error
    if isinstance(cause, ConnectionRefusedError) or str(cause).count(f"[Errno {errno.ECONNREFUSED}]"):
        return "the connection was refused"
    if cause.errno and "Connect call failed" in str(cause):
        return os.strerror(cause.errno).lower()
    return cause.strerror or str(cause)


@contextmanager
def _translated(request: httpx2.Request) -> Iterator[None]:
    """aiohttp's errors as httpx2's; an address that was refused stays what it is."""
    try:
        yield
    except TaskFailure:
        raise
    except (aiohttp.ClientError, TimeoutError, ConnectionError, ValueError) as error:
        refused = _refused(error)
        if refused is not None:
            raise refused.named(request.url.host) from error
        kind = next(to for cause, to in _KINDS if isinstance(error, cause))
        raise kind(_said(error) or type(error).__name__, request=request) from error


def _refused(error: BaseException | None) -> addresses.AddressRefused | None:
    while error is not None:
        if isinstance(error, addresses.AddressRefused):
            return error
        error = error.__cause__ or error.__context__
    return None
