"""The API's addresses, with Kestra's tenant (`main`) before them and without."""

from django.urls import URLPattern, URLResolver, include, path

from builder.api import flow_lists, flows

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
]
urlpatterns = [path("main/", include(_addresses)), path("", include(_addresses))]
