"""The one place where exceptions become answers."""

import errno
import logging
import sys
import uuid
from collections.abc import Callable

from django.core.exceptions import BadRequest, DisallowedHost, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException
from redis.exceptions import RedisError

from builder.access.answers import answer, problem
from builder.errors import BuilderError, Forbidden, InvalidInput, LimitExceeded, NotFound, Unavailable

log = logging.getLogger(__name__)


class Unreadable(InvalidInput):
    """The request itself cannot be read, whatever it asks for."""

    status = 400


class ErrorMiddleware:
    """Turns whatever a view raises into an answer; what nobody foresaw is logged under a number that the page shows."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == 405 and not response.streaming and not getattr(response, "content", b""):
            allowed = response.headers.get("Allow", "")
            said = answer(request, 405, f"{request.method} is not possible here; {allowed} is.")
            said["Allow"] = allowed
            return said
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        known = _known(error)
        if known is not None:
            return problem(request, known)
        number = uuid.uuid4().hex[:8]
        log.exception("Unforeseen error %s at %s %s", number, request.method, request.path, exc_info=error)
        return answer(request, 500, f"Something went wrong that nobody foresaw. The log names it as error {number}.")


def _known(error: Exception) -> BuilderError | None:
    if isinstance(error, BuilderError):
        return error
    if isinstance(error, OSError) and error.errno in _FULL:
        return Unavailable("The disk is full; it was not kept. Try again when whoever runs Millstream has freed some.")
    return next((make() for kinds, make in _ANSWERS if isinstance(error, kinds)), None)


_FULL = (errno.ENOSPC, errno.EDQUOT)
_UNREADABLE = (SuspiciousOperation, BadRequest, MultiPartParserError, UnreadablePostError, RawPostDataException)
_HOST = "Millstream does not answer to this host name; whoever runs it can add the name to MILLSTREAM_HOSTS."
_ANSWERS: tuple[tuple[tuple[type[Exception], ...], Callable[[], BuilderError]], ...] = (
    ((Http404,), lambda: NotFound("There is nothing at this address.")),
    ((PermissionDenied,), lambda: Forbidden("You may not do this here.")),
    ((RequestDataTooBig,), lambda: LimitExceeded("The request is larger than the limit (MILLSTREAM_BODY_BYTES).")),
    ((DisallowedHost,), lambda: Unreadable(_HOST)),
    (
        _UNREADABLE,
        lambda: Unreadable(
            "The request could not be read: it was cut short, is not encoded as it says, or has too many fields."
        ),
    ),
    (
        (UnicodeEncodeError, DataError),
        lambda: InvalidInput(
            "Something that was sent cannot be stored: it is too long, or holds U+0000 or half of a character."
        ),
    ),
    (
        (OperationalError, InterfaceError),
        lambda: Unavailable(
            "The database does not answer now. Try again in a moment, and look first whether it was done."
        ),
    ),
    ((RedisError,), lambda: Unavailable("Redis does not answer now. Try again in a moment.")),
)
"""What exceptions of other people's code mean here; the first that fits."""


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    return problem(request, _known(exception) or Unreadable("The request could not be understood."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    return answer(request, 403, "You may not do this here.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    return answer(request, 404, "There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500, for what middleware raises: what is known of it is said here too."""
    error = sys.exception()
    known = _known(error) if isinstance(error, Exception) else None
    if known is not None:
        return problem(request, known)
    return answer(request, 500, "Something went wrong that nobody foresaw. The log says more.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW: a page that lay open over a log-out, or a foreign page."""
    return answer(
        request,
        403,
        "This page was too old to send the form. Reload it and try again; what you typed in an editor is saved.",
    )
