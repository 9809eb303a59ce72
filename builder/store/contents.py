"""What files hold, in Django's file storage. Those of namespaces are kept under names that say nothing."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

from builder.errors import LimitExceeded, NotFound

Content = bytes | Path | IO[bytes]


@dataclass(frozen=True, slots=True)
class Located:
    """A file that was found: what people call it, where the file storage has it, and how many bytes it has."""

    name: str
    place: str
    size: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A content that is kept already and waits for its row."""

    place: str
    size: int


def keep(content: Content) -> Kept:
    """Keeps a content. Raises LimitExceeded, and keeps nothing then."""
    if isinstance(content, Path):
        with content.open("rb") as file:
            return _keep(File(file))
    return _keep(ContentFile(content) if isinstance(content, bytes) else File(content))


def keep_copy(found: Located) -> Kept:
    """Keeps the same content once more. Raises NotFound, LimitExceeded."""
    with open_file(found) as file:
        return _keep(File(file))


def _keep(content: "File[bytes]") -> Kept:
    size, most = int(content.size), settings.MILLSTREAM["NAMESPACE_FILE_BYTES"]
    if size > most:
        raise LimitExceeded(
            f"The file has {size:,} bytes; in a namespace it may have {most:,} (MILLSTREAM_NAMESPACE_FILE_BYTES)."
        )
    token = secrets.token_hex(16)
    return Kept(default_storage.save(f"namespaces/{token[:2]}/{token}", content), size)


def open_file(found: Located) -> IO[bytes]:
    """The content, to be read piece by piece and closed by the caller. Raises NotFound."""
    try:
        opened: IO[bytes] = default_storage.open(found.place, "rb")
    except FileNotFoundError as error:
        raise NotFound(f"The content of the file {found.name} is not there any more.") from error
    return opened


def on_disk(found: Located) -> Path | None:
    """Where it lies on this machine; None where the file storage is elsewhere."""
    try:
        return Path(default_storage.path(found.place))
    except NotImplementedError:
        return None


def read(found: Located, limit_bytes: int | None = None) -> bytes:
    """The whole content. Raises NotFound, LimitExceeded."""
    if limit_bytes is not None and found.size > limit_bytes:
        raise LimitExceeded(f"The file {found.name} has {found.size} bytes; at most {limit_bytes} can be read here.")
    with open_file(found) as file:
        return bytes(file.read())


def drop(places: Iterable[str]) -> None:
    """Deletes contents; what is gone already is passed over."""
    for place in places:
        default_storage.delete(place)
