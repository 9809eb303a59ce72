"""The addresses of executions; words of ours come before names of theirs."""

from django.urls import path

from builder.api.executions import create, following, reading

urlpatterns = [
    path("executions", reading.of_flow_view),
    path("executions/search", reading.search_view),
    path("executions/trigger/<str:namespace>/<str:flow_id>", create.create_view),
    path("executions/<str:execution_id>", reading.execution_view),
    path("executions/<str:execution_id>/follow", following.follow_view),
    path("executions/<str:execution_id>/flow", reading.flow_of_view),
    path("executions/<str:namespace>/<str:flow_id>", create.create_view),
    path("executions/<str:namespace>/<str:flow_id>/validate", create.validate_view),
]
