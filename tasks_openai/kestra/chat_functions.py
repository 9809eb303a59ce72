"""Functions a chat model may call, in Kestra's simple words: a list of named parameters instead of a JSON schema."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from builder.tasks.api import Field, Form, Properties, TaskFailure


class ChatFunctionParameter(Properties):
    """One value the model has to give when it calls the function."""

    name: str = Field(min_length=1, examples=["response_urgency"])
    """What the value is called."""
    description: Annotated[str, Form("textarea")]
    """What the value means; the more exact, the better the model fills it."""
    type: Literal["string", "number", "integer", "boolean", "array", "object"] = "string"
    """What kind of value it is."""
    enum_values: Annotated[list[str] | None, Form(label="Allowed values")] = None
    """The model must choose one of these; good for sorting things into kinds."""
    required: bool = False
    """Whether the model must always give it."""

    def schema_of(self) -> dict[str, Any]:
        """As JSON Schema; the items of a list are texts, as there are no words here to say otherwise."""
        allowed: dict[str, Any] = {"enum": self.enum_values} if self.enum_values else {}
        if self.type == "array":
            return {"type": "array", "items": {"type": "string", **allowed}, "description": self.description}
        return {"type": self.type, "description": self.description, **allowed}


class ChatFunction(Properties):
    """A function the model may call; the call is an output of the step, nothing runs by itself."""

    name: str = Field(pattern=r"^[\w-]{1,64}$", examples=["respond_to_review"])
    """The function's name: letters, digits, _ and -, at most 64."""
    description: Annotated[str | None, Form("textarea")] = None
    """What the function does and when to call it."""
    parameters: list[ChatFunctionParameter] = Field(default_factory=list)
    """The values the model gives."""

    def tool(self) -> dict[str, Any]:
        """As the API takes it."""
        function: dict[str, Any] = {"name": self.name}
        if self.description is not None:
            function["description"] = self.description
        function["parameters"] = {
            "type": "object",
            "properties": {parameter.name: parameter.schema_of() for parameter in self.parameters},
            "required": [parameter.name for parameter in self.parameters if parameter.required],
        }
        return {"type": "function", "function": function}


def tool_choice(wanted: str, functions: Sequence[ChatFunction]) -> str | dict[str, Any]:
    """`auto`, `none` or the name of one of the functions, as the API takes it."""
    if wanted in ("auto", "none", "required"):
        return wanted
    names = [function.name for function in functions]
    if wanted not in names:
        raise TaskFailure(
            f"functionCall names {wanted!r}, which is not one of the functions "
            f"({', '.join(names) or 'there are none'}); write auto, none or one of those names.",
            retryable=False,
        )
    return {"type": "function", "function": {"name": wanted}}


def with_function_call(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message whose (first) call stands in `function_call` with its arguments parsed, as flows read them; the text
    the model wrote stays beside them as `raw_arguments`."""
    calls = message.get("tool_calls")
    first = calls[0].get("function") if isinstance(calls, list) and calls and isinstance(calls[0], Mapping) else None
    called = message.get("function_call") or first
    if not isinstance(called, Mapping):
        return dict(message)
    raw = called.get("arguments")
    return {**message, "function_call": {"name": called.get("name"), "arguments": _parsed(raw), "raw_arguments": raw}}


def _parsed(arguments: Any) -> Any:
    try:
        return json.loads(arguments)
    except (TypeError, ValueError):
        return arguments
