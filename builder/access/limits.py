"""Bounds on what a request may bring."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from builder.access.answers import problem
from builder.errors import LimitExceeded


class BodyLimitMiddleware:
    """Refuses a body that says it is over the limit before a byte of it is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        limit = settings.MILLSTREAM["BODY_BYTES"]
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        if length > limit:
            return problem(
                request,
                LimitExceeded(f"The request is {length:,} bytes and the limit is {limit:,} (MILLSTREAM_BODY_BYTES)."),
            )
        return self.get_response(request)
