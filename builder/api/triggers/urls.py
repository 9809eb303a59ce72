"""The addresses of triggers, below `triggers`."""

from django.urls import path

from builder.api import triggers
from builder.api.methods import methods
from builder.api.triggers import calls
from builder.api.triggers import verbs as trigger_verbs
from builder.api.triggers.verbs import ACTS, addresses_of, of_address, of_body

_one = "<str:namespace>/<str:flow_id>/<str:trigger_id>"
urlpatterns = [
    path("search", triggers.search_view),
    path("alerts", calls.alerts_view),
    path("set-disabled", trigger_verbs.change_view),
    path("set-disabled/by-triggers", trigger_verbs.switch_listed_view),
    path("set-disabled/by-query", trigger_verbs.switch_found_view),
    path("backfill/create", trigger_verbs.create_view),
    path("backfill/pause", methods(PUT=of_body(ACTS["backfill/pause"]))),
    path("backfill/unpause", methods(PUT=of_body(ACTS["backfill/unpause"]))),
    path("backfill/delete", methods(POST=of_body(ACTS["backfill/delete"]), DELETE=of_body(ACTS["backfill/delete"]))),
    *(path(address, view) for name in ACTS for address, view in addresses_of(name).items()),
    path("<str:namespace>/<str:flow_id>", triggers.flow_view),
    path(_one, trigger_verbs.forget_view),
    path(f"{_one}/unlock", methods(POST=of_address(ACTS["unlock"]))),
    path(f"{_one}/restart", methods(POST=of_address(ACTS["restart"]))),
    path(f"{_one}/slots", triggers.slots_view),
    path(f"{_one}/calls", calls.last_view),
    path(f"{_one}/calls/<str:call_id>/repeat", calls.repeat_view),
]
