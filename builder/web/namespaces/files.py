"""The page of a namespace's files: a tree beside the chosen file, which is edited, moved, restored or deleted."""

import re
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from builder.actions import namespace_files as actions
from builder.errors import BuilderError, InvalidInput, NotFound, StaleRevision
from builder.runtime.files.preview import Preview, preview
from builder.store import contents, flows, namespace_files
from builder.store.namespace_files import Address, NamespaceFileItem
from builder.web.execution.files import POLICY

EDIT_BYTES = 1_000_000


@require_GET
def file_list(request: HttpRequest) -> HttpResponse:
    """The files of a namespace (`namespace`), with one of them open (`path`, `revision`)."""
    known = sorted({*flows.namespaces(), *namespace_files.namespaces()})
    namespace = request.GET.get("namespace", "").strip() or (known[0] if known else "")
    return _page(request, namespace, known=known, path=request.GET.get("path", ""))


@require_POST
def file_upload(request: HttpRequest, namespace: str) -> HttpResponse:
    """Keeps the files that were chosen; a zip archive becomes what is in it."""
    folder = request.POST.get("folder", "").strip().strip("/")

    def upload() -> str:
        sent = [one for one in request.FILES.getlist("files") if isinstance(one, UploadedFile)]
        if not sent:
            raise InvalidInput("Choose a file to upload.")
        kept = [item for one in sent for item in _uploaded(namespace, folder, one, request.user.get_username())]
        messages.success(request, f"Uploaded {kept[0].name if len(kept) == 1 else f'{len(kept)} files'}.")
        return kept[0].path if len(kept) == 1 else folder

    return _changed(request, namespace, upload)


@require_POST
def file_save(request: HttpRequest, namespace: str) -> HttpResponse:
    """Keeps a text: of a new file, or over the revision that was read."""
    path, text = request.POST.get("path", ""), request.POST.get("text", "").replace("\r\n", "\n")
    read = request.POST.get("revision", "0")

    def save() -> str:
        found = namespace_files.find(namespace, path)
        now = found.revision if found is not None else 0
        if str(now) != read:
            raise StaleRevision(
                "Somebody saved this file in between. Copy your text, open the file again, and merge."
                if found and read != "0" else f"The file {path} is already there; open it to change it."
            )  # fmt: skip
        item = actions.put(namespace, path, text.encode(), by=request.user.get_username())
        messages.success(request, f"Saved {item.name} as revision {item.revision}.")
        return item.path

    return _changed(request, namespace, save)


@require_POST
def file_folder(request: HttpRequest, namespace: str) -> HttpResponse:
    """Makes a folder."""
    path = request.POST.get("path", "")
    return _changed(
        request, namespace, lambda: actions.make_folder(namespace, path, by=request.user.get_username()).path
    )


@require_POST
def file_move(request: HttpRequest, namespace: str) -> HttpResponse:
    """Gives a file or folder another path."""
    old, new = request.POST.get("path", ""), request.POST.get("to", "")

    def move() -> str:
        item = actions.move(namespace, old, new, by=request.user.get_username())
        messages.success(request, f"It is {item.path} now.")
        return item.path

    return _changed(request, namespace, move)


@require_POST
def file_delete(request: HttpRequest, namespace: str) -> HttpResponse:
    """Deletes a file, or a folder with all that is in it."""
    path = request.POST.get("path", "")

    def delete() -> str:
        actions.delete(namespace, path, by=request.user.get_username())
        messages.success(request, f"Deleted {path}.")
        return path.rpartition("/")[0]

    return _changed(request, namespace, delete)


@require_POST
def file_restore(request: HttpRequest, namespace: str) -> HttpResponse:
    """Makes an earlier revision the latest one."""
    path, number = request.POST.get("path", ""), request.POST.get("revision", "")

    def restore() -> str:
        item = actions.restore(namespace, path, _number(number) or 0, by=request.user.get_username())
        messages.success(request, f"Revision {number} is back, as revision {item.revision}.")
        return item.path

    return _changed(request, namespace, restore)


@require_GET
def file_download(request: HttpRequest, namespace: str) -> FileResponse:
    """The content of a file, never shown in place."""
    found = actions.located(namespace, request.GET.get("path", ""), _number(request.GET.get("revision", "")))
    response = FileResponse(
        contents.open_file(found), as_attachment=True, filename=found.name.rpartition("/")[2],
        content_type="application/octet-stream",
    )  # fmt: skip
    response["Content-Security-Policy"] = POLICY
    return response


