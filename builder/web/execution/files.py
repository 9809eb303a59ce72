"""Files that an execution keeps, shown or downloaded; what they are is judged by their content."""

import filetype
from django.http import FileResponse, HttpRequest
from django.views.decorators.http import require_GET

from builder.runtime import storage
from builder.runtime.family import family_of
from builder.store import executions

SHOWN = frozenset({
    "image/png", "image/jpeg", "image/webp", "image/gif", "audio/mpeg", "audio/x-wav", "audio/ogg", "audio/aac",
    "audio/x-flac", "audio/mp4", "video/mp4",
})  # fmt: skip
"""What a browser may show in place; everything else is a download, so that no file runs as a page of ours."""
POLICY = "default-src 'none'; sandbox"


@require_GET
def download(request: HttpRequest, execution_id: str) -> FileResponse:
    """`?path=kestra:///...`: the file of this execution, or of the one that started it."""
    allowed = family_of(executions.load(execution_id)[0])
    uri = request.GET.get("path", "")
    file = storage.open_file(uri, allowed)
    kind = filetype.guess_mime(file.read(8192)) or ""
    file.seek(0)
    shown = kind in SHOWN and "download" not in request.GET
    response = FileResponse(
        file, as_attachment=not shown, filename=storage.name_of(uri),
        content_type=kind if kind in SHOWN else "application/octet-stream",
    )  # fmt: skip
    response["Content-Security-Policy"] = POLICY
    return response
