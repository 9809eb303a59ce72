"""The pages' addresses."""

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from builder.web import account, executions, flows, help, home, imports, starters
from builder.web.namespaces import files, kv, secrets
from builder.web.system import health, metrics, page

urlpatterns = [
    path("", home.home, name="home"),
    path("login", account.LoginView.as_view(), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("account/password", account.PasswordChangeView.as_view(), name="password"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", metrics.metrics, name="metrics"),
    path("system", page.system, name="system"),
    path("flows", flows.flow_list, name="flows"),
    path("flows/new", flows.flow_new, name="flow-new"),
    path("flows/import", imports.flow_import, name="flow-import"),
    path("flows/<str:namespace>/<str:flow_id>/switch", flows.flow_switch, name="flow-switch"),
    path("flows/<str:namespace>/<str:flow_id>/delete", flows.flow_delete, name="flow-delete"),
    path("flows/<str:namespace>/<str:flow_id>/revisions", flows.flow_revisions, name="flow-revisions"),
    path("flows/<str:namespace>/<str:flow_id>/revisions/<int:number>", flows.flow_restore, name="flow-restore"),
    path("starters", starters.starter_list, name="starters"),
    path("starters/<str:name>/open", starters.starter_open, name="starter-open"),
    path("starters/<str:name>/run", starters.starter_run, name="starter-run"),
    path("executions", executions.execution_list, name="executions"),
    path("executions/chosen", executions.execution_bulk, name="executions-bulk"),
    path("", include("builder.web.schedules.urls")),
    path("files", files.file_list, name="files"),
    path("files/<str:namespace>/upload", files.file_upload, name="file-upload"),
    path("files/<str:namespace>/save", files.file_save, name="file-save"),
    path("files/<str:namespace>/folder", files.file_folder, name="file-folder"),
    path("files/<str:namespace>/move", files.file_move, name="file-move"),
    path("files/<str:namespace>/delete", files.file_delete, name="file-delete"),
    path("files/<str:namespace>/restore", files.file_restore, name="file-restore"),
    path("files/<str:namespace>/download", files.file_download, name="file-download"),
    path("files/<str:namespace>/export", files.file_export, name="file-export"),
    path("kv", kv.kv_list, name="kv"),
    path("kv/<str:namespace>/<str:key>/delete", kv.kv_delete, name="kv-delete"),
    path("secrets", secrets.secret_list, name="secrets"),
    path("secrets/<str:namespace>/<str:key>/delete", secrets.secret_delete, name="secret-delete"),
    path("help", help.guide, name="help"),
    path("", include("builder.web.reference.urls")),
    path("help/<str:name>", help.guide, name="guide"),
    path("", include("builder.web.execution.urls")),
    path("", include("builder.web.editor.urls")),
]
