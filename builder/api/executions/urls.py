"""The addresses of executions; words of ours come before names of theirs.

Nested, so that the hot one, `executions/<namespace>/<flow>`, is found after few comparisons. A namespace with a dot is
no execution's id, so flows there may be named like a verb.
"""

from django.urls import URLPattern, URLResolver, include, path, register_converter

from builder.api.executions import bulk, create, dependents, files, following, outputs, reading, verbs, webhooks
from builder.api.flows import graphs


class ExecutionId:
    """What may be the id of an execution."""

    regex = "[^/.]+"

    def to_python(self, text: str) -> str:
        return text

    def to_url(self, text: str) -> str:
        return text


register_converter(ExecutionId, "execution")

_verbs = [
    path("kill", verbs.kill_view),
    path("pause", verbs.pause_view),
    path("resume", verbs.resume_view),
    path("resume/validate", verbs.validate_resume_view),
    path("restart", verbs.restart_view),
    path("replay", verbs.replay_view),
    path("replay-with-inputs", verbs.replay_with_inputs_view),
    path("force-run", verbs.force_run_view),
    path("unqueue", verbs.unqueue_view),
    path("change-status", verbs.change_status_view),
    path("labels", verbs.labels_view),
    path("state", verbs.state_view),
    path("eval", verbs.evaluate_view),
    path("eval/<str:run>", verbs.evaluate_view),
]
_of_one: list[URLPattern | URLResolver] = [
    path("follow", following.follow_view),
    path("follow-dependencies", dependents.follow_view),
    path("flow", reading.flow_of_view),
    path("file", files.download_view),
    path("file/metas", files.metas_view),
    path("file/preview", files.preview_view),
    path("graph", graphs.execution_view),
    *_verbs,
    path("actions/", include([*_verbs, path("review", verbs.review_view)])),
]
_of_namespace = [
    path("<str:flow_id>", create.create_view),
    path("<str:flow_id>/validate", create.validate_view),
]

_below: list[URLPattern | URLResolver] = [
    path("search", reading.search_view),
    path("latest", reading.latest_view),
    path("distinct-field-values", reading.distinct_view),
    path("webhook/<str:namespace>/<str:flow_id>/<str:key>", webhooks.webhook_view),
    path("trigger/<str:namespace>/<str:flow_id>", create.create_view),
    *(path(address, view) for address, view in bulk.views()),
    path("<execution:execution_id>", reading.execution_view),
    path("<execution:execution_id>/", include(_of_one)),
    path("<str:namespace>/", include(_of_namespace)),
]
urlpatterns = [
    path("executions", reading.of_flow_view),
    path("executions/", include(_below)),
    path("outputs/<str:execution_id>", outputs.list_view),
    path("outputs/<str:execution_id>/<str:run>", outputs.read_view),
]
