"""Files that an execution keeps: the content as a download, and how large it is."""

from django.http import FileResponse, HttpRequest, HttpResponseBase, JsonResponse

from builder.api.methods import methods
from builder.runtime import storage
from builder.runtime.family import Family, family_of
from builder.store import executions


def download(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """`?path=kestra:///...`: a file of this execution, or of the one it came from. Never shown in place."""
    uri = request.GET.get("path", "")
    file = storage.open_file(uri, _owners(execution_id))
    return FileResponse(
        file, as_attachment=True, filename=storage.name_of(uri), content_type="application/octet-stream"
    )


def metas(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """The size of a file in bytes."""
    return JsonResponse({"size": storage.size(request.GET.get("path", ""), _owners(execution_id))})


def _owners(execution_id: str) -> Family:
    return family_of(executions.load(execution_id)[0])


download_view = methods(GET=download)
metas_view = methods(GET=metas)
