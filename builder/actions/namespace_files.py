"""What people do with the files of namespaces."""

import io
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from django.conf import settings

from builder.clock import SystemClock
from builder.errors import InvalidInput, LimitExceeded
from builder.store import namespace_files
from builder.store.contents import Content, Located
from builder.store.namespace_files import Address, NamespaceFileItem

_CLOCK = SystemClock()
_PIECE = 1 << 20


def put(namespace: str, path: str, content: Content, *, by: str, overwrite: bool = True) -> NamespaceFileItem:
    """Keeps a content as the file's next revision. Raises InvalidInput, Conflict, LimitExceeded."""
    return namespace_files.put(namespace, path, content, _CLOCK.now(), by=by, overwrite=overwrite)


def put_archive(namespace: str, folder: str, archive: IO[bytes], *, by: str) -> list[NamespaceFileItem]:
    """Keeps every file of a zip archive. Raises InvalidInput, Conflict, LimitExceeded; what came before it stays."""
    most = settings.MILLSTREAM["NAMESPACE_FILES"]
    try:
        with zipfile.ZipFile(archive) as packed:
            entries = [entry for entry in packed.infolist() if not entry.is_dir()]
            if len(entries) > most:
                raise LimitExceeded(f"The archive holds {len(entries):,} files; at most {most:,} are taken.")
            return [_put_entry(namespace, folder, packed, entry, by) for entry in entries]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise InvalidInput(f"The archive cannot be read: {error}.") from error


def _put_entry(
    namespace: str, folder: str, packed: zipfile.ZipFile, entry: zipfile.ZipInfo, by: str
) -> NamespaceFileItem:
    """An archive may lie about sizes: no more is read than a file may have."""
    most = settings.MILLSTREAM["NAMESPACE_FILE_BYTES"]
    with packed.open(entry) as file:
        content = file.read(most + 1)
    return put(namespace, f"{folder}/{entry.filename}", content, by=by)


def make_folder(namespace: str, path: str, *, by: str) -> NamespaceFileItem:
    """Raises InvalidInput, Conflict."""
    return namespace_files.make_folder(namespace, path, _CLOCK.now(), by=by)


def move(namespace: str, old: str, new: str, *, by: str) -> NamespaceFileItem:
    """Raises NotFound, InvalidInput, Conflict."""
    return namespace_files.move(namespace, old, new, _CLOCK.now(), by=by)


def delete(namespace: str, path: str, *, by: str) -> list[str]:
    """The paths of the files that were deleted. Raises NotFound."""
    return namespace_files.delete(namespace, path, _CLOCK.now(), by=by)


def restore(namespace: str, path: str, revision: int, *, by: str) -> NamespaceFileItem:
    """An earlier content becomes the latest revision. Raises NotFound."""
    with namespace_files.open_file(Address(namespace, namespace_files.get(namespace, path).path, revision)) as file:
        return put(namespace, path, file, by=by)


def located(namespace: str, path: str, revision: int | None = None) -> Located:
    """Raises NotFound, InvalidInput."""
    where = namespace_files.address(f"nsfile://{namespace}/{path}", namespace, revision)
    assert where is not None
    return namespace_files.located(where)


def archive(namespace: str) -> Iterator[bytes]:
    """All files of a namespace as a zip archive, piece by piece."""
    written = _Outbox()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for item in namespace_files.listed(namespace):
            if item.is_folder:
                packed.writestr(f"{item.path}/", b"")
                continue
            entry = zipfile.ZipInfo(item.path, item.updated_at.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            with (
                namespace_files.open_file(Address(namespace, item.path)) as source,
                packed.open(entry, "w", force_zip64=True) as target,
            ):
                while piece := source.read(_PIECE):
                    target.write(piece)
                    yield written.take()
    yield written.take()


class _Outbox(io.RawIOBase):
    """Takes what is written and gives it away; it cannot be sought in, so zipfile writes on and on."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self._waiting += content
        return len(content)

    def take(self) -> bytes:
        taken, self._waiting = bytes(self._waiting), bytearray()
        return taken
