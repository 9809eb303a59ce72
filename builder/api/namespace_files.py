"""Files of namespaces: content, folders, search, revisions, and all of them as an archive."""

import re
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse

from builder.actions import namespace_files as actions
from builder.api.execution_json import instant
from builder.api.methods import methods
from builder.api.reading import body_bytes, form, whole
from builder.errors import InvalidInput
from builder.store import contents, namespace_files
from builder.store.namespace_files import NamespaceFileItem

_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


def read(request: HttpRequest, namespace: str) -> HttpResponseBase:
    """`?path=&revision=`: the content, never shown in place."""
    found = actions.located(namespace, _path(request, "path"), whole(request, "revision"))
    name = found.name.rpartition("/")[2]
    return FileResponse(
        contents.open_file(found), as_attachment=True, filename=name, content_type="application/octet-stream"
    )


def write(request: HttpRequest, namespace: str) -> HttpResponseBase:
    """`?path=`: the file of a form, or the body, becomes the file's next revision; a zip archive all files in it."""
    by, path = request.user.get_username(), request.GET.get("path", "")
    if request.content_type not in _FORMS:
        return JsonResponse(_stats(actions.put(namespace, _path(request, "path"), body_bytes(request), by=by)))
    _, files = form(request)
    upload: Any = next(iter(files.values()), None)
    if upload is None:
        raise InvalidInput("The form holds no file (the part `fileContent`).")
    if str(upload.name).lower().endswith(".zip") and not path.lower().endswith(".zip"):
        items = actions.put_archive(namespace, path, upload.file, by=by)
        return JsonResponse([_stats(item) for item in items], safe=False)
    return JsonResponse(_stats(actions.put(namespace, path or str(upload.name), upload, by=by)))


def move(request: HttpRequest, namespace: str) -> HttpResponseBase:
    """`?from=&to=`: another path, for a folder with all that is in it."""
    actions.move(namespace, _path(request, "from"), _path(request, "to"), by=request.user.get_username())
    return HttpResponse(status=204)


def delete(request: HttpRequest, namespace: str) -> HttpResponseBase:
    """`?path=`: a file, or a folder with all that is in it."""
    actions.delete(namespace, _path(request, "path"), by=request.user.get_username())
    return HttpResponse(status=204)


def folder(request: HttpRequest, namespace: str) -> HttpResponseBase:
    """`?path=`: what is in a folder; the top without a path."""
    path = request.GET.get("path", "")
    if path.strip("/"):
        found = namespace_files.get(namespace, path)
        if not found.is_folder:
            raise InvalidInput(f"'{found.path}' is a file, not a folder.")
    return JsonResponse([_stats(item) for item in namespace_files.listed(namespace, path, deep=False)], safe=False)


def make_folder(request: HttpRequest, namespace: str) -> HttpResponseBase:
    """`?path=`: an empty folder."""
    item = actions.make_folder(namespace, _path(request, "path"), by=request.user.get_username())
    return JsonResponse(_stats(item))


def search(request: HttpRequest, namespace: str) -> HttpResponseBase:
    """`?q=`: the paths of the files whose path holds it; all of them without it."""
    items = namespace_files.listed(namespace, text=request.GET.get("q", "").strip())
    return JsonResponse([f"/{item.path}" for item in items if not item.is_folder], safe=False)


def stats(request: HttpRequest, namespace: str) -> HttpResponseBase:
    """`?path=`: what is known of a file or folder; of the top without a path."""
    path = request.GET.get("path", "")
    if not path.strip("/"):
        count, size = namespace_files.totals(namespace)
        return JsonResponse({"type": "Directory", "fileName": "", "size": size, "files": count})
    return JsonResponse(_stats(namespace_files.get(namespace, path)))


def revisions(request: HttpRequest, namespace: str) -> HttpResponseBase:
    """`?path=`: the revisions of a file, newest first; of a deleted one too."""
    found = namespace_files.revisions(namespace, _path(request, "path"))
    return JsonResponse(
        [{"revision": one.number, "size": one.size, "created": instant(one.created_at), "createdBy": one.created_by}
         for one in found],
        safe=False,
    )  # fmt: skip


def export(request: HttpRequest, namespace: str) -> HttpResponseBase:
    """All files as a zip archive."""
    response = StreamingHttpResponse(actions.archive(namespace), content_type="application/zip")
    name = re.sub(r"[^a-z0-9._-]", "_", namespace)
    response["Content-Disposition"] = f'attachment; filename="{name}_files.zip"'
    return response


def _path(request: HttpRequest, name: str) -> str:
    text = request.GET.get(name, "")
    if not text:
        raise InvalidInput(f"{name} must name a file or folder.")
    return text


def _stats(item: NamespaceFileItem) -> dict[str, Any]:
    return {
        "type": "Directory" if item.is_folder else "File", "fileName": item.name, "path": f"/{item.path}",
        "size": item.size, "revision": item.revision, "creationTime": _epoch(item.created_at),
        "lastModifiedTime": _epoch(item.updated_at),
    }  # fmt: skip


def _epoch(at: Any) -> int:
    return int(at.timestamp() * 1000)


files_view = methods(GET=read, POST=write, PUT=move, DELETE=delete)
folder_view = methods(GET=folder, POST=make_folder)
search_view = methods(GET=search)
stats_view = methods(GET=stats)
revisions_view = methods(GET=revisions)
export_view = methods(GET=export)
