"""The ready-made flows: looked at, taken over, run with one click."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from builder.actions import starters
from builder.actions.executions import running


@require_GET
def starter_list(request: HttpRequest) -> HttpResponse:
    """All of them, each with what it needs."""
    offers = starters.offers()
    context = {
        "offers": offers, "uses_demo": any(one.uses_demo for one in offers),
        "needs_key": any("OPENAI_API_KEY" in one.missing for one in offers),
        "demo_model": settings.MILLSTREAM["DEMO_MODEL_STATE"],
    }  # fmt: skip
    return render(request, "starter/list.html", context)


@require_POST
def starter_open(request: HttpRequest, name: str) -> HttpResponse:
    """Takes a starter over and opens it in the editor."""
    namespace, flow_id = starters.install(name, by=request.user.get_username())
    return redirect("flow-editor", namespace=namespace, flow_id=flow_id)


@require_POST
def starter_run(request: HttpRequest, name: str) -> HttpResponse:
    """Takes a starter over and runs it with its default inputs."""
    found = starters.offer(name)
    if found.missing:
        messages.error(request, f"{found.starter.title} needs {', '.join(found.missing)}: add it under Secrets first.")
        return redirect("starters")
    namespace, flow_id = starters.install(name, by=request.user.get_username())
    execution = running.run(namespace, flow_id, by=request.user.get_username())
    return redirect("execution", execution_id=execution.id)
