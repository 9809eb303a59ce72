"""What went wrong with a call, as one sentence with the fix; says whether the same request may work in a moment."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from builder.tasks.api import TaskFailure
from tasks_openai import model_names

EXCERPT_CHARACTERS = 200
_MESSAGE_CHARACTERS = 400
_FILTERED = {"content_filter", "content_policy_violation", "moderation_blocked", "invalid_prompt"}
_TOO_LONG = re.compile(r"context.(length|size|window)|too large to process", re.I)
_SPENT = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}


@dataclass(frozen=True, slots=True)
class Wording:
    """What sentences call things that have other names elsewhere."""

    key: str = "apiKey"
    protocol: str = "OpenAI's protocol"
    longer: str = " A model that thinks long needs a higher clientTimeout (in seconds)."
    """How to wait longer, where the author can say so."""


USUAL = Wording()


@dataclass(frozen=True, slots=True)
class Place:
    """Whom a call asked, as far as sentences need it."""

    server: str
    """"OpenAI", or the address of a compatible server."""
    model: str
    api_key: str
    silence_seconds: float
    wording: Wording = USUAL

    @property
    def subject(self) -> str:
        """The server as the first word of a sentence."""
        return self.server[:1].upper() + self.server[1:]


@dataclass(frozen=True, slots=True)
class Failure:
    """`passing`: the same request may work in a moment; `wait_seconds`: what the server asks to wait before that.

    `paid`: the server may be at work on it, or was, so that it may have to be paid for.
    `lasting`: no repetition helps, so that a task's own `retry` need not try. `refused`: the parameter complained of.
    """

    message: str
    passing: bool = False
    lasting: bool = False
    wait_seconds: float | None = None
    refused: str = ""
    paid: bool = False


class Misunderstood(Exception):
    """The server's answer is not what the protocol says; carries the answer's text."""

    def __init__(self, answer: object) -> None:
        self.answer = answer if isinstance(answer, str) else repr(answer)
        super().__init__(self.answer[:EXCERPT_CHARACTERS])


def misunderstood(error: Misunderstood, place: Place) -> TaskFailure:
    return TaskFailure(
        f"The answer of {place.server} was not understood; it begins: {excerpt(error.answer, place)!r}. "
        f"Check that baseUrl names a server that speaks {place.wording.protocol}."
    )


def broken(place: Place, received: int, why: str = "") -> TaskFailure:
    """The answer stopped before its end; half an answer is none."""
    reason = f" ({excerpt(why, place)})" if why else ""
    return TaskFailure(
        f"The connection to {place.server} broke after {received:,} characters of the answer{reason}; "
        "half an answer is not kept. Run it again, or let the task retry."
    )


def too_large(place: Place, limit: int) -> TaskFailure:
    return TaskFailure(
        f"The answer of {place.server} is larger than the limit of {limit // 2**20} MB for one answer "
        "(MILLSTREAM_MODEL_ANSWER_BYTES); ask for less.",
        retryable=False,
    )


def silent(place: Place) -> Failure:
    sentence = f"{place.subject} said nothing for {place.silence_seconds:g} seconds.{place.wording.longer}"
    return Failure(sentence, paid=True)


def unreachable(place: Place, why: str) -> Failure:
    return Failure(
        f"{place.subject} could not be reached: {excerpt(why, place) or 'the connection was closed'}. "
        "Check the network and baseUrl.",
        passing=True,
    )


def refused(status: int, body: object, headers: Mapping[str, str], place: Place, now: datetime) -> Failure:
    """A status other than 200. `body` is JSON already read, or text."""
    error = _error_of(body)
    code = str(error.get("code") or error.get("type") or "")
    said = excerpt(_words(error, body), place, _MESSAGE_CHARACTERS)
    if status == 429:
        return _too_often(code, said, headers, place, now)
    too_long = status == 500 and _TOO_LONG.search(said)  # llama.cpp's server says so with a 500
    if (status >= 500 and not too_long) or status in (408, 409):
        message = f"{place.subject} has a problem of its own (status {status}){_colon(said)}"
        return Failure(message, passing=True, wait_seconds=wait_asked(headers, now))
    return Failure(_sentence(status, code, said, place), lasting=True, refused=str(error.get("param") or "") or said)


def _too_often(code: str, said: str, headers: Mapping[str, str], place: Place, now: datetime) -> Failure:
    if code in _SPENT:
        return Failure(
            f"The account at {place.server} has no credit left (status 429){_colon(said)} Add credit, or raise the "
            "limit, in the billing settings of the account.",
            lasting=True,
        )
    wait = wait_asked(headers, now)
    asked = f" It asks to wait {wait:g} seconds." if wait is not None else ""
    message = f"The rate limit of {place.server} is reached (status 429){_colon(said)}{asked}"
    return Failure(message, passing=True, wait_seconds=wait)


def _sentence(status: int, code: str, said: str, place: Place) -> str:
    if code in _FILTERED:
        return (
            f"The content filter of {place.server} refused the request (status {status}){_colon(said)} "
            "Rephrase the prompt."
        )
    if code == "context_length_exceeded" or (status in (400, 500) and _TOO_LONG.search(said)):
        return (
            f"The prompt is too long for the model {place.model}{_colon(said)} "
            "Shorten it, or choose a model with a larger context window."
        )
    if code == "previous_response_not_found" or said.startswith("Previous response with id"):
        return f"The earlier conversation is gone{_colon(said)} Begin a new one, without previousResponseId."
    about_model = code in ("model_not_found", "model_deprecated") or "model" in said.lower()
    if status in (400, 404, 410) and about_model and (ending := model_names.gone(place.model)):
        return f"{ending.said(place.model)}. {place.subject} refused it (status {status}){_colon(said)}"
    if status == 404 and about_model:
        return (
            f"{place.subject} does not know the model {place.model!r}, or this key may not use it{_colon(said)} "
            "Choose another model."
        )
    fixes = {
        401: f"{place.subject} refused the API key (status 401){_colon(said)} Check "
        f"{place.wording.key}, or set the secret it reads on the Secrets page.",
        403: f"{place.subject} does not allow this (status 403){_colon(said)} Check what the API key may do.",
        404: f"{place.subject} has nothing at this address (status 404){_colon(said)} Check baseUrl, and whether "
        "the server offers this kind of call.",
        413: f"The request is too large for {place.server} (status 413){_colon(said)} Send less.",
    }
    if 300 <= status < 400:
        return (
            f"{place.subject} answered with a redirect (status {status}), which is not followed, so that the key "
            "goes nowhere else. Write the final address as baseUrl."
        )
    return fixes.get(status) or f"{place.subject} refused the request (status {status}){_colon(said)}"


def wait_asked(headers: Mapping[str, str], now: datetime) -> float | None:
    """What Retry-After (seconds or a date) or retry-after-ms asks, in seconds."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is not None or not text:
        return seconds
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())


