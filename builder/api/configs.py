"""What this installation is, for clients that ask before anything else."""

import tomllib
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from builder.api.methods import methods


def read(request: HttpRequest) -> HttpResponseBase:
    """Version, address and environment, under Kestra's names; what is not offered here is false."""
    return JsonResponse({
        "version": _version(), "url": settings.MILLSTREAM["URL"] or request.build_absolute_uri("/")[:-1],
        "environment": {"name": settings.MILLSTREAM["ENVIRONMENT"] or None},
        "isTaskRunEnabled": True, "isAnonymousUsageEnabled": False, "isTemplateEnabled": False,
        "isBasicAuthInitialized": True, "isConcurrencyViewEnabled": False,
    })  # fmt: skip


@cache
def _version() -> str:
    """It is run from its folder, never installed."""
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


read_view = methods(GET=read)
