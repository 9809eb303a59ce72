"""A flow as values, after parsing and checking; task properties stay as written, their types know how to read them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from builder.flows.dialects.compat import NEWEST, Compat


@dataclass(frozen=True, slots=True)
class InputForm:
    """A group of inputs (type FORM): its children are inputs named `form.child`."""

    id: str
    description: str = ""
    display_name: str = ""
    depends_on: tuple[str, ...] = ()
    depends_on_condition: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """One declared input; `properties` holds what only its type has (min, max, values, validator, itemType ...).

    `form` is the group it stands in."""

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
    form: InputForm | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """One declared flow output, rendered when the execution ends; one that is not `required` may be missing."""

    id: str
    type: str
    value: Any
    description: str = ""
    display_name: str = ""
    required: bool = True
    item_type: str = ""


AT_LIMIT = ("QUEUE", "CANCEL", "FAIL")
"""What becomes of an execution beyond the limit of its flow."""
WHEN_FULL = ("CANCEL", "FAIL")
"""What becomes of one beyond the limit of those that wait."""


@dataclass(frozen=True, slots=True)
class Concurrency:
    """How many executions may run at once. `key`: an expression; those for which it gives the same share the limit.

    `queue_limit`: how many may wait, of each key; None: any number.
    """

    limit: int
    behavior: str = AT_LIMIT[0]
    key: str = ""
    queue_limit: int | None = None
    when_full: str = WHEN_FULL[0]


CHECK_BEHAVIORS = ("BLOCK_EXECUTION", "FAIL_EXECUTION", "CREATE_EXECUTION")
"""What a check that does not hold does, the strongest first."""
CHECK_STYLES = ("ERROR", "WARNING", "INFO", "SUCCESS")


@dataclass(frozen=True, slots=True)
class Check:
    """What must be true before an execution is made; `message` says what is wrong when it is not."""

    when: str
    message: str
    style: str = "INFO"
    behavior: str = CHECK_BEHAVIORS[0]


@dataclass(frozen=True, slots=True)
class Sla:
    """What an execution must keep: a longest time, or (`duration` None) an assertion that is asked after each change.

    `key`: its id, numbered where an earlier one has the same. `behavior`: FAIL, CANCEL or NONE (only noted); `labels`
    are put on the execution then.
    """

    key: str
    behavior: str
    duration: timedelta | None = None
    assertion: str = ""
    labels: tuple[tuple[str, str], ...] = ()


QUOTA_BEHAVIORS = ("FAIL", "CANCEL")
"""How an execution ends that there is no room for."""


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `limit` executions may begin in each window of this duration; windows are counted from 1970 in UTC."""

    duration: timedelta
    limit: int
    behavior: str


@dataclass(frozen=True, slots=True)
class Listener:
    """Tasks that run at the end, after `afterExecution`, if all conditions hold of the execution then."""

    tasks: tuple[Mapping[str, Any], ...]
    conditions: tuple[Mapping[str, Any], ...] = ()


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
    listeners: tuple[Listener, ...] = ()
    triggers: tuple[Mapping[str, Any], ...] = ()
    retry: Mapping[str, Any] | None = None
    concurrency: Concurrency | None = None
    quotas: tuple[Quota, ...] = ()
    sla: tuple[Sla, ...] = ()
    checks: tuple[Check, ...] = ()
    disabled: bool = False
    compat: Compat = NEWEST
