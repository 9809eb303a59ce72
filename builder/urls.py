"""All addresses."""

from django.urls import include, path

urlpatterns = [
    path("", include("builder.web.urls")),
    path("api/v1/", include("builder.api.urls")),
]

handler400 = "builder.access.errors.bad_request"
handler403 = "builder.access.errors.forbidden"
handler404 = "builder.access.errors.not_found"
handler500 = "builder.access.errors.server_error"
