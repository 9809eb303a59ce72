"""The addresses of the reference."""

from django.urls import path

from builder.web.reference import pages

urlpatterns = [
    path("help/reference", pages.reference, name="reference"),
    path("help/reference/types/<str:name>", pages.reference_type, name="reference-type"),
    path("help/reference/every/<str:kind>", pages.reference_common, name="reference-common"),
    path("help/reference/expressions", pages.reference_expressions, name="reference-expressions"),
]
