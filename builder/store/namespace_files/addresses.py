"""How flows name files of namespaces: a bare path, `nsfile:///path`, `nsfile://other.namespace/path`, or the address
that fileURI() gives, `kestra:///other/namespace/_files/path`."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from builder.errors import InvalidInput
from builder.flows.file_paths import safe_path

_NSFILE = "nsfile://"
_STORED = re.compile(r"kestra:///(?P<namespace>[^?]+?)/_files/(?P<path>[^?]+)(?:\?revision=(?P<revision>\d{1,9}))?")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")
_NAMESPACE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,149}")


@dataclass(frozen=True, slots=True)
class Address:
    """One file of a namespace; `revision` None is the latest."""

    namespace: str
    path: str
    revision: int | None = None


def address(text: str, namespace: str, revision: int | None = None) -> Address | None:
    """What a text names, seen from a namespace; None for what is no file of a namespace. Raises InvalidInput."""
    if text.startswith(_NSFILE):
        other, _, path = text.removeprefix(_NSFILE).partition("/")
        return Address(checked_namespace(other or namespace), safe_path(path), revision)
    stored = _STORED.fullmatch(text)
    if stored:
        number = revision if revision is not None or stored["revision"] is None else int(stored["revision"])
        place = unquote(stored["namespace"]).replace("/", ".")
        return Address(checked_namespace(place), safe_path(unquote(stored["path"])), number)
    if _SCHEME.match(text):
        return None
    return Address(checked_namespace(namespace), safe_path(text), revision)


def uri_of(where: Address) -> str:
    """The address that every function and task understands."""
    text = f"kestra:///{where.namespace.replace('.', '/')}/_files/{quote(where.path)}"
    return text if where.revision is None else f"{text}?revision={where.revision}"


def checked_namespace(namespace: str) -> str:
    """Raises InvalidInput for what cannot be a namespace."""
    if not _NAMESPACE.fullmatch(namespace):
        raise InvalidInput(f"'{namespace[:80]}' cannot be a namespace: letters, digits, dots, dashes and underscores.")
    return namespace
