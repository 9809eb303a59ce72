"""The guides, shown in the app as they are in builder/docs."""

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from builder.errors import NotFound
from builder.web.execution.shapes import markdown

FOLDER: Path = settings.BASE_DIR / "builder" / "docs"


FIRST = (
    "editor",
    "triggers",
    "files",
    "secrets",
    "openai",
    "openai_coverage",
    "kestra",
    "api",
    "configuration",
    "deployment",
    "operations",
)
"""What people who build flows read, before what those need who run the installation; others come after them."""


@require_GET
def guide(request: HttpRequest, name: str = FIRST[0]) -> HttpResponse:
    """One guide, with the list of all."""
    guides = {path.stem: _title(path) for path in sorted(FOLDER.glob("*.md"), key=_place)}
    if name not in guides:
        raise NotFound("There is no such guide.")
    _, _, text = (FOLDER / f"{name}.md").read_text().partition("\n")
    context = {"guides": guides, "name": name, "title": guides[name], "text": markdown(text)}
    return render(request, "help/guide.html", context)


def _place(path: Path) -> tuple[int, str]:
    return FIRST.index(path.stem) if path.stem in FIRST else len(FIRST), path.stem


def _title(path: Path) -> str:
    with path.open() as file:
        return file.readline().strip("# \n")