@require_GET
def file_export(request: HttpRequest, namespace: str) -> StreamingHttpResponse:
    """All files as a zip archive."""
    response = StreamingHttpResponse(actions.archive(namespace), content_type="application/zip")
    name = re.sub(r"[^a-z0-9._-]", "_", namespace)
    response["Content-Disposition"] = f'attachment; filename="{name}_files.zip"'
    return response


def _uploaded(namespace: str, folder: str, one: "UploadedFile[bytes]", by: str) -> list[NamespaceFileItem]:
    name = str(one.name)
    if name.lower().endswith(".zip"):
        assert one.file is not None
        return actions.put_archive(namespace, folder, one.file, by=by)
    return [actions.put(namespace, f"{folder}/{name}", one, by=by)]


def _changed(request: HttpRequest, namespace: str, change: Any) -> HttpResponse:
    """Carries a change out and opens what it leads to; what does not fit is said on the page, with what was typed."""
    try:
        path = change()
    except BuilderError as error:
        return _page(request, namespace, path=request.POST.get("path", ""), error=error.message, status=error.status)
    return redirect(f"{reverse('files')}?{urlencode({'namespace': namespace, 'path': path})}")


def _page(
    request: HttpRequest, namespace: str, *, path: str, error: str = "", status: int = 200,
    known: list[str] | None = None,
) -> HttpResponse:  # fmt: skip
    revision = _number(request.GET.get("revision", ""))
    chosen = _chosen(namespace, path) if namespace else None
    if chosen is None and path.strip("/") and not error:
        error, status = f"There is no file {path[:200]} in this namespace (any more).", 404
    items = namespace_files.listed(namespace) if namespace else []
    context = {
        "namespaces": known if known is not None else sorted({*flows.namespaces(), *namespace_files.namespaces()}),
        "namespace": namespace, "tree": _tree(items, chosen), "error": error, "chosen": chosen,
        "folder": _folder(chosen), "count": sum(not item.is_folder for item in items),
        "opened": _opened(chosen, revision) if chosen is not None and not chosen.is_folder else None,
        "typed": request.POST.get("text") if error else None, "given": request.POST,
        "is_new": "new" in request.GET or (bool(error) and chosen is None and "text" in request.POST),
    }  # fmt: skip
    return render(request, "file/list.html", context, status=status)


def _chosen(namespace: str, path: str) -> NamespaceFileItem | None:
    try:
        return namespace_files.find(namespace, path) if path.strip("/") else None
    except InvalidInput:
        return None


def _folder(chosen: NamespaceFileItem | None) -> str:
    """Where new files go."""
    if chosen is None:
        return ""
    return chosen.path if chosen.is_folder else chosen.folder


def _opened(item: NamespaceFileItem, revision: int | None) -> dict[str, Any]:
    """The content of a file to look at or edit; an earlier revision is only looked at."""
    found = namespace_files.located(Address(item.namespace, item.path, revision))
    text = None
    if found.size <= EDIT_BYTES:
        try:
            text = contents.read(found).decode()
        except UnicodeDecodeError:
            text = None
    editable = text is not None and "\0" not in text
    shown: Preview | None = None if editable else preview(found)
    return {
        "text": text if editable else None, "preview": shown, "size": found.size,
        "revision": revision if revision is not None and revision != item.revision else None,
        "revisions": namespace_files.revisions(item.namespace, item.path),
    }  # fmt: skip


def _tree(items: list[NamespaceFileItem], chosen: NamespaceFileItem | None) -> list[dict[str, Any]]:
    """The items as rows in the order of a tree, folders first, each with its depth; only open folders show theirs."""
    inside: dict[str, list[NamespaceFileItem]] = {}
    for item in items:
        inside.setdefault(item.folder, []).append(item)
    path = chosen.path if chosen is not None else ""
    rows: list[dict[str, Any]] = []
    stack = sorted(inside.get("", ()), key=_order, reverse=True)
    while stack:
        item = stack.pop()
        is_open = item.is_folder and f"{path}/".startswith(f"{item.path}/")
        rows.append({"item": item, "depth": item.path.count("/"), "is_open": is_open, "is_chosen": item.path == path})
        if is_open:
            stack += sorted(inside.get(item.path, ()), key=_order, reverse=True)
    return rows


def _order(item: NamespaceFileItem) -> tuple[bool, str]:
    return not item.is_folder, item.name.casefold()


def _number(text: str) -> int | None:
    """The revision asked for; None: the latest."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound("There is no such revision.")
    return int(text)
