"""The page of one execution, and the parts of it that are fetched again while it runs."""

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from builder.actions import executions as execution_actions
from builder.actions.executions import Waiting
from builder.actions.executions.trying import without_sealed
from builder.clock import SystemClock
from builder.engine.execution import Execution, TaskRun
from builder.engine.moving.overall import notes
from builder.engine.states import TERMINAL, State
from builder.errors import NotFound
from builder.runtime.files import storage
from builder.store import executions, flows, triggers
from builder.store.flows import drafts
from builder.tasks.world.context import LEVELS
from builder.web.execution import demands, graph, shapes, timeline

_CLOCK = SystemClock()
LOG_LINES = 1000
_ENDS = (State.SUCCESS, State.WARNING, State.FAILED, State.CANCELLED)
"""What a person may mark an ended execution as."""


@require_GET
def page(request: HttpRequest, execution_id: str) -> HttpResponse:
    """The whole page."""
    shown = _live(request, execution_id)
    lines = executions.last_logs(execution_id, LOG_LINES)  # after the state: one that has ended has all its lines
    if shown["shows_graph"]:
        shown |= graph.drawn(request, shown["execution"], shown["chosen"])
    context = {
        **shown, "lines": lines, "levels": LEVELS,
        "last_line": lines[-1].id if lines else 0, "log_count": executions.count_logs(execution_id),
    }  # fmt: skip
    return render(request, "execution/page.html", context)


@require_GET
def live(request: HttpRequest, execution_id: str) -> HttpResponse:
    """What changes while it runs: state, steps, and the chosen step."""
    return render(request, "execution/_live.html", _live(request, execution_id))


@require_GET
def logs(request: HttpRequest, execution_id: str) -> HttpResponse:
    """The whole log as plain text, to keep or to send."""
    executions.item(execution_id)
    found = executions.logs(execution_id, limit=1_000_000)
    text = "".join(f"{line.at.isoformat()} {line.level:5} {line.path or '-'} {line.message}\n" for line in found)
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{execution_id}.log"'
    return response


def _live(request: HttpRequest, execution_id: str) -> dict[str, Any]:
    execution, _ = executions.load(execution_id)
    now = _CLOCK.now()
    rows = timeline.rows(execution, executions.usage_by_path(execution_id), now)
    failed = timeline.failed(execution)
    chosen = _chosen(execution, request.GET.get("run", ""), failed)
    trigger = execution.trigger or {}
    latest = _latest(execution)
    shows_graph = graph.is_asked(request)
    return {
        "execution": execution,
        "shows_graph": shows_graph,
        "states": graph.states(execution) if shows_graph else {},
        "asked_run": request.GET.get("run", ""),
        "item": executions.item(execution_id),
        "rows": rows,
        "left_out": len(execution.runs) - len(rows),
        "failed": failed,
        "chosen": chosen,
        "detail": _detail(execution, chosen) if chosen else None,
        "ended": execution.state in TERMINAL,
        "can_restart": execution.state in (State.FAILED, State.KILLED, State.WARNING) and failed is not None,
        "is_paused": execution.state is State.PAUSED,
        "waiting": _waiting(execution),
        "inputs": shapes.shape(without_sealed(execution.inputs)) if execution.inputs else None,
        "outputs": shapes.shape(without_sealed(execution.outputs)) if execution.outputs else None,
        "trigger": shapes.shape(trigger.get("variables")) if trigger.get("variables") else None,
        "has_page": _has_page(execution),
        "other_ends": [state for state in _ENDS if state is not execution.state],
        "said": demands.said(execution),
        "slas": demands.slas(execution),
        "next_try": execution.notes.get(notes.NEXT),
        "labels": [pair for pair in execution.labels if not pair[0].startswith("system.")],
        "latest": latest,
        "can_edit": bool(latest) or drafts.find(execution.namespace, execution.flow_id) is not None,
    }


def _has_page(execution: Execution) -> bool:
    """Whether its flow still has the trigger that started it."""
    if not execution.trigger:
        return False
    named, kind = str(execution.trigger.get("id", "")), execution.trigger.get("type")
    try:
        return triggers.get(execution.namespace, execution.flow_id, named).type == kind
    except NotFound:
        return False


def _waiting(execution: Execution) -> list[Waiting]:
    """The steps that wait for somebody and say what for, also while others still run."""
    if execution.state in TERMINAL:
        return []
    return [one for one in execution_actions.waits_of(execution) if one.about or one.review]


def _latest(execution: Execution) -> int:
    """The flow's latest revision; 0 when it has none: deleted, or never published."""
    try:
        return flows.get(execution.namespace, execution.flow_id).revision
    except NotFound:
        return 0


def _chosen(execution: Execution, path: str, failed: TaskRun | None) -> TaskRun | None:
    """The run the page shows: asked for, else failed, else the last that talked to a model, else the last."""
    if path in execution.runs:
        return execution.runs[path]
    if failed is not None:
        return failed
    runs = list(execution.runs.values())
    talked = [run for run in runs if shapes.answer(run.outputs)]
    return next(reversed(talked or runs), None)


def _detail(execution: Execution, run: TaskRun) -> dict[str, Any]:
    said = shapes.answer(run.outputs)
    sent = storage.sent(execution.id, run.id, run.attempts[-1].number) if run.attempts else None
    return {
        "answer": shapes.shape(said) if said else None,
        "sent": _sent(sent) if sent else None,
        "outputs": shapes.shape(without_sealed(run.outputs)) if run.outputs else None,
        "value": without_sealed(run.value),
        "metrics": [metric for metric in executions.metrics(execution.id) if metric.path == run.path],
        "cached_from": run.attempts[-1].cached_from if run.attempts else "",
        "log_files": [attempt for attempt in run.attempts if attempt.log_file],
        "can_replay": execution.state in TERMINAL,
    }


def _sent(text: str) -> Mapping[str, Any]:
    """The request as people read it: the prompt or messages first, the rest as a tree."""
    try:
        request = json.loads(text)
    except ValueError:
        return {"prompt": shapes.shape(text), "rest": None, "model": ""}
    if not isinstance(request, dict):
        return {"prompt": shapes.shape(request), "rest": None, "model": ""}
    request = request.get("body", request)
    messages = next((request[name] for name in _SAID if name in request), None)
    rest = {key: value for key, value in request.items() if key not in (*_SAID, "model")}
    return {
        "model": request.get("model", ""),
        "messages": [_message(message) for message in messages] if isinstance(messages, list) else [],
        "prompt": shapes.shape(messages) if isinstance(messages, str) else None,
        "rest": shapes.shape(rest) if rest else None,
    }


_SAID = ("messages", "input", "prompt")
"""Under what name requests hold what is said, by kind."""


def _message(message: Any) -> dict[str, Any]:
    if not isinstance(message, Mapping):
        return {"role": "", "content": shapes.shape(message)}
    content = message.get("content")
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, Mapping)]
        if texts and all(isinstance(text, str) for text in texts):
            content = "\n".join(str(text) for text in texts)
    return {"role": message.get("role", ""), "content": shapes.shape(content)}
