"""What this installation is, for clients that ask before anything else."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from builder.api.methods import methods
from builder.runtime.vitals.signs import version


def read(request: HttpRequest) -> HttpResponseBase:
    """Version, address and environment, under Kestra's names; what is not offered here is false."""
    return JsonResponse({
        "version": version(), "url": settings.MILLSTREAM["URL"] or request.build_absolute_uri("/")[:-1],
        "environment": {"name": settings.MILLSTREAM["ENVIRONMENT"] or None},
        "isTaskRunEnabled": True, "isAnonymousUsageEnabled": False, "isTemplateEnabled": False,
        "isBasicAuthInitialized": True, "isConcurrencyViewEnabled": False,
    })  # fmt: skip


read_view = methods(GET=read)
