"""Which hosts are answered for: those of the settings. Whether all is well is told whatever it is asked as."""

import ipaddress

from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.http.request import split_domain_port
from django.middleware.common import CommonMiddleware

_ABOUT_HEALTH = ("/health/live", "/health/ready")
"""Containers and load balancers ask a process by its number; these answers hold nothing of what was asked."""

_METRICS = "/metrics"
"""Read from this machine by its number: a name might be another site's that leads a browser here."""


class HostMiddleware(CommonMiddleware):
    """Refuses foreign hosts, as Django's own does."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        asked_by_machine = request.path_info == _METRICS and _is_loopback(request.headers.get("Host", ""))
        return None if request.path_info in _ABOUT_HEALTH or asked_by_machine else super().process_request(request)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(split_domain_port(host.lower())[0].strip("[]")).is_loopback
    except ValueError:
        return False