def _number(text: str | None) -> float | None:
    found = re.fullmatch(r"\s*(\d+(\.\d+)?)\s*", text or "")
    return float(found[1]) if found else None


def excerpt(text: str, place: Place, limit: int = EXCERPT_CHARACTERS) -> str:
    """The beginning of what a server said, in one line, without markup and without the key."""
    if place.api_key:
        text = text.replace(place.api_key, "***")
    if re.match(r"\s*<", text):
        text = html.unescape(re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", text, flags=re.S | re.I))
    text = " ".join(text.split())
    return text if len(text) <= limit else text[:limit] + "..."


def _error_of(body: object) -> Mapping[str, Any]:
    """The `error` object of a body; some servers send it bare, some as text or in a list."""
    inner = _inner(body) or body
    return inner if isinstance(inner, Mapping) else {"message": inner} if isinstance(inner, str) else {}


def _inner(body: object) -> object:
    if isinstance(body, Mapping):
        return body.get("error") or _inner(body.get("errors"))
    first = body[0] if isinstance(body, list) and body else None
    return None if first is None else _inner(first) or first


def _words(error: Mapping[str, Any], body: object) -> str:
    said = error.get("message") or error.get("detail") or error.get("Message") or body
    return said if isinstance(said, str) else str(said or "")


def _colon(said: str) -> str:
    """What the server said, as the middle of a sentence."""
    return f": {said.rstrip('.!')}." if said else "."
