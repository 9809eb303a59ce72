"""Whether this process lives, and whether it can work: for load balancers, service managers and `up`."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from builder.runtime.vitals import health


@login_not_required
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@login_not_required
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Says what is wrong; 503 when nothing can be accepted for it, "degraded" when work is accepted and waits."""
    checks = health.checks()
    unready = any(check.needed and not check.ok for check in checks)
    problems = [check.problem for check in checks if not check.ok]
    status = "unavailable" if unready else "degraded" if problems else "ok"
    told = {check.name: check.problem or "ok" for check in checks}
    return JsonResponse({"status": status, **told, "problems": problems}, status=503 if unready else 200)
