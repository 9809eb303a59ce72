"""Files that inputs name instead of bringing them: those of a namespace, and those of folders this server opens."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from django.conf import settings

from builder.errors import Forbidden, InvalidInput, NotFound
from builder.flows.inputs import FindFile
from builder.store.namespace_files import address, get, uri_of

_LOCAL = "file://"
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file of this machine, to be kept like an upload."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    def chunks(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                yield piece


def files_seen_from(namespace: str) -> FindFile:
    """Finds what `nsfile://` and `file://` addresses stand for. It raises NotFound, Forbidden, InvalidInput."""

    def find(text: str) -> str | LocalFile:
        if text.startswith(_LOCAL):
            return _local(text)
        where = address(text, namespace)
        if where is None:
            raise InvalidInput(f"`{text}` is no address of a file.")
        if get(where.namespace, where.path).is_folder:
            raise InvalidInput(f"`{text}` is a folder, not a file.")
        return uri_of(where)

    return find


def _local(text: str) -> LocalFile:
    """Links are followed before the folder is judged, so that none leads out of it."""
    folders = [Path(folder).resolve() for folder in settings.MILLSTREAM["LOCAL_FILES"]]
    path = Path("/", unquote(text.removeprefix(_LOCAL))).resolve()
    if not any(path.is_relative_to(folder) for folder in folders):
        raise Forbidden(f"`{text}` is in no folder that this server opens to flows (MILLSTREAM_LOCAL_FILES).")
    if not path.is_file():
        raise NotFound(f"There is no file `{text}`.")
    return LocalFile(path)
