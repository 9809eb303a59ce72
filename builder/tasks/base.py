"""What a task type is: a pydantic model of its properties with a `run`.

The properties every task has (id, type, retry, timeout, runIf, allowFailure, allowWarning, disabled, logLevel,
description) are read here as well, so that one model is the YAML schema, the form, the reference page and the check.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from builder.tasks.context import RunContext




class Task(BaseModel):
    """One task type. Subclasses set `type_name`, fields and `run`; the docstring's first line is its description.

    The vocabulary (how Python names become YAML keys) is the alias generator of the class: camelCase here, which is
    Kestra's; other vocabularies subclass with another generator. Unknown keys are refused.
    """

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True, frozen=True)

    type_name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    title: ClassVar[str] = ""
    """The name people see, "Chat completion"; made from the class name when empty."""
    example: ClassVar[str] = ""
    """YAML of one valid task, checked by the tests."""
    quick: ClassVar[bool] = False
    """Pure and quick: no effect outside the process, so it runs in the same tick and is saved with its end."""
    default_timeout_seconds: ClassVar[float | None] = None

    id: str
    type: str
    description: str | None = None

    async def run(self, context: RunContext) -> Any:
        """Does the work and returns the outputs: a pydantic model, a mapping, or None. Raises TaskFailure.

        May be a plain function too: quick tasks run in place, others get a thread.
        """
        raise NotImplementedError
