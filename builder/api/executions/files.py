"""Files that an execution keeps: the content as a download, how large it is, and its beginning."""

from django.http import FileResponse, HttpRequest, HttpResponseBase, JsonResponse

from builder.api.methods import methods
from builder.api.reading import whole
from builder.errors import InvalidInput
from builder.runtime.files import storage
from builder.runtime.files.family import file_of
from builder.runtime.files.preview import preview
from builder.store import contents
from builder.store.contents import Located


def download(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """`?path=kestra:///...`: a file of this execution, or of one it is kin to. Never shown in place."""
    found = _file(request, execution_id)
    return FileResponse(
        contents.open_file(found), as_attachment=True, filename=storage.name_of(found.name),
        content_type="application/octet-stream",
    )  # fmt: skip


def metas(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """The size of a file in bytes."""
    return JsonResponse({"size": _file(request, execution_id).size})


def beginning(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """`?path=&maxRows=&encoding=`: the file's beginning, as rows, text or a picture."""
    rows = whole(request, "maxRows")
    if rows is not None and rows < 1:
        raise InvalidInput("maxRows begins at 1.")
    found = preview(_file(request, execution_id), rows or 100, request.GET.get("encoding") or "utf-8")
    return JsonResponse({
        "extension": found.extension, "type": found.type, "content": found.content, "truncated": found.truncated,
    })  # fmt: skip


def _file(request: HttpRequest, execution_id: str) -> Located:
    return file_of(execution_id, request.GET.get("path", ""))


download_view = methods(GET=download)
metas_view = methods(GET=metas)
preview_view = methods(GET=beginning)
