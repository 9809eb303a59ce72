"""Flow outputs: read by their type, optional ones left out, each fault naming its output."""

from typing import Any

import pytest

from builder.errors import InvalidInput
from builder.flows.inputs import ENCRYPTED_TYPE
from builder.flows.inputs.values import BadValue
from builder.flows.model import Output
from builder.flows.outputs import flow_outputs, typed_output


def given(output: Output) -> Any:
    if output.value == "broken":
        raise InvalidInput("Unable to find `x`")
    return output.value


def test_an_output_is_read_by_its_type() -> None:
    assert typed_output(Output("o", "STRING", "x"), {"a": 1}) == '{"a":1}'
    assert typed_output(Output("o", "INT", "x"), "3") == 3
    assert typed_output(Output("o", "INT", "x"), None) is None
    assert typed_output(Output("o", "ARRAY", "x", item_type="INT"), '["1", "2"]') == [1, 2]
    assert typed_output(Output("o", "SELECT", "x"), "any") == "any"
    with pytest.raises(BadValue, match="Invalid output for `o`, Expected `INT` but received `three`"):
        typed_output(Output("o", "INT", "x"), "three")


def test_a_secret_output_is_encrypted() -> None:
    kept = typed_output(Output("o", "SECRET", "x"), "s", encrypt=lambda text: "#" + text)
    assert kept == {"type": ENCRYPTED_TYPE, "value": "#s"}
    with pytest.raises(BadValue, match="encryption key"):
        typed_output(Output("o", "SECRET", "x"), "s")


def test_an_optional_output_that_cannot_be_had_is_left_out() -> None:
    declared = [
        Output("a", "INT", "1"),
        Output("b", "STRING", "broken", required=False),
        Output("c", "STRING", None, required=False),
        Output("d", "STRING", None),
    ]
    assert flow_outputs(declared, given) == {"a": 1, "d": None}


def test_a_required_output_that_cannot_be_rendered_is_named() -> None:
    with pytest.raises(BadValue, match="Invalid output for `b`, Unable to find `x`"):
        flow_outputs([Output("a", "INT", "1"), Output("b", "STRING", "broken")], given)
