"""Bounds on what a request may bring."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from builder.access.answers import problem
from builder.errors import InvalidInput, LimitExceeded, NotFound

_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_NUL = "\0"


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


class NulMiddleware:
    """Refuses U+0000 in addresses and forms: PostgreSQL keeps no such text, and nothing of ours is named by it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, arguments: Any, names: Any) -> HttpResponseBase | None:
        if _NUL in request.path:
            return problem(request, NotFound("There is nothing at this address: it holds a NUL character."))
        if "%00" in request.META.get("QUERY_STRING", "") or _NUL in request.META.get("QUERY_STRING", ""):
            return problem(request, InvalidInput("The query holds a NUL character (%00); leave it out."))
        if self._in_form(request):
            return problem(request, InvalidInput("The form holds a NUL character (U+0000); leave it out."))
        return None

    def _in_form(self, request: HttpRequest) -> bool:
        """API addresses read their bodies themselves."""
        if request.method != "POST" or request.content_type not in _FORMS or request.path.startswith("/api/"):
            return False
        return any(_NUL in text for name, values in request.POST.lists() for text in (name, *values))
