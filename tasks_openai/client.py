"""The only module that imports openai, and only when the first call is made: one request to the API, read as it comes.

Retries are not made here (see `calls`); the transport is the guarded one that the context gives.
"""

import os
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from builder.tasks.api import Http, Outside, TaskFailure
from tasks_openai.wire import limits
from tasks_openai.wire.connection import Connection, Outgoing, Signature
from tasks_openai.wire.exchange import (
    AnswerTooLarge,
    Call,
    CallFailed,
    Came,
    ConnectionBroke,
    Piece,
    Reply,
    json_of,
    mapping_of,
)
from tasks_openai.wire.failures import Failure, Misunderstood, Place, refused, silent, unreachable

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI, AsyncStream

_DONE = "millstream.done"
DEFAULT_ANSWER_LIMIT_BYTES = 16 * 2**20


def warm() -> None:
    """Imports what the first call needs (half a second, 50 MB): in a worker's background thread; in web only once
    somebody looks for models."""
    import genai_prices.data_snapshot
    import openai.resources.chat
    import openai.resources.responses  # noqa: F401

    for late in ("encodings.idna", "anyio._backends._asyncio"):  # these come with the first request, inside the loop
        import_module(late)
    genai_prices.data_snapshot.get_snapshot()


def answer_limit_bytes() -> int:
    """How large one answer may grow. Raises TaskFailure when the setting is not a number."""
    text = os.environ.get("MILLSTREAM_MODEL_ANSWER_BYTES") or str(DEFAULT_ANSWER_LIMIT_BYTES)
    if not text.isdecimal():
        raise TaskFailure(f"MILLSTREAM_MODEL_ANSWER_BYTES is {text!r}; allowed: a whole number.", retryable=False)
    return int(text)


_clients: "WeakKeyDictionary[Http, dict[tuple[Connection, str, int], AsyncOpenAI]]" = WeakKeyDictionary()
"""Making one costs as much as sending a request. They end with the transport that they are on."""
_CLIENTS_KEPT = 64


def open_client(context: Outside, connection: Connection, limit_bytes: int | None = None) -> "AsyncOpenAI":
    """A client of the official library on the context's transport; it holds nothing that needs closing.

    `limit_bytes`: how large one answer may grow, where the setting's limit does not hold.
    """
    kept = _clients.setdefault(context.http, {})
    known = (connection, connection.url, answer_limit_bytes() if limit_bytes is None else limit_bytes)
    if known not in kept:
        if len(kept) >= _CLIENTS_KEPT:
            kept.clear()
        kept[known] = _new_client(context, connection, known[2])
    return kept[known]


def _new_client(context: Outside, connection: Connection, limit_bytes: int) -> "AsyncOpenAI":
    from openai import AsyncOpenAI

    http = context.http.client(
        ca_pem=connection.ca_pem,
        client_pem=connection.client_pem,
        proxy=connection.proxy,
        connect_timeout_seconds=connection.silence_seconds,
        silence_timeout_seconds=connection.silence_seconds,
        follow_redirects=False,
    )
    unwanted = tuple(name for name, value in connection.headers if not value)
    signing = [partial(_sign, connection.signature)] if connection.signature else []
    http.event_hooks = {
        "request": [partial(_leave_out, unwanted), *signing],
        "response": [partial(_limit, limit_bytes)],
    }
    client = AsyncOpenAI(
        api_key=connection.api_key,
        admin_api_key="",
        organization=connection.organization,
        project=connection.project,
        base_url=connection.url,
        default_headers={name: value for name, value in connection.headers if value},
        default_query=dict(connection.query),
        http_client=http,
        max_retries=0,
        timeout=connection.silence_seconds,
        _enforce_credentials=False,
    )
    if connection.base_url:  # a flow's own server is not told who the owner of this machine is at OpenAI
        client.organization, client.project = connection.organization, connection.project
    return client


async def _leave_out(unwanted: Sequence[str], request: "httpx2.Request") -> None:
    """The official client insists on its Authorization; other vendors take their key elsewhere."""
    for name in unwanted:
        request.headers.pop(name, None)


async def _sign(signature: Signature, request: "httpx2.Request") -> None:
    """Runs for each attempt, so that a signature is never older than its request."""
    body, kind = await request.aread(), request.headers.get("content-type", "")
    target = request.url.raw_path.decode("ascii")
    outgoing = Outgoing(request.method, request.headers["host"], target, kind, body, datetime.now(UTC))
    request.headers.update(signature.headers(outgoing))


