"""What tasks, triggers and conditions have in common: a type name, words for people, and properties."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel

from builder.errors import Fault, Path
from builder.flows.catalogue import Kind, TaskGroup
from builder.tasks.fields.outputs import outputs_of
from builder.tasks.fields.properties import Properties
from builder.tasks.world.offers import Offering


class Plugin(Properties):
    """One type that flows can name: a subclass with a `type_name`. Its docstring is the reference page's text."""

    kind: ClassVar[Kind]
    type_name: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    """Older names of the type."""
    title: ClassVar[str] = ""
    """The name people see, "Chat completion"; made from the class name when empty."""
    category: ClassVar[str] = ""
    """Under which heading people find it; made from the type name when empty."""
    icon: ClassVar[str] = ""
    """The name of its picture; the type's family ("http", "kv", "openai") when empty."""
    example: ClassVar[str] = ""
    """YAML of one valid use, checked by the tests."""
    deprecated: ClassVar[str] = ""
    """What to use instead, for a type that is kept for old flows only."""
    deletes: ClassVar[str] = ""
    """What a run of it deletes for good, in one sentence; the editor marks such a step and asks before adding it."""
    gives: ClassVar[type[BaseModel] | None] = None
    """The outputs that flow control sets, or what a trigger hands on as `trigger`, where no `run` declares them.

    A name that begins with `<id>` is an output of a step that the task makes itself.
    """
    common: ClassVar[frozenset[str]] = frozenset()
    """The Python names of the properties that every type of this kind has; the engine reads them, not the type."""

    @classmethod
    def short_name(cls) -> str:
        """The last part of the type name: `Log`."""
        return cls.type_name.rpartition(".")[2] or cls.__name__

    @classmethod
    def heading(cls) -> str:
        """The title, made from the class name when none was given."""
        return cls.title or _spaced(cls.__name__)

    @classmethod
    def family(cls) -> str:
        """The part of the type name before the last: `log`, `http`, `openai`."""
        return cls.type_name.split(".")[-2] if "." in cls.type_name else "core"

    @classmethod
    def summary(cls) -> str:
        """The docstring's first line."""
        return (cls.__doc__ or "").strip().split("\n")[0].strip()

    @classmethod
    def declared_outputs(cls) -> type[BaseModel] | None:
        """The model of what it gives; None where it gives nothing, or what nobody can say before."""
        run = getattr(cls, "run", None)
        return cls.gives or (outputs_of(run) if run is not None else None)

    @classmethod
    def made_anew(cls) -> Mapping[str, Any]:
        """Properties that each new use is given a value of its own for, such as a secret key."""
        return {}

    @classmethod
    def advice_on(cls, written: Mapping[str, Any]) -> list[Fault]:
        """What its user should know of what is written although it runs: faults of severity WARNING."""
        return []

    @classmethod
    def offering(cls, field: Path, written: Mapping[str, Any], now: datetime) -> Offering | None:
        """What the property at this path could be set to, where another server knows that."""
        return None

    @classmethod
    def groups_of(cls, written: Mapping[str, Any]) -> list[TaskGroup]:
        """The lists of child tasks inside; only flow control has some."""
        return []

    @classmethod
    def inputs_of(cls, written: Mapping[str, Any]) -> list[tuple[Path, Any]]:
        """Input declarations inside (Pause.onResume), each with its relative path."""
        return []


def _spaced(name: str) -> str:
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+", name)
    text = " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in words)
    return text[:1].upper() + text[1:]
