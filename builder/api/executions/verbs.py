"""What can be done with one execution, each by its own address (Kestra 2 puts `actions/` before it)."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from builder.actions import executions as execution_actions
from builder.actions.executions.trying import try_on_execution
from builder.api.execution_json import execution_json, origin
from builder.api.executions.create import inputs_json
from builder.api.methods import methods
from builder.api.reading import body_json, body_map, body_text, form, given_labels, whole
from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.engine.states import State
from builder.errors import InvalidInput
from builder.store import executions

_CLOCK = SystemClock()


def kill(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """Asks for its end; 202, since its runner obeys a moment later."""
    execution_actions.kill(execution_id, by=_by(request))
    return _now(request, execution_id, status=202)


def pause(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """Asks a running execution to pause after the tasks it is at."""
    execution_actions.pause(execution_id, by=_by(request))
    return HttpResponse(status=204)


def resume(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """Lets it go on, with the values that its Pause asks for as parts of the form; `?taskRunId=` names the step."""
    path = request.GET.get("taskRunId") or None
    inputs, files = form(request, lambda: execution_actions.resume_inputs(execution_id, path=path))
    execution_actions.resume(execution_id, inputs, files=files, by=_by(request), path=path)
    return HttpResponse(status=204)


def review(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """Approves or denies what waits for it: `decision` APPROVE or DENY, `comment`, and the inputs that are asked for.

    Inputs are parts of the form, or the map `inputs` of a JSON body. `?taskRunId=` names the step where several wait.
    """
    path = request.GET.get("taskRunId") or None
    sent, files = form(request, lambda: execution_actions.resume_inputs(execution_id, path=path))
    decision, comment = (str(sent.pop(name, "") or "") for name in ("decision", "comment"))
    if not decision:
        raise InvalidInput("decision: say APPROVE or DENY.")
    inputs = sent.pop("inputs", sent)
    if not isinstance(inputs, dict):
        raise InvalidInput("inputs: must be a map of the inputs that are asked for.")
    execution_actions.resume(
        execution_id, inputs, files=files, by=_by(request), path=path, decision=decision, comment=comment
    )
    return HttpResponse(status=204)


def validate_resume(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """What a resume with these values would get; stores nothing."""
    declared = execution_actions.resume_inputs(execution_id)
    inputs, files = form(request, lambda: declared)
    given = {**inputs, **files}
    found = execution_actions.check_resume(execution_id, given)
    item = executions.item(execution_id)
    return JsonResponse({
        "id": item.flow_id, "namespace": item.namespace, "inputs": inputs_json(declared, found, given),
    })  # fmt: skip


def restart(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """Goes on from the failed tasks; with `?revision=` of another text, as a new execution."""
    return _shown(
        request, execution_actions.restart(execution_id, revision=whole(request, "revision"), by=_by(request))
    )


def replay(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """A new execution like this one; `?taskRunId=` begins there, `?revision=` runs another text."""
    return _shown(
        request,
        execution_actions.replay(
            execution_id,
            from_run=request.GET.get("taskRunId") or None,
            revision=whole(request, "revision"),
            by=_by(request),
        ),
    )


def replay_with_inputs(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """A new execution of the same flow with the inputs of the form."""
    inputs, _ = form(request)
    return _shown(
        request,
        execution_actions.replay(
            execution_id,
            from_run=request.GET.get("taskRunId") or None,
            revision=whole(request, "revision"),
            inputs=inputs,
            by=_by(request),
        ),
    )


def force_run(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """Lets a queued execution run at once, whatever the flow's limit."""
    return _shown(request, execution_actions.force_run(execution_id))


def unqueue(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """Takes it out of the queue: to run, or (`?state=`) to be CANCELLED, FAILED or KILLED."""
    return _shown(request, execution_actions.unqueue(execution_id, named_state(request, "state", State.RUNNING)))


def change_status(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """Says that it came to another end, `?status=`."""
    return _shown(request, execution_actions.change_status(execution_id, named_state(request, "status")))


def named_state(request: HttpRequest, name: str, absent: State | None = None) -> State:
    """A state that the query names. Raises InvalidInput."""
    text = request.GET.get(name, absent.value if absent else "")
    if text not in set(State):
        raise InvalidInput(f"`{name}` must be one of {', '.join(State)}.")
    return State(text)


def set_labels(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """Replaces the labels of an ended execution: `[{"key", "value"}]`."""
    return _shown(request, execution_actions.set_labels(execution_id, given_labels(body_json(request))))


def set_state(request: HttpRequest, execution_id: str) -> HttpResponseBase:
    """Says what a task run came to, `{"taskRunId", "state"}`, and goes on from there."""
    body = body_map(request)
    run, state = body.get("taskRunId"), body.get("state")
    if not isinstance(run, str) or not isinstance(state, str) or state not in set(State):
        raise InvalidInput(f"The body must hold taskRunId and state, one of {', '.join(State)}.")
    return _shown(request, execution_actions.mark(execution_id, run, State(state), by=_by(request)))


def evaluate(request: HttpRequest, execution_id: str, run: str = "") -> HttpResponseBase:
    """The body, an expression, as this execution (or a task run of it) would render it; secrets are masked."""
    (tried,) = try_on_execution(execution_id, [body_text(request)], run or None)
    return JsonResponse({"result": tried.result, "error": tried.error or None, "stackTrace": None})


def _now(request: HttpRequest, execution_id: str, status: int) -> HttpResponseBase:
    execution, _ = executions.load(execution_id)
    return _shown(request, execution, status)


def _shown(request: HttpRequest, execution: Execution, status: int = 200) -> HttpResponseBase:
    return JsonResponse(execution_json(execution, base=origin(request)), status=status)


def _by(request: HttpRequest) -> str:
    return request.user.get_username()


kill_view = methods(DELETE=kill, POST=kill)
pause_view = methods(POST=pause)
resume_view = methods(POST=resume)
review_view = methods(POST=review)
validate_resume_view = methods(POST=validate_resume)
restart_view = methods(POST=restart)
replay_view = methods(POST=replay)
replay_with_inputs_view = methods(POST=replay_with_inputs)
force_run_view = methods(POST=force_run)
unqueue_view = methods(POST=unqueue)
change_status_view = methods(POST=change_status)
labels_view = methods(POST=set_labels)
state_view = methods(POST=set_state)
evaluate_view = methods(POST=evaluate)
