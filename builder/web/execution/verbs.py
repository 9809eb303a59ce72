"""What a person can do with an execution: each is a form that posts and leads to a page."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from builder.actions import executions as execution_actions
from builder.actions.executions import again
from builder.engine.states import State
from builder.errors import Conflict, InvalidInput, dotted
from builder.flows.inputs.form_fields import form_fields
from builder.store import executions
from builder.web.parts.input_form import check_json, given_files, given_values, input_groups


def _done(request: HttpRequest, execution_id: str, action: Callable[[], Any], said: str) -> HttpResponse:
    try:
        action()
    except Conflict as conflict:
        messages.error(request, conflict.message)
    else:
        messages.success(request, said)
    return redirect("execution", execution_id=execution_id)


def _revision(request: HttpRequest) -> int | None:
    """The revision asked for; None: the execution's own."""
    text = request.POST.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


@require_POST
def kill(request: HttpRequest, execution_id: str) -> HttpResponse:
    """Stops it; what a model is answering just now is broken off."""
    by = request.user.get_username()
    return _done(request, execution_id, lambda: execution_actions.kill(execution_id, by=by), "It is being stopped.")


@require_POST
def pause(request: HttpRequest, execution_id: str) -> HttpResponse:
    """Pauses it after the steps it is at."""
    by = request.user.get_username()
    return _done(
        request, execution_id, lambda: execution_actions.pause(execution_id, by=by), "It pauses after the present step."
    )


@require_POST
def restart(request: HttpRequest, execution_id: str) -> HttpResponse:
    """Goes on from the failed step: the same execution, or a new one with another revision of the flow."""
    try:
        run = again.restart(execution_id, revision=_revision(request), by=request.user.get_username())
    except Conflict as conflict:
        messages.error(request, conflict.message)
        return redirect("execution", execution_id=execution_id)
    new = run.id != execution_id
    messages.success(request, f"It goes on from the failed step{', as this new execution' if new else ''}.")
    return redirect("execution", execution_id=run.id)


@require_POST
def force_run(request: HttpRequest, execution_id: str) -> HttpResponse:
    """Lets it run although the flow's limit is reached."""
    return _done(request, execution_id, lambda: execution_actions.force_run(execution_id), "It runs now.")


@require_POST
def change_status(request: HttpRequest, execution_id: str) -> HttpResponse:
    """Says that it came to another end, for people and flows that look at its state."""
    text = request.POST.get("state", "")
    if text not in set(State):
        raise InvalidInput(f"`{text[:50]}` is no state of an execution.")
    return _done(
        request, execution_id, lambda: execution_actions.change_status(execution_id, State(text)), f"It is {text} now."
    )


@require_POST
def replay(request: HttpRequest, execution_id: str) -> HttpResponse:
    """Runs it again as a new execution, from the beginning or from a step, with its own or the latest revision."""
    copy = again.replay(
        execution_id, from_run=request.POST.get("from") or None, by=request.user.get_username(),
        revision=_revision(request),
    )  # fmt: skip
    messages.success(request, "This is the new execution.")
    return redirect("execution", execution_id=copy.id)


@require_POST
def delete(request: HttpRequest, execution_id: str) -> HttpResponse:
    """Deletes it with its logs and files."""
    execution_actions.delete([execution_id])
    messages.success(request, f"Deleted execution {execution_id}.")
    return redirect("executions")


@require_http_methods(["GET", "POST"])
def resume(request: HttpRequest, execution_id: str) -> HttpResponse:
    """Lets a paused execution go on; asks for the inputs that its Pause wants, and for a yes or no where that is due.

    `?run=` names the step where several wait.
    """
    path = request.GET.get("run") or None
    waits = execution_actions.waits(execution_id)
    waiting = next((one for one in waits if path in (None, one.path)), None)
    fields = form_fields(execution_actions.resume_inputs(execution_id, path=path))
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    if request.method == "POST":
        values = given_values(request.POST, fields)
        files = given_files(request, fields)
        try:
            execution_actions.resume(
                execution_id, values, by=request.user.get_username(), files=files, path=path,
                decision=request.POST.get("_decision", ""), comment=request.POST.get("_comment", ""),
            )  # fmt: skip
        except InvalidInput as error:
            faults = {dotted(fault.path[:1]): fault.message for fault in error.faults}
        else:
            messages.success(request, "It goes on.")
            return redirect("execution", execution_id=execution_id)
    found = execution_actions.check_resume(execution_id, values, path=path)
    context = {
        "waiting": waiting,
        "others": [one for one in waits if one is not waiting],
        "comment": request.POST.get("_comment", ""),
        "execution_id": execution_id,
        "item": executions.item(execution_id),
        "groups": input_groups(fields, values, faults, found),
        "general": [faults[""]] if "" in faults else [],
    }
    return render(request, "execution/resume.html", context, status=422 if faults else 200)


@require_POST
def resume_check(request: HttpRequest, execution_id: str) -> JsonResponse:
    """What the form must know after an answer changed: what is asked for now, and what is wrong."""
    path = request.GET.get("run") or None
    fields = form_fields(execution_actions.resume_inputs(execution_id, path=path))
    given = {**given_values(request.POST, fields), **given_files(request, fields)}
    return JsonResponse(check_json(fields, execution_actions.check_resume(execution_id, given, path=path)))
