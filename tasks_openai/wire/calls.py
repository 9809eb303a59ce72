"""One question and its answer: streamed to the page, tried again where that can help, measured, never half kept."""

import random
import re
import time
from asyncio import CancelledError, sleep
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

from builder.tasks.api import RunContext, TaskFailure
from tasks_openai import client
from tasks_openai.wire import failures, limits, records
from tasks_openai.wire.connection import Connection
from tasks_openai.wire.exchange import AnswerTooLarge, Call, CallFailed, Came, ConnectionBroke, Piece, Reply
from tasks_openai.wire.failures import Failure, Misunderstood, Place

T = TypeVar("T")
ATTEMPTS = 5
"""How often one call is made at most."""
LONGEST_WAIT_SECONDS = 60.0
"""How long a call waits at most between its attempts, all waits together; a task's own `retry` can wait longer."""


class Answer(Protocol):
    """Collects the pieces of an answer."""

    streaming: ClassVar[tuple[Mapping[str, Any], ...]]
    """The parameters that ask for a stream, the fullest first; what a server refuses is left away."""

    @property
    def finished(self) -> bool:
        """Whether the last piece came."""
        ...

    def add(self, event: Mapping[str, Any]) -> str:
        """Takes one event of a stream and returns the text to show. Raises Misunderstood."""
        ...

    def end(self) -> None:
        """The server said that the stream is complete."""
        ...

    def take(self, body: Mapping[str, Any]) -> str:
        """Takes the whole answer of a server that does not stream, likewise."""
        ...


@dataclass
class Patience:
    """How long a call goes on trying."""

    most: int = ATTEMPTS
    tries: int = 1
    waited_seconds: float = 0

    def pause_seconds(self, failure: Failure) -> float | None:
        """The wait before the next try; None when there is none."""
        if not failure.passing or self.tries >= self.most:
            return None
        grown = min(8.0, 0.5 * 2 ** (self.tries - 1)) * random.uniform(0.75, 1.25)
        pause = grown if failure.wait_seconds is None else failure.wait_seconds
        if self.waited_seconds + pause > LONGEST_WAIT_SECONDS:
            return None
        self.tries += 1
        self.waited_seconds += pause
        return pause

    def last_words(self, failure: Failure) -> str:
        """The sentence of the failure with what was tried."""
        if not failure.passing:
            return failure.message
        tried = f" Tried {self.tries} times." if self.tries > 1 else ""
        if failure.wait_seconds is not None and self.waited_seconds + failure.wait_seconds > LONGEST_WAIT_SECONDS:
            return f"{failure.message} That is longer than one call waits; let the task retry later.{tried}"
        return f"{failure.message}{tried}"


async def ask(
    context: RunContext,
    connection: Connection,
    path: str,
    parameters: Mapping[str, Any],
    answer: Answer,
    *,
    streams: bool = True,
    model: str = "",
) -> None:
    """Fills `answer`, in pieces unless `streams` is False. What `parameters` say of streaming themselves holds.

    `model`: which one is asked, where the parameters do not name it.

    Raises TaskFailure; a cancellation closes the connection at once.
    """
    place = connection.place(model or str(parameters.get("model") or "of the stored prompt"))
    opened = client.open_client(context, connection)
    styles = list(answer.streaming) if streams else []
    context.sent(records.shown(connection.url + path, parameters))

    async def once() -> None:
        call = Call("POST", path, {**(styles[0] if styles else {}), **parameters})
        await _read(context, client.pieces(opened, call, place, context), answer, place)

    def simpler(failure: Failure) -> bool:
        nonlocal styles
        mended = bool(styles) and _refuses_streams(failure)
        styles = _simpler(styles, failure) if mended else styles
        return mended

    await _patiently(context, place, connection.attempts, once, simpler)


async def fetch(
    context: RunContext, connection: Connection, call: Call, *, model: str = "", limit_bytes: int | None = None
) -> Reply:
    """The whole answer to a call that does not stream, with the same patience, limits, metrics and sentences.

    `model`: which one the call is about, as far as it names one. `limit_bytes`: how large the answer may grow (the
    setting's limit without it). Raises TaskFailure.
    """
    place = connection.place(model)
    opened = client.open_client(context, connection, limit_bytes)
    context.sent(records.shown_call(connection.url, call))

    async def once() -> Reply:
        try:
            return await client.reply(opened, call, place, context)
        except (ConnectionBroke, Misunderstood, AnswerTooLarge) as error:
            if call.method == "POST":  # it was answered, so that it may have been paid for
                records.spend(context, None)
            raise _unread(error, place, limit_bytes) from error
        except (CallFailed, CancelledError) as cut:
            if call.method == "POST" and _at_work(cut):
                records.spend(context, None)
            raise

    return await _patiently(context, place, connection.attempts, once)


