"""The API's addresses, with Kestra's tenant (`main`) before them and without."""

from django.urls import URLPattern, URLResolver, include, path

from builder.api import configs, expressions, flows, kv, namespace_files, plugins, recipes
from builder.api.executions import logs, metrics
from builder.api.flows import bulk as flow_bulk
from builder.api.flows import dependencies, graphs
from builder.api.flows import lists as flow_lists
from builder.api.triggers import verbs as trigger_verbs

_flows = [
    path("search", flow_lists.search_view),
    path("source", flow_lists.sources_view),
    path("distinct-namespaces", flow_lists.namespaces_view),
    path("graph", graphs.text_view),
    path("validate", flows.validate_view),
    path("validate/task", flows.validate_task_view),
    path("validate/trigger", flows.validate_trigger_view),
    path("bulk", flow_bulk.save_all_view),
    path("import", flow_bulk.save_all_view),
    path("recipe", recipes.translate_view),
    *(path(address, view) for address, view in flow_bulk.views()),
    path("<str:namespace>", flow_lists.namespace_view),
    path("<str:namespace>/<str:flow_id>", flows.flow_view),
    path("<str:namespace>/<str:flow_id>/revisions", flows.revisions_view),
    path("<str:namespace>/<str:flow_id>/graph", graphs.flow_view),
    path("<str:namespace>/<str:flow_id>/dependencies", dependencies.flow_view),
]
_logs = [
    path("search", logs.search_view),
    path("<str:execution_id>", logs.read_view),
    path("<str:execution_id>/download", logs.download_view),
    path("<str:execution_id>/follow", logs.follow_view),
]
_files = [
    path("directory", namespace_files.folder_view),
    path("search", namespace_files.search_view),
    path("stats", namespace_files.stats_view),
    path("revisions", namespace_files.revisions_view),
    path("export", namespace_files.export_view),
]
_plugins = [
    path("inputs", plugins.inputs_view),
    path("schemas/<str:name>", plugins.schema_view),
    path("<str:name>", plugins.type_view),
]
_addresses: list[URLPattern | URLResolver] = [
    path("", include("builder.api.executions.urls")),
    path("flows", flows.flows_view),
    path("flows/", include(_flows)),
    path("logs/", include(_logs)),
    path("metrics/<str:execution_id>", metrics.read_view),
    path("kv", kv.everywhere_view),
    path("namespaces/<str:namespace>/kv", kv.namespace_view),
    path("namespaces/<str:namespace>/kv/<str:key>", kv.entry_view),
    path("namespaces/<str:namespace>/files", namespace_files.files_view),
    path("namespaces/<str:namespace>/files/", include(_files)),
    path("triggers", trigger_verbs.change_view),
    path("triggers/", include("builder.api.triggers.urls")),
    path("plugins", plugins.list_view),
    path("plugins/", include(_plugins)),
    path("configs", configs.read_view),
    path("expressions/render", expressions.render_view),
    path("pebble/functions", plugins.functions_view),
    path("pebble/filters", plugins.filters_view),
]
urlpatterns = [path("main/", include(_addresses)), path("", include(_addresses))]
