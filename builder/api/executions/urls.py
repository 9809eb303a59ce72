"""The addresses of executions; words of ours come before names of theirs."""

from django.urls import path

from builder.api.executions import bulk, create, files, following, reading, verbs, webhooks

_VERBS = {
    "kill": verbs.kill_view, "pause": verbs.pause_view, "resume": verbs.resume_view,
    "resume/validate": verbs.validate_resume_view, "restart": verbs.restart_view, "replay": verbs.replay_view,
    "replay-with-inputs": verbs.replay_with_inputs_view, "force-run": verbs.force_run_view,
    "unqueue": verbs.force_run_view, "labels": verbs.labels_view, "state": verbs.state_view,
    "eval": verbs.evaluate_view, "eval/<str:run>": verbs.evaluate_view,
}  # fmt: skip

urlpatterns = [
    path("executions/webhook/<str:namespace>/<str:flow_id>/<str:key>", webhooks.webhook_view),
    path("executions", reading.of_flow_view),
    path("executions/search", reading.search_view),
    path("executions/trigger/<str:namespace>/<str:flow_id>", create.create_view),
    *(path(f"executions/{address}", view) for address, view in bulk.views()),
    path("executions/<str:execution_id>", reading.execution_view),
    path("executions/<str:execution_id>/follow", following.follow_view),
    path("executions/<str:execution_id>/flow", reading.flow_of_view),
    path("executions/<str:execution_id>/file", files.download_view),
    path("executions/<str:execution_id>/file/metas", files.metas_view),
    *(path(f"executions/<str:execution_id>/{address}", view) for address, view in _VERBS.items()),
    *(path(f"executions/<str:execution_id>/actions/{address}", view) for address, view in _VERBS.items()),
    path("executions/<str:namespace>/<str:flow_id>", create.create_view),
    path("executions/<str:namespace>/<str:flow_id>/validate", create.validate_view),
]
