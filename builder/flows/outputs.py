"""What a flow gives back when it ends: each declared output rendered and read by its type."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from builder.errors import BuilderError
from builder.flows.inputs import ENCRYPTED_TYPE
from builder.flows.inputs.values import BadValue, parse_value, received
from builder.flows.model import Output

Render = Callable[[Output], Any]
"""The output's value, rendered, as JSON has it; texts of secrets masked unless the output is a SECRET."""


def flow_outputs(
    outputs: Sequence[Output], render: Render, *, encrypt: Callable[[str], str] | None = None
) -> dict[str, Any]:
    """All outputs by their id. Raises BadValue naming the first that cannot be had.

    One that is not required is left out where it cannot be rendered or is null.
    """
    found: dict[str, Any] = {}
    for output in outputs:
        try:
            value = render(output)
        except BuilderError as error:
            if output.required:
                raise BadValue(f"Invalid output for `{output.id}`, {error.message}") from error
            continue
        if value is not None or output.required:
            found[output.id] = typed_output(output, value, encrypt=encrypt)
    return found


def typed_output(output: Output, value: Any, *, encrypt: Callable[[str], str] | None = None) -> Any:
    """A rendered output as its type says. Raises BadValue; null stays null."""
    if value is None:
        return None
    properties: Mapping[str, Any] = {"allowCustomValue": True}
    if output.item_type:
        properties = {**properties, "itemType": output.item_type}
    try:
        read = parse_value(output.type, properties, value)
    except BadValue as error:
        raise BadValue(f"Invalid output for `{output.id}`, {error}, but received `{received(value)}`") from error
    if output.type != "SECRET":
        return read
    if encrypt is None:
        raise BadValue(
            f"Invalid output for `{output.id}`, a SECRET needs an encryption key: set MILLSTREAM_ENCRYPTION_KEY"
        )
    return {"type": ENCRYPTED_TYPE, "value": encrypt(read)}
