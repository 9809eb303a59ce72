"""A run beside the editor: its state, its steps, and what the chosen step gave; its own page has the rest."""

from django.http import HttpRequest, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from builder.actions.executions.trying import without_sealed
from builder.clock import SystemClock
from builder.engine.execution import Execution, TaskRun
from builder.engine.states import TERMINAL, State
from builder.store import executions
from builder.web.execution import timeline
from builder.web.execution.shapes import answer, shape

_CLOCK = SystemClock()


@require_GET
def beside(request: HttpRequest, namespace: str, flow_id: str, execution_id: str) -> JsonResponse:
    """The panel as it is now, and the state of each step's latest run; `?step=` is the chosen one."""
    execution, _ = executions.load(execution_id)
    chosen = _latest(execution, request.GET.get("step", ""))
    said = answer(chosen.outputs) if chosen else ""
    shown = {
        "namespace": namespace,
        "flow_id": flow_id,
        "execution": execution,
        "item": executions.item(execution_id),
        "rows": timeline.rows(execution, executions.usage_by_path(execution_id), _CLOCK.now()),
        "failed": timeline.failed(execution) if execution.state in (State.FAILED, State.KILLED) else None,
        "ended": execution.state in TERMINAL,
        "chosen": chosen,
        "answer": shape(said) if said else None,
        "outputs": shape(without_sealed(chosen.outputs)) if chosen and chosen.outputs else None,
    }
    return JsonResponse(
        {
            "html": render_to_string("flow/_beside.html", shown, request),
            "ended": shown["ended"],
            "states": {run.task_id: run.state for run in execution.runs.values() if not run.is_turn},
        }
    )


def _latest(execution: Execution, task_id: str) -> TaskRun | None:
    found = (run for run in reversed(list(execution.runs.values())) if run.task_id == task_id and not run.is_turn)
    return next(found, None)
