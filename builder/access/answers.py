"""An error as an answer: a page for a browser, a notice for htmx, problem+json for the API."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from builder.errors import BuilderError, InvalidFlow, InvalidInput, Problem, dotted

TITLES = {
    400: "Not understood",
    401: "Not logged in", 403: "Not allowed", 404: "Not found", 405: "Not possible here", 409: "Not possible now",
    410: "Expired", 413: "Too large", 422: "Not valid", 429: "Too many requests", 500: "Something went wrong",
    503: "Not available",
}  # fmt: skip


def wants_json(request: HttpRequest) -> bool:
    """API paths, and clients that ask for JSON and not for a page."""
    accept = request.headers.get("Accept", "")
    return request.path.startswith("/api/") or ("json" in accept and "html" not in accept)


def problem(request: HttpRequest, error: BuilderError, *, instance: str | None = None) -> HttpResponse:
    """The answer to a request that ended in this error. `instance`: what it names instead of the request's address."""
    details = {**_details(error), **({"instance": instance} if instance else {})}
    if wants_json(request):
        details |= _kestras(error)
    response = answer(request, error.status, error.message, details)
    if error.retry_after_seconds is not None:
        response["Retry-After"] = str(error.retry_after_seconds)
    return response


def answer(request: HttpRequest, status: int, message: str, details: dict[str, Any] | None = None) -> HttpResponse:
    """The answer with this status and sentence."""
    title = TITLES.get(status, "Something went wrong")
    if wants_json(request):
        body = {
            "type": "about:blank", "title": title, "status": status, "detail": message, "instance": request.path,
            "message": message,
        }  # fmt: skip
        return JsonResponse({**body, **(details or {})}, status=status, content_type="application/problem+json")
    context = {"status": status, "title": title, "message": message, **(details or {})}
    if request.headers.get("HX-Request"):
        response = render(request, "error/_notice.html", context, status=status)
        response["HX-Retarget"], response["HX-Reswap"] = "#notices", "beforeend"
        return response
    return render(request, "error/page.html", context, status=status)


def _details(error: BuilderError) -> dict[str, Any]:
    if isinstance(error, InvalidFlow):
        problems = [problem_json(found) for found in error.problems]
        return {"problems": problems, "errors": problems}
    if isinstance(error, InvalidInput):
        faults = [{"path": dotted(fault.path), "message": fault.message} for fault in error.faults]
        return {"faults": faults, "errors": faults}
    return {}


def _kestras(error: BuilderError) -> dict[str, Any]:
    """`message` as Kestra's clients know it: where, then what, of each thing that is wrong with what was sent."""
    if isinstance(error, InvalidFlow):
        lines = [f"{found.where}: {found.message}" if found.path else found.message for found in error.problems]
    elif isinstance(error, InvalidInput):
        lines = [f"{dotted(fault.path)}: {fault.message}" for fault in error.faults if fault.path]
    else:
        lines = []
    return {"message": f"Invalid entity: {', '.join(lines)}"} if lines else {}


def problem_json(found: Problem) -> dict[str, Any]:
    """A Problem as JSON."""
    return {
        "path": found.where, "line": found.line, "column": found.column, "message": found.message,
        "hint": found.hint, "severity": found.severity.value,
    }  # fmt: skip