async def _limit(left: int, response: "httpx2.Response") -> None:
    """Has the bytes of an answer counted as they come, before anything collects them; errors are answers too."""
    import httpx2

    source, end = response.stream, b"\n"

    class Limited(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            nonlocal left, end
            async for piece in cast(httpx2.AsyncByteStream, source):
                left -= len(piece)
                if left < 0:
                    raise AnswerTooLarge
                end = end[-16:] + piece
                if b"\ndata: [DONE]" in end or b"\ndata:[DONE]" in end:  # the client reads this word and keeps it
                    response.extensions[_DONE] = True
                yield piece

        async def aclose(self) -> None:
            await cast(httpx2.AsyncByteStream, source).aclose()

    if response.headers.get("content-encoding", "identity") != "identity":  # what it unpacks to cannot be counted
        raise Misunderstood("a compressed answer, which was not asked for")
    response.stream = Limited()


async def pieces(client: "AsyncOpenAI", call: Call, place: Place, context: Outside) -> AsyncGenerator[Piece, None]:
    """Sends and yields what comes. Closing the generator, as a cancellation does, closes the connection.

    Raises CallFailed before the answer, ConnectionBroke, Misunderstood or AnswerTooLarge inside it.
    """
    stream = await _opened(client, call, place, context)
    try:
        with _translated(place, context, began=True):
            if "event-stream" in stream.response.headers.get("content-type", ""):
                async for event in stream:
                    yield Piece(Came.EVENT, mapping_of(event))
                if stream.response.extensions.get(_DONE):
                    yield Piece(Came.END, {})
            else:
                content = b"".join([part async for part in stream.response.aiter_bytes()])
                yield Piece(Came.WHOLE, mapping_of(json_of(content)))
    finally:
        await stream.close()


async def reply(client: "AsyncOpenAI", call: Call, place: Place, context: Outside) -> Reply:
    """Sends and collects the whole answer, whatever it is. Raises as `pieces` does."""
    if call.method == "DELETE":
        return await _deleted(client, call, place, context)
    stream = await _opened(client, call, place, context)
    try:
        with _translated(place, context, began=True):
            content = b"".join([part async for part in stream.response.aiter_bytes()])
    finally:
        await stream.close()
    return Reply(content, _kind(stream.response))


async def _opened(client: "AsyncOpenAI", call: Call, place: Place, context: Outside) -> "AsyncStream[Any]":
    from openai import AsyncStream

    sent: dict[str, Any] = {"cast_to": object, "options": _options(call), "stream": True}
    sent["stream_cls"] = AsyncStream[Any]
    with _translated(place, context, began=False):
        if call.method == "GET":
            stream: AsyncStream[Any] = await client.get(call.path, **sent)
        else:
            body = None if call.body is None else dict(call.body)
            stream = await client.post(call.path, body=body, files=list(call.files) or None, **sent)
    limits.learn(place, stream.response.headers)
    return stream


async def _deleted(client: "AsyncOpenAI", call: Call, place: Place, context: Outside) -> Reply:
    """The official client streams no answer to a DELETE; those are small."""
    import httpx2

    with _translated(place, context, began=False):
        response = await client.delete(call.path, cast_to=httpx2.Response, options=_options(call))
    limits.learn(place, response.headers)
    return Reply(response.content, _kind(response))


def _options(call: Call) -> Any:
    form = {"Content-Type": "multipart/form-data"} if call.files else {}
    headers = {"Accept": call.accept, "Accept-Encoding": "identity", **form}
    return {"headers": headers, "params": dict(call.query), "follow_redirects": False}


def _kind(response: "httpx2.Response") -> str:
    return str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()


@contextmanager
def _translated(place: Place, context: Outside, *, began: bool) -> Iterator[None]:
    """The errors of the client and of its transport as ours."""
    import httpx2
    from openai import APIConnectionError, APIError, APIStatusError

    try:
        yield
    except APIStatusError as error:
        limits.learn(place, error.response.headers)
        raise CallFailed(
            refused(error.status_code, error.body, error.response.headers, place, context.now())
        ) from error
    except (APIConnectionError, httpx2.RequestError, ssl.SSLError) as error:
        raise _lost(error, place, began) from error
    except APIError as error:  # an error event inside a stream
        raise ConnectionBroke(error.message) from error
    except (ValueError, TypeError, RecursionError) as error:
        if not began:  # a value that JSON or a header cannot hold
            raise CallFailed(Failure(f"The request cannot be sent: {error}.", lasting=True)) from error
        raise Misunderstood(getattr(error, "doc", str(error))) from error


def _lost(error: Exception, place: Place, began: bool) -> Exception:
    """What a broken or silent connection means: the client wraps all of them alike, the cause tells."""
    import httpx2

    cause = error if isinstance(error, httpx2.RequestError) else error.__cause__
    if isinstance(cause, AnswerTooLarge | Misunderstood):
        return cause
    if isinstance(cause, httpx2.ReadTimeout | httpx2.WriteTimeout):
        return CallFailed(silent(place))
    if began:
        return ConnectionBroke(str(cause or error))
    if isinstance(cause, httpx2.TimeoutException):
        return CallFailed(unreachable(place, f"no connection in {place.silence_seconds:g} seconds"))
    return CallFailed(unreachable(place, str(cause or error)))
