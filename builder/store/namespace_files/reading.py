"""What is kept in a namespace: one file, a folder, all of it; of deleted ones only their revisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from django.db.models import Sum

from builder.errors import InvalidInput, NotFound
from builder.flows.file_paths import safe_path
from builder.models import NamespaceFile, NamespaceFileRevision
from builder.store import contents
from builder.store.contents import Located
from builder.store.namespace_files.addresses import Address


@dataclass(frozen=True, slots=True)
class NamespaceFileItem:
    """A file or a folder; a folder that is only there because of what is in it has revision 0."""

    namespace: str
    path: str
    is_folder: bool
    size: int
    revision: int
    created_at: datetime
    updated_at: datetime
    updated_by: str

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """The path of the folder it is in; "" at the top."""
        return self.path.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class RevisionItem:
    """One content that a file had."""

    number: int
    size: int
    created_at: datetime
    created_by: str


def find(namespace: str, path: str) -> NamespaceFileItem | None:
    """The file or folder at a path."""
    name = safe_path(path)
    row = NamespaceFile.objects.filter(namespace=namespace, path=name, deleted=False).first()
    if row is not None:
        return _item(row)
    return next((item for item in listed(namespace) if item.path == name), None)


def get(namespace: str, path: str) -> NamespaceFileItem:
    """The file or folder at a path. Raises NotFound."""
    found = find(namespace, path)
    if found is None:
        raise missing(namespace, safe_path(path))
    return found


def missing(namespace: str, path: str) -> NotFound:
    """What is said of a file that is not there."""
    return NotFound(f"The namespace '{namespace}' has no file '{path}'.")


def listed(namespace: str, under: str = "", *, deep: bool = True, text: str = "") -> list[NamespaceFileItem]:
    """What is in a folder ("" is the top), by path, folders that only their content makes included.

    `deep`: with all that is below. `text`: only files whose path holds it, whatever its case.
    """
    prefix = f"{safe_path(under)}/" if under.strip("/") else ""
    rows = NamespaceFile.objects.filter(namespace=namespace, deleted=False, path__startswith=prefix).order_by("path")
    items = {row.path: _item(row) for row in rows if row.path.startswith(prefix)}
    if text:
        wanted = text.casefold()
        return [item for item in items.values() if not item.is_folder and wanted in item.path.casefold()]
    for item in list(items.values()):
        for folder in _around(item.path):
            if folder.startswith(prefix) and folder not in items:
                items[folder] = _implied(item, folder)
    found = sorted(items.values(), key=lambda item: item.path)
    return found if deep else [item for item in found if "/" not in item.path[len(prefix) :]]


def namespaces() -> list[str]:
    """Those that have files."""
    found = NamespaceFile.objects.filter(deleted=False).order_by("namespace")
    return list(found.values_list("namespace", flat=True).distinct())


def totals(namespace: str) -> tuple[int, int]:
    """How many files a namespace has, and how many bytes they have together."""
    rows = NamespaceFile.objects.filter(namespace=namespace, deleted=False, is_folder=False)
    return rows.count(), rows.aggregate(bytes=Sum("size"))["bytes"] or 0


def revisions(namespace: str, path: str) -> list[RevisionItem]:
    """The contents of a file, newest first; of a deleted one too. Raises NotFound."""
    name = safe_path(path)
    rows = NamespaceFileRevision.objects.filter(file__namespace=namespace, file__path=name).order_by("-number")
    found = [RevisionItem(row.number, row.size, row.created_at, row.created_by) for row in rows]
    if not found:
        raise missing(namespace, name)
    return found


def located(where: Address) -> Located:
    """Where the file storage has a content. Raises NotFound, InvalidInput for a folder."""
    rows = NamespaceFileRevision.objects.filter(file__namespace=where.namespace, file__path=where.path)
    if where.revision is None:
        row = rows.filter(file__deleted=False).order_by("-number").first()
    else:
        row = rows.filter(number=where.revision).first()
    if row is not None:
        return Located(where.path, row.place, row.size)
    found = find(where.namespace, where.path)
    if found is not None and found.is_folder:
        raise InvalidInput(f"'{where.path}' in the namespace '{where.namespace}' is a folder, not a file.")
    if found is not None:
        raise NotFound(f"'{where.path}' in the namespace '{where.namespace}' has no revision {where.revision}.")
    raise missing(where.namespace, where.path)


def open_file(where: Address) -> IO[bytes]:
    """A content, to be read piece by piece and closed by the caller. Raises NotFound."""
    return contents.open_file(located(where))


def read(where: Address, limit_bytes: int | None = None) -> bytes:
    """A whole content. Raises NotFound, LimitExceeded."""
    return contents.read(located(where), limit_bytes)


def _around(path: str) -> Sequence[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _item(row: NamespaceFile) -> NamespaceFileItem:
    return NamespaceFileItem(
        row.namespace, row.path, row.is_folder, row.size, row.revision, row.created_at, row.updated_at, row.updated_by
    )


def _implied(item: NamespaceFileItem, folder: str) -> NamespaceFileItem:
    return NamespaceFileItem(item.namespace, folder, True, 0, 0, item.created_at, item.updated_at, "")
