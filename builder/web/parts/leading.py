"""Questions on the way: answers that lead to the page that asks, and what was chosen there."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from builder.schedule import Recover


def lead_to(request: HttpRequest, address: str) -> HttpResponse:
    """The browser shows that page next, whether a script asked or a form was sent."""
    if not request.headers.get("HX-Request"):
        return redirect(address)
    return HttpResponse(status=204, headers={"HX-Redirect": address})


def recover_of(chosen: object) -> Recover | None:
    """What is to become of times that passed; None: nobody has said it yet."""
    return next((one for one in Recover if one == chosen), None)
