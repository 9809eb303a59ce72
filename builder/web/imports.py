"""Bringing in flows and recipes that were made elsewhere: a file, or a text that is pasted."""

from collections.abc import Sequence

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from builder.actions import recipes
from builder.errors import BuilderError, InvalidFlow, InvalidInput, Problem, Severity
from builder.store import flows

_MOST_TOLD = 10
"""How many warnings are told after an import; each flow tells its own again."""


@require_POST
def flow_import(request: HttpRequest) -> HttpResponse:
    """Publishes the flows of a text, all or none; a recipe is opened in the editor as a draft."""
    given = {name: request.POST.get(name, "").strip() for name in ("id", "namespace")}
    try:
        given["source"], file_name = _source(request)
        if given["source"].strip() and recipes.holds_recipe(given["source"]):
            given["id"] = given["id"] or recipes.id_from(file_name)
            if not given["namespace"]:
                raise InvalidInput("This is an Instill recipe: say where the flow belongs and how it is called.")
        made = recipes.bring_in(
            given["source"], namespace=given["namespace"], flow_id=given["id"], by=request.user.get_username()
        )
    except InvalidFlow as error:
        return _again(request, given, "It cannot be imported as it is:", error.problems)
    except BuilderError as error:
        return _again(request, given, error.message)
    if made.draft is not None:
        _tell(request, made.problems)
        return redirect("flow-editor", namespace=made.draft[0], flow_id=made.draft[1])
    number = len(made.published)
    messages.success(request, f"Imported {number} flow{'s' if number != 1 else ''}.")
    warned = [(published.flow.id, one) for published in made.published for one in published.warnings]
    for flow_id, one in warned[:_MOST_TOLD]:
        messages.warning(request, f"{flow_id}, {one.where}: {one.message}. {one.hint}".strip())
    return redirect("flows")


def _source(request: HttpRequest) -> tuple[str, str]:
    """The text and the name of its file; the file goes before what is pasted."""
    upload = request.FILES.get("file")
    if not isinstance(upload, UploadedFile):
        return request.POST.get("source", ""), ""
    try:
        return upload.read().decode("utf-8-sig"), upload.name or ""
    except UnicodeDecodeError:
        raise InvalidInput(f"{upload.name} is not a text in UTF-8.") from None


def _again(request: HttpRequest, given: dict[str, str], error: str, problems: Sequence[Problem] = ()) -> HttpResponse:
    context = {
        "given": {}, "brought": given, "import_error": error, "problems": problems, "namespaces": flows.namespaces(),
    }  # fmt: skip
    return render(request, "flow/new.html", context, status=422)


def _tell(request: HttpRequest, problems: Sequence[Problem]) -> None:
    messages.success(request, "The recipe is translated. Look at the flow, then publish it.")
    for one in problems:
        say = messages.error if one.severity is Severity.ERROR else messages.warning
        say(request, f"Line {one.line} of the recipe: {one.message}. {one.hint}".strip())
