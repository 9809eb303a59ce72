"""One page of a list, whatever is in it."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """`total`: how many there are on all pages; `number` counts from 1."""

    items: tuple[Item, ...]
    total: int
    number: int
    size: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


def total_of(found: QuerySet[Any, Any], shown: int, number: int, size: int) -> int:
    """How many there are on all pages, of which this one shows so many. One that is not full is the last one, and is
    not counted: what comes between two looks would be counted and not shown."""
    before = (number - 1) * size
    return before + shown if shown < size and (shown or number == 1) else found.count()
