"""What changes the files of a namespace. Contents are kept before their rows and dropped after them, so that a crash
between the two leaves a content without a row, never a row without a content."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q

from builder.errors import Conflict, InvalidInput, LimitExceeded
from builder.flows.file_paths import PATH_LETTERS, safe_path
from builder.models import NamespaceFile, NamespaceFileRevision
from builder.store import contents
from builder.store.contents import Content, Kept
from builder.store.gate import lock_row, on_commit, write
from builder.store.namespace_files.addresses import checked_namespace
from builder.store.namespace_files.reading import NamespaceFileItem, get, missing


def put(
    namespace: str, path: str, content: Content | Kept, now: datetime, *, by: str = "", overwrite: bool = True
) -> NamespaceFileItem:
    """Keeps a content as the file's next revision.

    Raises InvalidInput for a path that cannot be, Conflict when it is taken, LimitExceeded when there is no room.
    """
    checked_namespace(namespace)
    kept = content if isinstance(content, Kept) else contents.keep(content)
    try:
        name = safe_path(path)
        with write():
            row = _row_to_write(namespace, name, now, is_folder=False)
            if not overwrite and row.revision and not row.deleted:
                raise Conflict(f"The file '{name}' is already there in the namespace '{namespace}'.")
            number = row.revision + 1
            NamespaceFileRevision.objects.create(
                file=row, number=number, place=kept.place, size=kept.size, created_at=now, created_by=by
            )
            _save(row, now, by, revision=number, size=kept.size, deleted=False, is_folder=False)
    except BaseException:
        contents.drop([kept.place])
        raise
    return get(namespace, name)


def make_folder(namespace: str, path: str, now: datetime, *, by: str = "") -> NamespaceFileItem:
    """Makes an empty folder; one that is there stays. Raises InvalidInput, Conflict, LimitExceeded."""
    name = safe_path(path)
    checked_namespace(namespace)
    with write():
        row = _row_to_write(namespace, name, now, is_folder=True)
        _save(row, now, by, deleted=False, is_folder=True, size=0)
    return get(namespace, name)


def move(namespace: str, old: str, new: str, now: datetime, *, by: str = "") -> NamespaceFileItem:
    """Gives a file, or a folder with all that is in it, another path. Raises NotFound, InvalidInput, Conflict."""
    source, target = safe_path(old), safe_path(new)
    if target == source:
        return get(namespace, source)
    if target.startswith(f"{source}/"):
        raise InvalidInput(f"The folder '{source}' cannot be moved into itself.")
    with write():
        rows = _with_all_below(namespace, source)
        if not rows:
            raise missing(namespace, source)
        if _with_all_below(namespace, target):
            raise Conflict(f"'{target}' is already there in the namespace '{namespace}'.")
        _refuse_file_above(namespace, target)
        for row in rows:
            moved = target + row.path[len(source) :]
            if len(moved) > PATH_LETTERS:
                raise InvalidInput(f"The path '{moved[:100]}...' would have more than {PATH_LETTERS} characters.")
            _forget(NamespaceFile.objects.filter(namespace=namespace, path=moved, deleted=True))
            _save(row, now, by, path=moved)
    return get(namespace, target)


def delete(namespace: str, path: str, now: datetime, *, by: str = "", with_folders: bool = False) -> list[str]:
    """Deletes a file, or a folder with all that is in it; revisions stay. The paths of the files. Raises NotFound.

    `with_folders`: the folders around it that are empty then go too.
    """
    name = safe_path(path)
    with write():
        rows = _with_all_below(namespace, name)
        if not rows:
            raise missing(namespace, name)
        for row in rows:
            _save(row, now, by, deleted=True)
        NamespaceFile.objects.filter(pk__in=[row.pk for row in rows], is_folder=True).delete()
        while with_folders and "/" in name:
            name = name.rpartition("/")[0]
            if any(row.path != name for row in _with_all_below(namespace, name)):
                break
            NamespaceFile.objects.filter(namespace=namespace, path=name, is_folder=True).delete()
    return [row.path for row in rows if not row.is_folder]


def purge(
    namespaces: Collection[str],
    wanted: Callable[[str], bool],
    *,
    keep: int,
    before: datetime | None = None,
    children: bool = False,
) -> int:
    """Deletes old revisions for good, of the files whose path is wanted; how many went.

    The newest `keep` of each file stay, and always the latest one of a file that is there. `before`: only revisions
    made before then go. `children`: of the namespaces below too.
    """
    whose = Q(namespace__in=namespaces)
    for namespace in namespaces if children else ():
        whose |= Q(namespace__startswith=f"{namespace}.")
    with write():
        rows = [row for row in NamespaceFile.objects.filter(whose, is_folder=False) if wanted(row.path)]
        old = NamespaceFileRevision.objects.filter(pk__in=[pk for row in rows for pk in _old(row, keep, before)])
        _drop_later(list(old.values_list("place", flat=True)))
        count = old.delete()[0]
        NamespaceFile.objects.filter(pk__in=[row.pk for row in rows], deleted=True, revisions__isnull=True).delete()
    return count


def _old(row: NamespaceFile, keep: int, before: datetime | None) -> list[int]:
    found = row.revisions.order_by("-number")
    first = keep if row.deleted else max(keep, 1)
    return [one.pk for one in found[first:] if before is None or one.created_at < before]


def _row_to_write(namespace: str, path: str, now: datetime, *, is_folder: bool) -> NamespaceFile:
    _refuse_file_above(namespace, path)
    below = NamespaceFile.objects.filter(namespace=namespace, path__startswith=f"{path}/", deleted=False)
    if not is_folder and any(row.path.startswith(f"{path}/") for row in below):
        raise Conflict(f"'{path}' is a folder in the namespace '{namespace}'; give the file another name.")
    made = NamespaceFile(
        namespace=namespace, path=path, deleted=True, is_folder=is_folder, created_at=now, updated_at=now
    )
    NamespaceFile.objects.bulk_create([made], ignore_conflicts=True)
    lock_row("builder_namespacefile", namespace=namespace, path=path)
    row = NamespaceFile.objects.get(namespace=namespace, path=path)
    if not row.deleted and row.is_folder is not is_folder:
        kind = "folder" if row.is_folder else "file"
        raise Conflict(f"'{path}' is a {kind} in the namespace '{namespace}'; choose another name.")
    if row.deleted:
        _refuse_more(namespace)
    return row


def _refuse_more(namespace: str) -> None:
    most = settings.MILLSTREAM["NAMESPACE_FILES"]
    if NamespaceFile.objects.filter(namespace=namespace, deleted=False).count() >= most:
        raise LimitExceeded(f"The namespace '{namespace}' has {most:,} files, the most there may be "
                            "(MILLSTREAM_NAMESPACE_FILES); delete some first.")  # fmt: skip


def _refuse_file_above(namespace: str, path: str) -> None:
    parts = path.split("/")
    above = ["/".join(parts[:count]) for count in range(1, len(parts))]
    taken = NamespaceFile.objects.filter(namespace=namespace, path__in=above, deleted=False, is_folder=False).first()
    if taken is not None:
        raise Conflict(f"'{taken.path}' is a file in the namespace '{namespace}', so nothing can be in it.")


def _with_all_below(namespace: str, path: str) -> list[NamespaceFile]:
    inside = Q(path=path) | Q(path__startswith=f"{path}/")
    rows = NamespaceFile.objects.filter(inside, namespace=namespace, deleted=False).order_by("path")
    return [row for row in rows if row.path == path or row.path.startswith(f"{path}/")]


def _save(row: NamespaceFile, now: datetime, by: str, **changes: Any) -> None:
    for name, value in {**changes, "updated_at": now, "updated_by": by}.items():
        setattr(row, name, value)
    row.save()


def _forget(rows: Any) -> None:
    places = NamespaceFileRevision.objects.filter(file__in=rows).values_list("place", flat=True)
    _drop_later(list(places))
    rows.delete()


def _drop_later(places: list[str]) -> None:
    on_commit(lambda: contents.drop(places))
