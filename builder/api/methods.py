"""One address, one view a method: anything else is answered 405, and no view sees text that no table can hold."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from builder.access.answers import answer
from builder.errors import InvalidInput, NotFound

View = Callable[..., HttpResponseBase]
"""Answers one method of an address."""


def methods(**views: View) -> View:
    """The view of an address: `methods(GET=read, PUT=change)`."""
    allowed = ", ".join(sorted({*views, *(("HEAD",) if "GET" in views else ())}))

    def view(request: HttpRequest, /, **names: str) -> HttpResponseBase:
        chosen = views.get("GET" if request.method == "HEAD" else request.method or "")
        if chosen is None:
            response = answer(request, 405, f"{request.method} is not possible here; {allowed} is.")
            response["Allow"] = allowed
            return response
        _refuse_nul(request, names)
        return chosen(request, **names)

    return view


def _refuse_nul(request: HttpRequest, names: dict[str, str]) -> None:
    """PostgreSQL refuses such text, and nothing of ours is named by it."""
    if "%00" not in request.META.get("QUERY_STRING", "") and "\0" not in request.path:
        return
    if any("\0" in str(name) for name in names.values()):
        raise NotFound("There is nothing at this address: it holds a NUL character.")
    raise InvalidInput("The query holds a NUL character (%00); leave it out.")
