"""The one place where exceptions become answers."""

import logging
import uuid
from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from redis.exceptions import RedisError

from builder.access.answers import answer, problem
from builder.errors import BuilderError, LimitExceeded, NotFound, Unavailable

log = logging.getLogger(__name__)


class ErrorMiddleware:
    """Turns whatever a view raises into an answer; what nobody foresaw is logged under a number that the page shows."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

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
    if isinstance(error, Http404):
        return NotFound("There is nothing at this address.")
    if isinstance(error, RequestDataTooBig):
        return LimitExceeded("The request is larger than the limit (MILLSTREAM_BODY_BYTES).")
    if isinstance(error, OperationalError | InterfaceError):
        return Unavailable("The database does not answer now; nothing was changed. Try again in a moment.")
    if isinstance(error, RedisError):
        return Unavailable("Redis does not answer now. Try again in a moment.")
    return None


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    return answer(request, 400, "The request could not be understood.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    return answer(request, 403, "You may not do this here.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    return answer(request, 404, "There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500."""
    return answer(request, 500, "Something went wrong that nobody foresaw. The log says more.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW: a page that lay open over a log-out, or a foreign page."""
    return answer(
        request,
        403,
        "This page was too old to send the form. Reload it and try again; what you typed in an editor is saved.",
    )
