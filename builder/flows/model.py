"""A flow as values, after parsing and checking; task properties stay as written, their types know how to read them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from builder.flows.dialects.compat import NEWEST, Compat


@dataclass(frozen=True, slots=True)
class Input:
    """One declared input; `properties` holds what only its type has (min, max, values, validator, itemType ...)."""

    id: str
    type: str
    description: str = ""
    display_name: str = ""
    required: bool = True
    defaults: Any = None
    has_defaults: bool = False
    depends_on: tuple[str, ...] = ()
    depends_on_condition: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Output:
    """One declared flow output, rendered when the execution ends."""

    id: str
    type: str
    value: Any
    description: str = ""
    display_name: str = ""


@dataclass(frozen=True, slots=True)
class Concurrency:
    limit: int
    behavior: str = "QUEUE"


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow whose text had no errors, with plugin defaults already merged into its tasks and triggers.

    `tasks`, `errors`, `finally_`, `after_execution`: task maps as written (defaults merged, type names as written).
    `triggers`: trigger maps likewise. `retry`: the map as written. Labels keep their order. `compat` decides where two
    releases of the language mean different things by the same text.
    """

    id: str
    namespace: str
    tasks: tuple[Mapping[str, Any], ...]
    description: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)
    errors: tuple[Mapping[str, Any], ...] = ()
    finally_: tuple[Mapping[str, Any], ...] = ()
    after_execution: tuple[Mapping[str, Any], ...] = ()
    triggers: tuple[Mapping[str, Any], ...] = ()
    retry: Mapping[str, Any] | None = None
    concurrency: Concurrency | None = None
    disabled: bool = False
    compat: Compat = NEWEST
