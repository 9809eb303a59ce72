"""The only module that imports openai, and only when the first call is made: one request to the API, read as it comes.

Retries are not made here (see `calls`); the transport is the guarded one that the context gives.
"""

import json
import os
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from weakref import WeakKeyDictionary

from builder.tasks.api import Http, RunContext, TaskFailure
from tasks_openai.failures import Failure, Misunderstood, Place, refused, silent, unreachable

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

_DONE = "millstream.done"
OPENAI_URL = "https://api.openai.com/v1"
DEFAULT_ANSWER_LIMIT_BYTES = 16 * 2**20


class Came(Enum):
    """What a piece is."""

    EVENT = "one event of a stream"
    END = "the word that the stream is complete"
    WHOLE = "the whole answer of a server that did not stream"


class Piece(NamedTuple):
    """Something that came, in order."""

    came: Came
    content: Mapping[str, Any]


class AnswerTooLarge(Exception):
    """An answer grew past the limit."""


class CallFailed(Exception):
    """The server refused a request, or could not be reached, before its answer began."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(failure.message)


class ConnectionBroke(Exception):
    """The connection ended in the middle of an answer."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Whom to ask and how. Without a base URL of its own: OPENAI_BASE_URL, else OpenAI."""

    api_key: str
    base_url: str | None = None
    silence_seconds: float = 10

    @property
    def url(self) -> str:
        return (self.base_url or os.environ.get("OPENAI_BASE_URL") or OPENAI_URL).rstrip("/")

    @property
    def priced_as(self) -> str:
        """Whose prices hold: OPENAI_BASE_URL is how OpenAI is reached from here; a flow's own server has its own."""
        return self.base_url or OPENAI_URL

    def place(self, model: str) -> Place:
        server = "OpenAI" if self.url.startswith(OPENAI_URL) else f"the model server {self.url}"
        return Place(server, model, self.api_key, self.silence_seconds)


def warm() -> None:
    """Imports what the first call needs (half a second, 50 MB): for a worker's background thread, not for web."""
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


_clients: "WeakKeyDictionary[Http, dict[tuple[Connection, str], AsyncOpenAI]]" = WeakKeyDictionary()
"""Making one costs as much as sending a request. They end with the transport that they are on."""
_CLIENTS_KEPT = 64


def open_client(context: RunContext, connection: Connection) -> "AsyncOpenAI":
    """A client of the official library on the context's transport; it holds nothing that needs closing."""
    kept = _clients.setdefault(context.http, {})
    known = (connection, connection.url)
    if known not in kept:
        if len(kept) >= _CLIENTS_KEPT:
            kept.clear()
        kept[known] = _new_client(context, connection)
    return kept[known]


def _new_client(context: RunContext, connection: Connection) -> "AsyncOpenAI":
    from openai import AsyncOpenAI

    http = context.http.client(
        connect_timeout_seconds=connection.silence_seconds,
        silence_timeout_seconds=connection.silence_seconds,
        follow_redirects=False,
    )
    http.event_hooks = {"response": [partial(_limit, answer_limit_bytes())]}
    client = AsyncOpenAI(
        api_key=connection.api_key,
        admin_api_key="",
        base_url=connection.url,
        http_client=http,
        max_retries=0,
        timeout=connection.silence_seconds,
        _enforce_credentials=False,
    )
    if connection.base_url:  # a flow's own server is not told who the owner of this machine is at OpenAI
        client.organization = client.project = None
    return client


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


async def pieces(
    client: "AsyncOpenAI", path: str, body: Mapping[str, Any], place: Place, context: RunContext
) -> AsyncGenerator[Piece, None]:
    """Posts and yields what comes. Closing the generator, as a cancellation does, closes the connection.

    Raises CallFailed before the answer, ConnectionBroke, Misunderstood or AnswerTooLarge inside it.
    """
    from openai import AsyncStream

    with _translated(place, context, began=False):
        stream: AsyncStream[Any] = await client.post(
            path,
            cast_to=object,
            body=dict(body),
            stream=True,
            stream_cls=AsyncStream[Any],
            options={"headers": {"Accept-Encoding": "identity"}, "follow_redirects": False},
        )
    try:
        with _translated(place, context, began=True):
            if "event-stream" in stream.response.headers.get("content-type", ""):
                async for event in stream:
                    yield Piece(Came.EVENT, _mapping(event))
                if stream.response.extensions.get(_DONE):
                    yield Piece(Came.END, {})
            else:
                content = b"".join([part async for part in stream.response.aiter_bytes()])
                yield Piece(Came.WHOLE, _mapping(_json(content)))
    finally:
        await stream.close()


@contextmanager
def _translated(place: Place, context: RunContext, *, began: bool) -> Iterator[None]:
    """The errors of the client and of its transport as ours."""
    import httpx2
    from openai import APIConnectionError, APIError, APIStatusError

    try:
        yield
    except APIStatusError as error:
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
    if isinstance(cause, httpx2.ReadTimeout | httpx2.WriteTimeout):
        return CallFailed(silent(place))
    if began:
        return ConnectionBroke(str(cause or error))
    if isinstance(cause, httpx2.TimeoutException):
        return CallFailed(unreachable(place, f"no connection in {place.silence_seconds:g} seconds"))
    return CallFailed(unreachable(place, str(cause or error)))


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Misunderstood(content[:1000].decode(errors="replace")) from error


def _mapping(event: object) -> Mapping[str, Any]:
    if not isinstance(event, Mapping):
        raise Misunderstood(event)
    return event
