"""The addresses of one execution."""

from django.urls import path

from builder.web.execution import files, follow, page, verbs

urlpatterns = [
    path("executions/<str:execution_id>", page.page, name="execution"),
    path("executions/<str:execution_id>/live", page.live, name="execution-live"),
    path("executions/<str:execution_id>/logs", page.logs, name="execution-logs"),
    path("executions/<str:execution_id>/follow", follow.follow, name="execution-follow"),
    path("executions/<str:execution_id>/file", files.download, name="execution-file"),
    path("executions/<str:execution_id>/file/preview", files.look, name="execution-look"),
    path("executions/<str:execution_id>/kill", verbs.kill, name="execution-kill"),
    path("executions/<str:execution_id>/pause", verbs.pause, name="execution-pause"),
    path("executions/<str:execution_id>/resume", verbs.resume, name="execution-resume"),
    path("executions/<str:execution_id>/resume/check", verbs.resume_check, name="execution-resume-check"),
    path("executions/<str:execution_id>/restart", verbs.restart, name="execution-restart"),
    path("executions/<str:execution_id>/replay", verbs.replay, name="execution-replay"),
    path("executions/<str:execution_id>/force-run", verbs.force_run, name="execution-force-run"),
    path("executions/<str:execution_id>/change-status", verbs.change_status, name="execution-change-status"),
    path("executions/<str:execution_id>/delete", verbs.delete, name="execution-delete"),
]
