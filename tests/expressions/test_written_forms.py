"""JSON, YAML and Ion: what is written can be read again, and hostile texts are refused."""

import pytest

from builder.expressions import ExpressionError, render, render_value, result_to_json

VALUE = {"a": [1, -2.5, None, True, "x: y'\"\n", {}], "b-c": {"null": "é"}}


@pytest.mark.parametrize("both", ["fromJson(v | toJson)", "yaml(v | yaml)", "fromIon(v | toIon)"])
def test_what_is_written_is_read_again(both):
    found = render_value("{{ " + both + " }}", {"v": VALUE}, typed=True)
    assert found == VALUE


def test_rows_of_ion_and_of_json_lines_are_read():
    variables = {"rows": '{a:1,b:"x"}\n{"a": 2, \'b c\': [null, 1.5e0]}\n'}
    assert render("{{ fromIon(rows, allRows=true) }}", variables) == '[{"a":1,"b":"x"},{"a":2,"b c":[null,1.5]}]'
    assert render("{{ fromIon(rows).b }}", variables) == "x"
    assert render("{{ fromIon(rows, allRows=true) | length }}", {"rows": "{a:1}\n" * 5000}) == "5000"


def test_yaml_makes_only_plain_values():
    assert render("{{ yaml(t) }}", {"t": "d: 2024-01-01\n1: yes"}) == '{"d":"2024-01-01","1":true}'
    for text in ("!!python/object/apply:os.system [id]", "a: [", "a: &a [*a]", "[" * 5000, "!!binary aGk="):
        with pytest.raises(ExpressionError):
            render("{{ yaml(t) }}", {"t": text})


def test_yaml_anchors_cannot_multiply():
    text = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    with pytest.raises(ExpressionError):
        render("{{ yaml(t) | length }}", {"t": text})


def test_results_become_json():
    assert result_to_json({1: (float("inf"), {"x"})}) == {"1": ["Infinity", ["x"]]}
