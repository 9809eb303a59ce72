"""Headers and addresses of requests: what may be sent, and what is shown of it."""

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from builder.tasks.api import TaskFailure, names_a_secret

if TYPE_CHECKING:
    import httpx2

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_ADDRESS = re.compile(r"https?://[^/?#\s]", re.IGNORECASE)


def check_address(uri: str) -> str:
    """The address itself; raises ValueError when it is not one of HTTP."""
    if not _ADDRESS.match(uri.strip()):
        raise ValueError(f'an address begins with http:// or https://, this is "{uri[:200]}"')
    return uri.strip()


def write_headers(written: Mapping[str, Any]) -> dict[str, str]:
    """Headers as text. Raises TaskFailure for a name or value that would break out of its line."""
    headers = {}
    for name, value in written.items():
        text = as_text(value)
        if not _NAME.fullmatch(name):
            raise TaskFailure(f'headers: "{name[:100]}" cannot be the name of a header.', retryable=False)
        if re.search(r"[\r\n\0]", text):
            raise TaskFailure(f"headers.{name} may not hold a line break.", retryable=False)
        headers[name] = text
    return headers


def raw_headers(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as bytes; what Latin-1 lacks goes as UTF-8."""
    return [(name.encode(), _bytes(value)) for name, value in headers.items()]


def shown_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """For the execution page: keys and cookies are left out."""
    return {name: "***" if names_a_secret(name) else value for name, value in headers.items()}


def headers_of(response: "httpx2.Response") -> dict[str, list[str]]:
    """The answer's headers, each with all its values, named as they were sent."""
    found: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for raw, value in response.headers.raw:
        name = raw.decode("latin-1")
        found.setdefault(names.setdefault(name.lower(), name), []).append(value.decode("latin-1"))
    return found


def as_text(value: Any) -> str:
    """Text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def query_of(params: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """Query parameters as text; a list gives a parameter several times."""
    return {
        name: [as_text(part) for part in value] if isinstance(value, list) else as_text(value)
        for name, value in params.items()
    }


def _bytes(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()
