"""The secrets' page: names only; a value is set and never shown again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from builder.actions import secrets as secret_actions
from builder.errors import BuilderError, InvalidInput
from builder.store import flows


@sensitive_post_parameters("value")
@require_http_methods(["GET", "POST"])
def secret_list(request: HttpRequest) -> HttpResponse:
    """The secrets' names; a post sets one."""
    given = {name: request.POST.get(name, "").strip() for name in ("namespace", "key", "description")}
    given["key"] = given["key"] or request.GET.get("key", "")
    given["namespace"] = given["namespace"] or request.GET.get("namespace", "")
    error = ""
    if request.method == "POST":
        try:
            if not given["namespace"]:
                raise InvalidInput("Choose the namespace whose flows may use the secret.")
            secret_actions.set_value(
                given["namespace"], given["key"], request.POST.get("value", "").strip(),
                by=request.user.get_username(), description=given["description"],
            )  # fmt: skip
        except BuilderError as problem:
            error = problem.message
        else:
            messages.success(request, f"Saved the secret {given['key']}. Its value is never shown again.")
            return redirect("secrets")
    context = {
        "secrets": secret_actions.listed(), "namespaces": flows.namespaces(), "given": given, "error": error,
    }  # fmt: skip
    return render(request, "secret/list.html", context, status=422 if error else 200)


@require_POST
def secret_delete(request: HttpRequest, namespace: str, key: str) -> HttpResponse:
    """Deletes one secret."""
    secret_actions.delete(namespace, key)
    messages.success(request, f"Deleted the secret {key} of {namespace}.")
    return redirect("secrets")