async def fetch_json(
    context: RunContext, connection: Connection, call: Call, *, model: str = "", limit_bytes: int | None = None
) -> Mapping[str, Any]:
    """The JSON object that a call answers. Raises TaskFailure."""
    answer = await fetch(context, connection, call, model=model, limit_bytes=limit_bytes)
    try:
        return answer.json()
    except Misunderstood as error:
        if call.method == "POST":
            raise paid_for_nothing(context, connection, model, error) from error
        raise failures.misunderstood(error, connection.place(model)) from error


def paid_for_nothing(context: RunContext, connection: Connection, model: str, error: Misunderstood) -> TaskFailure:
    """What to raise when a whole answer came that is of no use: it may have to be paid for."""
    records.spend(context, None, {"model": model})
    return failures.misunderstood(error, connection.place(model))


def _at_work(cut: CallFailed | CancelledError) -> bool:
    """Whether the server was at work on the answer when the call ended, so that it may have to be paid for."""
    return not isinstance(cut, CallFailed) or cut.failure.paid


def _unread(error: Exception, place: Place, limit_bytes: int | None) -> TaskFailure:
    """Why an answer that began is of no use."""
    if isinstance(error, Misunderstood):
        return failures.misunderstood(error, place)
    if isinstance(error, AnswerTooLarge):
        return failures.too_large(place, limit_bytes or client.answer_limit_bytes())
    return failures.broken(place, 0, str(error))


async def _patiently(
    context: RunContext,
    place: Place,
    attempts: int | None,
    once: Callable[[], Awaitable[T]],
    mend: Callable[[Failure], bool] | None = None,
) -> T:
    """Makes a call in its key's turn, and again where that can help; counts and times it.

    `mend` may take from the request what was refused; then it goes again at once.
    """
    patience, requests, started = Patience(attempts or ATTEMPTS), 0, time.monotonic()
    try:
        while True:
            try:
                async with limits.turn(place, lambda seconds: _told_to_wait(context, place, seconds)):
                    requests += 1
                    return await once()
            except CallFailed as failed:
                if mend is None or not mend(failed.failure):
                    await _wait(context, patience, failed.failure)
    finally:
        context.metric("requests", requests)
        context.metric("duration", time.monotonic() - started, unit="seconds")


def _told_to_wait(context: RunContext, place: Place, seconds: float) -> None:
    context.log("INFO", f"{place.subject} has no more to give for {seconds:.3g} s (its rate limit); waiting.")


async def _wait(context: RunContext, patience: Patience, failure: Failure) -> None:
    pause = patience.pause_seconds(failure)
    if pause is None:
        raise TaskFailure(patience.last_words(failure), retryable=not failure.lasting)
    context.log("WARN", f"{failure.message} Trying again in {pause:.3g} s (try {patience.tries} of {patience.most}).")
    await sleep(pause)


@dataclass
class _Received:
    """How far an answer came. `begun`: it, or the work on it, had begun, so that it may have to be paid for."""

    characters: int = 0
    begun: bool = False


async def _read(context: RunContext, pieces: AsyncGenerator[Piece, None], answer: Answer, place: Place) -> None:
    received = _Received()
    try:
        with _explained(place, received):
            async for piece in pieces:
                received.begun = True
                text = _give(answer, piece)
                received.characters += len(text)
                if text:
                    context.stream(text)
    finally:
        await pieces.aclose()
        if received.begun and not answer.finished:
            records.spend(context, None)
    if not answer.finished:
        raise failures.broken(place, received.characters)


@contextmanager
def _explained(place: Place, received: _Received) -> Iterator[None]:
    """What ends an answer in its middle, as a sentence."""
    try:
        yield
    except ConnectionBroke as error:
        raise failures.broken(place, received.characters, str(error)) from error
    except Misunderstood as error:
        if received.characters:
            raise failures.broken(place, received.characters, "a piece was cut") from error
        raise failures.misunderstood(error, place) from error
    except AnswerTooLarge:
        raise failures.too_large(place, client.answer_limit_bytes()) from None
    except (CallFailed, CancelledError) as cut:
        received.begun = received.begun or _at_work(cut)
        raise


def _give(answer: Answer, piece: Piece) -> str:
    if piece.came is Came.END:
        answer.end()
        return ""
    return answer.take(piece.content) if piece.came is Came.WHOLE else answer.add(piece.content)


def _refuses_streams(failure: Failure) -> bool:
    return re.search(r"\bstream(_options|ing|ed)?\b", failure.refused) is not None


def _simpler(styles: list[Mapping[str, Any]], failure: Failure) -> list[Mapping[str, Any]]:
    """The ways left: without the options when they were refused, else without a stream."""
    return styles[1:] if "stream_options" in failure.refused else []
