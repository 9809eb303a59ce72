"""Who may pass: every address but the ones marked open wants a person or an API token."""

import base64
import hashlib
import unicodedata
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware as DjangoLoginRequired
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url

from builder.access.answers import answer, wants_json
from builder.access.tries import Tries
from builder.errors import Forbidden
from builder.store.accounts import tokens

TRIES = 10
TRIES_SECONDS = 300
_OF_NAMES = Tries(TRIES, TRIES_SECONDS)
_OF_ADDRESSES = Tries(10 * TRIES, TRIES_SECONDS)
"""Whatever the names: one address cannot try a word with all of them. Far more, since many may share one."""


class TokenMiddleware:
    """Lets a request in that brings an API token (Bearer, or as the password of Basic).

    It carries no cookie's authority, so the CSRF check does not apply to it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = _token(request.headers.get("Authorization", ""))
        user = tokens.owner(token) if token and request.path.startswith("/api/") else None
        if user is not None:
            request.user = user
            request.token_user = user  # type: ignore[attr-defined]
            request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
        return self.get_response(request)


class LoginRequiredMiddleware(DjangoLoginRequired):
    """Sends people to the login page and back; API clients get 401, htmx a whole-page redirect."""

    def process_view(self, request: HttpRequest, view: Any, arguments: Any, keywords: Any) -> HttpResponseBase | None:
        if getattr(request, "token_user", None) is not None:
            request.user = request.token_user  # type: ignore[attr-defined]
            return None
        return super().process_view(request, view, arguments, keywords)

    def handle_no_permission(self, request: HttpRequest, view: Any) -> Any:
        if wants_json(request):
            response = answer(request, 401, "Log in, or send an API token: Authorization: Bearer TOKEN.")
            response["WWW-Authenticate"] = 'Bearer realm="Millstream"'
            return response
        if request.headers.get("HX-Request"):
            response = HttpResponse(status=204)
            response["HX-Redirect"] = resolve_url(settings.LOGIN_URL)
            return response
        return super().handle_no_permission(request, view)


def admins_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """For those who run the installation (`manage.py user create --admin`)."""

    @wraps(view)
    def guarded(request: HttpRequest, *arguments: Any, **names: Any) -> HttpResponseBase:
        if not getattr(request.user, "is_staff", False):
            raise Forbidden("This page is for those who run Millstream; `manage.py user create --admin` names them.")
        return view(request, *arguments, **names)

    return guarded


def _token(header: str) -> str:
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(rest, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def _who(request: HttpRequest, name: str) -> str:
    """Names that log in as the same person (spaces around them, other forms of letters) share their tries."""
    same = unicodedata.normalize("NFKC", name).strip().casefold()
    digest = hashlib.sha256(same.encode("utf-8", "replace")).hexdigest()[:32]
    return f"{_address(request)}:{digest}"


def may_try(request: HttpRequest, name: str) -> bool:
    """Whether this address may try to log in as `name` once more."""
    return _OF_ADDRESSES.may(_address(request)) and _OF_NAMES.may(_who(request, name))


def count_failure(request: HttpRequest, name: str) -> None:
    """Remembers a wrong password for TRIES_SECONDS."""
    _OF_ADDRESSES.count(_address(request))
    _OF_NAMES.count(_who(request, name))
