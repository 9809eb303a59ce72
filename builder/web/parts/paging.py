"""Which page a list shows, and what leads to the others, from the address."""

from django.http import HttpRequest

MOST = 100_000


def page_number(request: HttpRequest) -> int:
    """`?page=3`, from 1; anything else is the first page."""
    text = request.GET.get("page", "1")
    return min(max(int(text), 1), MOST) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def query_of(request: HttpRequest) -> str:
    """All that the address asks for besides the page, for the addresses of other pages."""
    query = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()
