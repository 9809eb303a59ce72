"""What a task may do to the execution that runs it: named by the task, done by the engine in one step with its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LabelsAdded:
    """Labels to add; those of the same name are replaced."""

    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class VariablesSet:
    """Variables to merge into the execution's `vars`, maps deeply. Without `overwrite`, none may be there already."""

    variables: Mapping[str, object]
    overwrite: bool = True


@dataclass(frozen=True, slots=True)
class VariablesUnset:
    """Variables to take out of the execution's `vars`; dots in a name lead into maps."""

    names: Sequence[str]
    ignore_missing: bool = False


@dataclass(frozen=True, slots=True)
class Exited:
    """The end of the execution in this state (SUCCESS, WARNING, FAILED, KILLED or CANCELLED).

    Nothing new begins; what runs beside it comes to its end first, and is cut for KILLED alone.
    """

    state: str


Effect = LabelsAdded | VariablesSet | VariablesUnset | Exited
