"""Instill's recipes, translated into flows; nothing is stored."""

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from builder.actions import recipes
from builder.api.methods import methods
from builder.api.reading import body_text


def translate(request: HttpRequest) -> HttpResponseBase:
    """The recipe of the body as a flow's text, and what of it has no counterpart; `?namespace=`, `?id=` are the flow's.

    The text is then published by POST /flows.
    """
    namespace, flow_id = request.GET.get("namespace", ""), request.GET.get("id", "")
    made = recipes.translated(body_text(request), namespace=namespace, flow_id=flow_id)
    problems = [
        {
            "line": one.line, "column": one.column, "path": one.where, "message": one.message, "hint": one.hint,
            "severity": one.severity.value,
        }
        for one in made.problems
    ]  # fmt: skip
    return JsonResponse({"source": made.text, "complete": made.complete, "problems": problems})


translate_view = methods(POST=translate)
