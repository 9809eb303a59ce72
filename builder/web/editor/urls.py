"""The editor's addresses."""

from django.urls import path
from django.views.decorators.http import require_POST

from builder.web.editor import beside, offers, run, views, vocabulary

urlpatterns = [
    path("editor/vocabulary", vocabulary.vocabulary, name="editor-vocabulary"),
    path("flows/<str:namespace>/<str:flow_id>/edit", views.page, name="flow-editor"),
    path("flows/<str:namespace>/<str:flow_id>/edit/change", views.change, name="flow-editor-change"),
    path("flows/<str:namespace>/<str:flow_id>/edit/offers", offers.offers, name="flow-editor-offers"),
    path("flows/<str:namespace>/<str:flow_id>/edit/text", require_POST(views.save_plain), name="flow-editor-text"),
    path("flows/<str:namespace>/<str:flow_id>/edit/publish", views.publish, name="flow-editor-publish"),
    path("flows/<str:namespace>/<str:flow_id>/edit/discard", views.discard, name="flow-editor-discard"),
    path("flows/<str:namespace>/<str:flow_id>/edit/run", run.dialog, name="flow-editor-run"),
    path("flows/<str:namespace>/<str:flow_id>/edit/run/check", run.check, name="flow-editor-run-check"),
    path(
        "flows/<str:namespace>/<str:flow_id>/edit/run/<str:execution_id>",
        beside.beside,
        name="flow-editor-beside",
    ),
]
