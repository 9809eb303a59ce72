"""Whether this process lives, and whether it can work: for load balancers and for `up`."""

from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse

from builder.runtime.queue import redis_answers


@login_not_required
def live(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@login_not_required
def ready(request: HttpRequest) -> JsonResponse:
    """The database answers (else 503); Redis is told of, since runs go on by sweep without it."""
    redis = "ok" if redis_answers() else "does not answer"
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return JsonResponse({"status": "unavailable", "database": "does not answer", "redis": redis}, status=503)
    return JsonResponse({"status": "ok", "database": "ok", "redis": redis})
