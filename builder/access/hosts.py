"""Which hosts are answered for: those of the settings. Whether all is well is told whatever it is asked as."""

from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware

_ABOUT_HEALTH = ("/health/live", "/health/ready")
"""Containers and load balancers ask a process by its number; these answers hold nothing of what was asked."""


class HostMiddleware(CommonMiddleware):
    """Refuses foreign hosts, as Django's own does."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        return None if request.path_info in _ABOUT_HEALTH else super().process_request(request)
