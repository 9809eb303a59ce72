"""What a property could be set to where that is known only elsewhere, such as the models that a server has now."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from builder.tasks.world.context import Outside


class Render(Protocol):
    """Renders all text inside a value; `typed` keeps the type of a lone expression."""

    def __call__(self, value: Any, *, typed: bool = False) -> Any: ...


@dataclass(frozen=True, slots=True)
class Offer:
    """A value that can be chosen; any other can be written all the same."""

    value: str
    about: str = ""
    """A word on it, such as its price."""
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody can be asked: `ask` gives the values (raises TaskFailure), `describe` what is known of them."""

    who: str
    """Who is asked, as in the middle of a sentence."""
    key: str
    """The same for questions with the same answer; tells nothing of keys and passwords."""
    only_when_told: bool
    """The flow's own text says who is asked: a key goes there only after a person said so."""
    ask: Callable[[Outside], Awaitable[Sequence[str]]]
    describe: Callable[[Sequence[str]], Sequence[Offer]]


@dataclass(frozen=True, slots=True)
class Offering:
    """What is known of a property without asking, and whom to ask for more. `question` raises TaskFailure."""

    known: Sequence[Offer]
    question: Callable[[Render], Question | None]
    legend: str = ""
    """What `about` means, in one sentence."""
