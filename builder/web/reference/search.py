"""One search over types, their properties, and the filters, functions and tests of expressions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from django.urls import reverse

from builder.expressions import FILTERS, FUNCTIONS, METHODS, TESTS, Operation
from builder.expressions.grammar import OPERATORS, TAGS, Written
from builder.flows.catalogue import Kind
from builder.tasks.catalogue import Catalogue, Entry, catalogue
from builder.tasks.fields.form import FormField
from builder.web.reference.properties import flat, own_and_common, told
from builder.web.reference.shared import SHARED

MOST = 60


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the results: the first of its `names` is shown, all are searched, and `text` too."""

    what: str
    names: tuple[str, ...]
    summary: str
    url: str
    where: str = ""
    text: str = ""

    @property
    def name(self) -> str:
        return self.names[0]


def search(words: str) -> list[Found]:
    """What holds every word, the best first: a name that is the text, then one that begins so, then the rest.

    Properties come after the types and functions that fit as well, since there are so many of them.
    """
    wanted = words.lower().split()
    whole = " ".join(wanted)
    ranked = [(rank, one) for one in _index(catalogue()) if (rank := _rank(one, wanted, whole)) is not None]
    return [one for _, one in sorted(ranked, key=lambda pair: pair[0])]


def anchor(one: Operation | Written) -> str:
    """Where a filter, function, test, operator or tag stands on the page of expressions."""
    return f"{one.kind}-{one.word if isinstance(one, Written) else one.name}"


def _rank(one: Found, wanted: Sequence[str], whole: str) -> int | None:
    names = [name.lower() for name in one.names]
    held = " ".join((*names, one.what, one.summary.lower(), one.where.lower(), one.text.lower()))
    if not wanted or not all(word in held for word in wanted):
        return None
    is_property = one.what == "property"
    if whole == names[0]:
        return 0
    if whole in names or any(name.endswith(f".{whole}") for name in names):
        return int(is_property)
    return _part(names, wanted, whole) + is_property


def _part(names: Sequence[str], wanted: Sequence[str], whole: str) -> int:
    """How well parts of the names fit; even numbers, so that a property stands after what fits as well."""
    if any(name.startswith(whole) for name in names):
        return 2
    return 4 if any(word in name for word in wanted for name in names) else 6


@cache
def _index(types: Catalogue) -> tuple[Found, ...]:
    found = [_type(entry) for entry in types.all()]
    for known in (FUNCTIONS, FILTERS, TESTS, METHODS):
        found += [_operation(operation) for operation in known.values()]
    found += [_operation(written) for written in (*OPERATORS, *TAGS)]
    for entry in types.all():
        own, _ = own_and_common(entry.plugin)
        found += _properties(own, reverse("reference-type", args=[entry.name]), entry.title)
    for kind, shared in SHARED.items():
        found += _properties(shared.fields, reverse("reference-common", args=[kind]), f"every {shared.name}")
    return tuple(found)


def _noun(kind: str) -> str:
    return "step" if kind == Kind.TASK else kind


def _type(entry: Entry) -> Found:
    names = (entry.title, entry.name, *entry.aliases)
    url = reverse("reference-type", args=[entry.name])
    return Found(_noun(entry.kind), names, entry.summary, url, entry.name, entry.category)


def _operation(one: Operation | Written) -> Found:
    url = f"{reverse('reference-expressions')}#{anchor(one)}"
    names = (one.name, one.word, *one.name.replace(",", "").split()) if isinstance(one, Written) else (one.name,)
    return Found(one.kind, names, one.summary, url, one.example)


def _properties(fields: Iterable[FormField], url: str, where: str) -> list[Found]:
    found = []
    for one in flat(told(field) for field in fields):
        names = (one.path, one.field.label, *one.field.other_names)
        found.append(Found("property", names, one.field.description, f"{url}#{one.anchor}", where))
    return found
