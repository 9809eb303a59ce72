"""The API's addresses, with Kestra's tenant (`main`) before them and without."""

from django.urls import URLPattern, URLResolver, include, path

from builder.api import flow_lists, flows, kv, plugins, triggers
from builder.api.executions import logs, metrics

_addresses: list[URLPattern | URLResolver] = [
    path("flows", flows.flows_view),
    path("flows/search", flow_lists.search_view),
    path("flows/source", flow_lists.sources_view),
    path("flows/distinct-namespaces", flow_lists.namespaces_view),
    path("flows/validate", flows.validate_view),
    path("flows/bulk", flows.bulk_view),
    path("flows/import", flows.bulk_view),
    path("flows/delete/by-ids", flows.delete_named_view),
    path("flows/disable/by-ids", flows.disable_named_view),
    path("flows/enable/by-ids", flows.enable_named_view),
    path("flows/<str:namespace>", flow_lists.namespace_view),
    path("flows/<str:namespace>/<str:flow_id>", flows.flow_view),
    path("flows/<str:namespace>/<str:flow_id>/revisions", flows.revisions_view),
    path("", include("builder.api.executions.urls")),
    path("logs/search", logs.search_view),
    path("logs/<str:execution_id>", logs.read_view),
    path("logs/<str:execution_id>/download", logs.download_view),
    path("logs/<str:execution_id>/follow", logs.follow_view),
    path("metrics/<str:execution_id>", metrics.read_view),
    path("kv", kv.everywhere_view),
    path("namespaces/<str:namespace>/kv", kv.namespace_view),
    path("namespaces/<str:namespace>/kv/<str:key>", kv.entry_view),
    path("triggers", triggers.switch_view),
    path("triggers/set-disabled", triggers.switch_view),
    path("triggers/search", triggers.search_view),
    path("triggers/<str:namespace>/<str:flow_id>", triggers.flow_view),
    path("plugins", plugins.list_view),
    path("plugins/inputs", plugins.inputs_view),
    path("plugins/schemas/<str:name>", plugins.schema_view),
    path("plugins/<str:name>", plugins.type_view),
]
urlpatterns = [path("main/", include(_addresses)), path("", include(_addresses))]
