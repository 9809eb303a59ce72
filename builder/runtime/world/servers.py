"""What http() in expressions asks: one request over the guarded network, and what is read of its answer."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx2

from builder.errors import BuilderError
from builder.expressions import ExpressionError
from builder.expressions.lookups import HttpQuestion
from builder.runtime.network import Network

_SECONDS = 60.0
_BYTES = 4 * 1024 * 1024
_OPTIONS = frozenset({"followRedirects", "auth", "timeout", "allowFailed"})


async def answer_of(network: Network, question: HttpQuestion, seconds: float) -> Any:
    """The server's answer, or the ExpressionError that says why there is none."""
    try:
        options = _options(question)
        async with asyncio.timeout(min(seconds, _SECONDS)):
            return await _asked(network, question, options)
    except ExpressionError as error:
        return error
    except TimeoutError:
        return ExpressionError(f"Failed to execute HTTP request: no whole answer within {min(seconds, _SECONDS):g} s")
    except (httpx2.HTTPError, httpx2.InvalidURL, BuilderError, ValueError, OSError) as error:
        reason = error.message if isinstance(error, BuilderError) else str(error)
        return ExpressionError(f"Failed to execute HTTP request: {reason[:300] or type(error).__name__}")


def _options(question: HttpQuestion) -> Mapping[str, Any]:
    options: Mapping[str, Any] = json.loads(question.options)
    if unknown := sorted(set(options) - _OPTIONS):
        raise ExpressionError(f"The options of http() have no `{unknown[0][:50]}`", hint="they are "
                              + ", ".join(sorted(_OPTIONS)))  # fmt: skip
    return options


async def _asked(network: Network, question: HttpQuestion, options: Mapping[str, Any]) -> Any:
    client = network.client(follow_redirects=options.get("followRedirects", True) is not False)
    request = client.build_request(
        question.method,
        question.uri,
        params=list(question.query) or None,
        content=None if question.body is None else question.body.encode(),
        headers=[*question.headers, *_credentials(options.get("auth"))],
    )
    response = await client.send(request, stream=True)
    try:
        body = await _body(response)
    finally:
        await response.aclose()
    if response.status_code >= 400 and options.get("allowFailed") is not True:
        raise ExpressionError("Failed to execute HTTP Request, server respond with status "
                              f"{response.status_code} : {response.reason_phrase}")  # fmt: skip
    return _decoded(body, response)


def _credentials(auth: Any) -> list[tuple[str, str]]:
    if not isinstance(auth, Mapping):
        return []
    if str(auth.get("type", "")).upper() == "BEARER":
        return [("Authorization", f"Bearer {auth.get('token', '')}")]
    basic = httpx2.BasicAuth(str(auth.get("username", "")), str(auth.get("password", "")))
    flow = basic.auth_flow(httpx2.Request("GET", "http://x"))
    return [("Authorization", next(flow).headers["Authorization"])]


async def _body(response: httpx2.Response) -> bytes:
    pieces, size = [], 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > _BYTES:
            raise ExpressionError(f"The server's answer is larger than {_BYTES // 1024 // 1024} MB")
        pieces.append(piece)
    return b"".join(pieces)


def _decoded(body: bytes, response: httpx2.Response) -> Any:
    """JSON as its value, everything else as text."""
    written = body.decode(response.charset_encoding or "utf-8", "replace")
    if "json" not in response.headers.get("content-type", "") or not written.strip():
        return written or None
    try:
        return json.loads(written)
    except (ValueError, RecursionError):
        raise ExpressionError("The server's answer says that it is JSON, but it cannot be read") from None
