"""What a field of the form could be set to, as a list under it: the models of a server with their prices."""

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from builder.actions.offers import offered
from builder.errors import InvalidInput
from builder.web.paths import path_of


@require_POST
def offers(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponse:
    """The list for the field at `path` (JSON); with `told` whoever the flow names is asked too."""
    try:
        path = path_of(json.loads(request.POST.get("path", "")))
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The page sent something that cannot be read; reload it.") from error
    found = offered(namespace, flow_id, path, told=request.POST.get("told") == "1")
    return render(request, "flow/_offers.html", {"found": found})
