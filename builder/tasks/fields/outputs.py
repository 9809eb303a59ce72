"""What a task gives back: a pydantic model whose fields become `outputs.<task>.<field>`."""

from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from builder.tasks.fields.properties import to_kebab


class Outputs(BaseModel):
    """The outputs of a task, camelCase in expressions. Describe each field by a docstring below it."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        protected_namespaces=(),
        serialize_by_alias=True,
    )


class InstillOutputs(Outputs):
    """The outputs of a task in Instill's vocabulary: kebab-case; what a server did not say is left out as null."""

    model_config = ConfigDict(alias_generator=to_kebab)


def outputs_of(run: Any) -> type[BaseModel] | None:
    """The outputs model that a `run` declares to return; None for a mapping or nothing."""
    hint = get_type_hints(run).get("return")
    return hint if isinstance(hint, type) and issubclass(hint, BaseModel) else None
