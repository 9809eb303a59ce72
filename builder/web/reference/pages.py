"""The pages of the reference: all types with the search, one type, what every type has, and expressions."""

import inspect

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from builder.errors import NotFound
from builder.expressions import FILTERS, FUNCTIONS, METHODS, TESTS, Operation
from builder.expressions.grammar import OPERATORS, TAGS
from builder.flows.catalogue import Kind
from builder.tasks.catalogue import Entry, catalogue
from builder.web.execution.shapes import markdown
from builder.web.reference.properties import groups, outputs, own_and_common, without_effect
from builder.web.reference.search import MOST, anchor, search
from builder.web.reference.shared import SHARED
from builder.web.reference.trial import try_expression

_HEADINGS = {Kind.TASK: "Steps", Kind.TRIGGER: "Triggers", Kind.CONDITION: "Conditions"}


@require_GET
def reference(request: HttpRequest) -> HttpResponse:
    """All types under their headings, or what fits the search."""
    words = " ".join(request.GET.get("q", "").split())[:200]
    found = search(words) if words else []
    kinds = [(heading, _categories(kind)) for kind, heading in _HEADINGS.items()]
    context = {"q": words, "found": found[:MOST], "more": len(found) - MOST, "kinds": kinds, "shared": SHARED}
    return render(request, "help/reference.html", context)


@require_GET
def reference_type(request: HttpRequest, name: str) -> HttpResponse:
    """One type: what it does, an example, its properties and outputs; an old name leads to the present one."""
    entry = catalogue().find(name)
    if entry is None:
        raise NotFound(f'There is no type "{name}".')
    if entry.name != name:
        return redirect("reference-type", name=entry.name)
    own, common = own_and_common(entry.plugin)
    given = outputs(entry.plugin)
    context = {
        "entry": entry, "text": _rest(entry), "own": groups(own),
        "common": groups(common), "outputs": given,
        "has_own_steps": any(one.name.startswith("<id>") for one in given),
        "without_effect": without_effect(entry.plugin),
        "instead": catalogue().find(entry.deprecated),
    }  # fmt: skip
    return render(request, "help/type.html", context)


@require_GET
def reference_common(request: HttpRequest, kind: str) -> HttpResponse:
    """What every step, trigger, flow or input has."""
    shared = SHARED.get(kind)
    if shared is None:
        raise NotFound(f'There is no kind of type "{kind}".')
    context = {"name": shared.name, "groups": groups(shared.fields), "without_effect": shared.without_effect}
    return render(request, "help/common.html", context)


@require_http_methods(["GET", "POST"])
def reference_expressions(request: HttpRequest) -> HttpResponse:
    """All filters, functions, tests, operators and tags, and a box to try a template out in."""
    given = request.POST if request.method == "POST" else request.GET
    template, values = given.get("template", ""), given.get("variables", "")
    context = {
        "template": template, "variables": values,
        "tried": try_expression(template, values) if request.method == "POST" else None,
        "kinds": [
            ("Functions", _shown(FUNCTIONS)), ("Filters", _shown(FILTERS)), ("Tests", _shown(TESTS)),
            ("Methods", _shown(METHODS)),
            ("Operators", [(anchor(one), one, one.name) for one in OPERATORS]),
            ("Tags", [(anchor(one), one, one.name) for one in TAGS]),
        ],
    }  # fmt: skip
    return render(request, "help/expressions.html", context)


def _categories(kind: Kind) -> dict[str, list[Entry]]:
    """Every type under its category, the old ones last."""
    found: dict[str, list[Entry]] = {}
    for entry in sorted(catalogue().all(kind), key=lambda one: (one.category, bool(one.deprecated), one.title)):
        found.setdefault(entry.category, []).append(entry)
    return found


def _rest(entry: Entry) -> str:
    """What the docstring says after its first line."""
    return markdown(inspect.cleandoc(entry.plugin.__doc__ or "").partition("\n")[2])


def _shown(known: dict[str, Operation]) -> list[tuple[str, Operation, str]]:
    return [(anchor(one), one, _call(one)) for one in sorted(known.values(), key=lambda one: one.name.lower())]


def _call(operation: Operation) -> str:
    """How it is written, with the names of its arguments; those that may be left out stand in brackets."""
    if operation.is_variadic:
        return f"{operation.name}({operation.parameters[0]} ...)"
    needed = ", ".join(operation.parameters[: operation.required])
    free = "".join(f"[, {name}]" for name in operation.parameters[operation.required :])
    inside = f"{needed}{free}" if needed else free.replace("[, ", "[", 1)
    return f"{operation.name}({inside})" if inside or operation.kind == "function" else operation.name
