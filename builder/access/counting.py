"""Counts and times what is answered, by the pattern of its address, for /metrics."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from builder import counters

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class CountingMiddleware:
    """The outermost, so that it counts what others refuse. A stream counts when it begins."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.monotonic()
        response = self.get_response(request)
        method = request.method if request.method in _METHODS else "OTHER"
        route = f"/{request.resolver_match.route}" if request.resolver_match else "none"
        counters.count_request(str(method), route, response.status_code, time.monotonic() - started)
        return response
