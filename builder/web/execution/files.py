"""Files that an execution keeps, shown or downloaded; what they are is judged by their content."""

import filetype
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from builder.runtime.files import storage
from builder.runtime.files.family import file_of
from builder.runtime.files.preview import Preview, preview
from builder.store import contents, executions
from builder.web.execution import shapes
from builder.web.execution.shapes import Shape

SHOWN = frozenset({
    "image/png", "image/jpeg", "image/webp", "image/gif", "audio/mpeg", "audio/x-wav", "audio/ogg", "audio/aac",
    "audio/x-flac", "audio/mp4", "video/mp4",
})  # fmt: skip
"""What a browser may show in place; everything else is a download, so that no file runs as a page of ours."""
POLICY = "default-src 'none'; sandbox"
_ENCODINGS = ("utf-8", "iso-8859-1", "windows-1252", "utf-16")
_ROWS = 200


@require_GET
def download(request: HttpRequest, execution_id: str) -> FileResponse:
    """`?path=kestra:///...`: a file of this execution, or of one it is kin to."""
    found = file_of(execution_id, request.GET.get("path", ""))
    file = contents.open_file(found)
    kind = filetype.guess_mime(file.read(8192)) or ""
    file.seek(0)
    shown = kind in SHOWN and "download" not in request.GET
    response = FileResponse(
        file, as_attachment=not shown, filename=storage.name_of(found.name),
        content_type=kind if kind in SHOWN else "application/octet-stream",
    )  # fmt: skip
    response["Content-Security-Policy"] = POLICY
    return response


@require_GET
def look(request: HttpRequest, execution_id: str) -> HttpResponse:
    """The beginning of a file, as a page."""
    uri, encoding = request.GET.get("path", ""), request.GET.get("encoding", "")
    found = file_of(execution_id, uri)
    shown = preview(found, _ROWS, encoding if encoding in _ENCODINGS else "utf-8")
    context = {
        "execution": executions.item(execution_id), "uri": uri, "name": storage.name_of(found.name),
        "size": found.size, "preview": shown, "shape": _shape(shown, uri), "encodings": _ENCODINGS,
        "encoding": encoding,
    }  # fmt: skip
    return render(request, "execution/file.html", context)


def _shape(shown: Preview, uri: str) -> Shape | None:
    if shown.type == "IMAGE":
        return Shape("image", uri)
    if shown.media_type.startswith("audio/") and shown.media_type in SHOWN:
        return Shape("sound", uri)
    if shown.type == "MARKDOWN":
        return Shape("markdown", shown.content, html=shapes.markdown(shown.content))
    if shown.type == "LIST":
        return shapes.table(shown.content)
    return Shape("text", shown.content) if shown.type == "TEXT" and shown.content else None
