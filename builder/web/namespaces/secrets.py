"""The secrets' page: names only; a value is set and never shown again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from builder.actions import secrets as secret_actions
from builder.errors import BuilderError, InvalidInput
from builder.store import flows


@sensitive_post_parameters("value", "api-key")
@require_http_methods(["GET", "POST"])
def secret_list(request: HttpRequest) -> HttpResponse:
    """The secrets' names; a post sets one, or a connection."""
    names = ("namespace", "key", "description", "organization", "project", "base-url")
    given = {name: request.POST.get(name, "").strip() for name in names}
    given["key"] = given["key"] or request.GET.get("key", "")
    given["namespace"] = given["namespace"] or request.GET.get("namespace", "")
    is_connection = "connection" in request.POST
    error = ""
    if request.method == "POST":
        try:
            _set(request, given, is_connection)
        except BuilderError as problem:
            error = problem.message
        else:
            what = "connection" if is_connection else "secret"
            messages.success(request, f"Saved the {what} {given['key']}. Its value is never shown again.")
            return redirect("secrets")
    context = {
        "secrets": secret_actions.listed(), "namespaces": flows.namespaces(),
        "given": {name.replace("-", "_"): value for name, value in given.items()},
        "error": "" if is_connection else error, "connection_error": error if is_connection else "",
    }  # fmt: skip
    return render(request, "secret/list.html", context, status=422 if error else 200)


def _set(request: HttpRequest, given: dict[str, str], is_connection: bool) -> None:
    if not given["namespace"]:
        raise InvalidInput("Choose the namespace whose flows may use the secret.")
    by, description = request.user.get_username(), given["description"]
    if is_connection:
        parts = {**given, "api-key": request.POST.get("api-key", "").strip()}
        secret_actions.set_connection(given["namespace"], given["key"], parts, by=by, description=description)
        return
    value = request.POST.get("value", "").strip()
    secret_actions.set_value(given["namespace"], given["key"], value, by=by, description=description)


@require_POST
def secret_delete(request: HttpRequest, namespace: str, key: str) -> HttpResponse:
    """Deletes one secret."""
    secret_actions.delete(namespace, key)
    messages.success(request, f"Deleted the secret {key} of {namespace}.")
    return redirect("secrets")
