"""render and render_value: text, structures, native types, and what errors say."""

from datetime import UTC, datetime

import pytest

from builder.expressions import ExpressionError, UndefinedVariable, render, render_value, truthy
from builder.expressions.trial import GivenLookups

NOW = datetime(2025, 12, 31, 23, 59, 58, tzinfo=UTC)


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("no braces", "no braces"),
        ("{{ 5 / 2 }} {{ -5 / 2 }} {{ -5 % 3 }} {{ 5.0 / 2 }}", "2 -2 -2 2.5"),
        ("{{ a ?? b ~ 'c' }}", "xc"),
        ("{{ a ?? 0 == 0 }}", "false"),
        ("{{ (a ?? 0) == 'x' and not false }}", "true"),
        ("{{ 2 + 3 * 4 }} {{ (2 + 3) * 4 }} {{ 'n' ~ 1 | upper }}", "14 20 N1"),
        ("{{ 1 == 1.0 }} {{ '1' == 1 }} {{ true == 1 }}", "true false false"),
        ("{{ 100000000.5 }} {{ 0.0001 }} {{ 3.0 }}", "1.000000005E8 1.0E-4 3.0"),
        ("{{ 2..4 }} {{ 'a'..'c' }}", '[2,3,4] ["a","b","c"]'),
        ("{{ 'b' in 'abc' }} {{ 4 not in [1] }} {{ [1, 2] contains 2 }}", "true true true"),
        ("{{ null }}{{ [null, true] }}", "[null,true]"),
        ('{{ "Hello #{a}!" }}', "Hello x!"),
        ("{% for i in [1, 2] %}{{ loop.index }}{{ i }}{{ loop.last }};{% else %}none{% endfor %}", "01false;12true;"),
        ("{% for i in [] %}{% else %}none{% endfor %}", "none"),
        ("{% set n = 0 %}{% for i in [1, 2, 3] %}{% set n = n + i %}{% endfor %}{{ n }}", "6"),
        ("{% if a == 'y' %}1{% elseif a is defined %}2{% else %}3{% endif %}", "2"),
        ("{% macro m(p, q='d') %}<{{ p }}{{ q }}{{ a is defined }}>{% endmacro %}{{ m(1) }}{{ m(q=2, p=3) }}",
         "<1dfalse><32false>"),
        ("{% block b %}B{% endblock %}{{ block('b') }}", "BB"),
        ("{% filter upper | trim %} x{{ a }} {% endfilter %}", "XX"),
        ("a {{- 'b' -}} c {# never #}d", "abc d"),
        ("{{ now('iso_sec') }}", "2025-12-31T23:59:58Z"),
    ],
)  # fmt: skip
def test_a_template_renders(template, result):
    assert render(template, {"a": "x", "b": "y"}, now=NOW) == result


def test_what_a_value_holds_is_not_rendered_again():
    assert render("{{ a }}", {"a": "{{ 7 * 7 }}"}) == "{{ 7 * 7 }}"


def test_render_follows_templates_in_values_and_stops():
    assert render("{{ render(a) }}", {"a": "{{ b }}", "b": "{{ c }}", "c": 1}) == "1"
    with pytest.raises(ExpressionError, match="Too many rendering attempts"):
        render("{{ render(a) }}", {"a": "{{ a }}x"})


def test_a_structure_is_rendered_with_its_keys_and_keeps_what_is_no_text():
    value = {"{{ k }}": ["{{ v }}", 1, None, {"x": True}]}
    assert render_value(value, {"k": "key", "v": [1, 2]}) == {"key": ["[1,2]", 1, None, {"x": True}]}


def test_a_lone_expression_keeps_its_type_when_typed():
    variables = {"list": [1, {"a": None}], "n": 2, "t": "x"}
    assert render_value("{{ list }}", variables, typed=True) == [1, {"a": None}]
    assert render_value("{{ n }}\n", variables, typed=True) == 2
    assert render_value("{{ t }}\n", variables, typed=True) == "x\n"
    assert render_value("{{ n }}{{ n }}", variables, typed=True) == 4
    assert render_value("{{ n > 1 }}", variables, typed=True) is True
    with pytest.raises(ExpressionError, match=r"Tried to add java.lang.String to java.lang.Integer"):
        render_value("{{ n }} items", variables, typed=True)


def test_an_undefined_variable_is_named_with_its_line():
    with pytest.raises(UndefinedVariable) as caught:
        render("first\n{{ inputs.nmae }}", {"inputs": {"name": 1}})
    assert (caught.value.line, caught.value.column, caught.value.hint) == (2, 10, "did you mean name?")
    assert "Unable to find `nmae` used in the expression `first\n{{ inputs.nmae }}` at line 2" in str(caught.value)


def test_a_name_with_a_hyphen_gets_a_hint():
    with pytest.raises(UndefinedVariable, match=r"is written in brackets"):
        render("{{ outputs.my-task }}", {"outputs": {"my-task": 1}})


def test_an_error_never_quotes_a_secret():
    world = GivenLookups({"secrets": {"KEY": "s3cr3t"}}, {})
    for use in ("/ 0", ".a.b", "| date", "| number", "| jq('.a')", "is even"):
        with pytest.raises(ExpressionError) as caught:
            render("{{ secret('KEY') " + use + " }}", {}, world)
        assert "s3cr3t" not in str(caught.value)
    with pytest.raises(ExpressionError) as caught:
        render("{{ inputs[secret('KEY')] }}", {"inputs": {}}, world)
    assert "s3cr3t" not in str(caught.value)


def test_a_missing_key_is_an_error_that_coalescing_catches():
    world = GivenLookups({"kv": {"there": 1}}, {})
    assert render("{{ kv('there') }}{{ kv('gone') ?? 2 }}{{ kv('gone', errorOnMissing=false) }}", {}, world) == "12"
    with pytest.raises(ExpressionError, match="The key 'gone' does not exist"):
        render("{{ kv('gone') }}", {}, world)


def test_truth_is_that_of_kestra():
    assert [truthy(text) for text in ("", "0", "-0", "false", None, False, 0)] == [False] * 7
    assert [truthy(text) for text in (" false", "[]", "null", "False", "0.0", True, 1)] == [True] * 7


LOOP_VARIABLES = {
    "outputs": {"fetch": {"a": {"v": 1}, "b": {"v": 2}}},
    "task": {"id": "fetch"},
    "taskrun": {"value": "b"},
    "parents": [{"outputs": {"w": 3}}, {"taskrun": {"value": "x"}}],
}


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("parentOutput().w", "3"),
        ("parentOutput(7)", ""),
        ("isPublicHoliday('2024-12-25', 'fr')", "true"),
        ("isPublicHoliday('2024-12-24', 'FR')", "false"),
        ("isPublicHoliday('2024-01-06', 'DE', 'BY')", "true"),
        ("isLastWorkingDay('2024-03-30', 'SATURDAY')", "true"),
        ("isLastWorkingDay('2024-03-29', 'saturday sunday')", "false"),
        ("isDayWeekInMonth('2024-03-04', 'monday', position='FIRST')", "true"),
        ("secret('JSON', subkey='a')", "1"),
        ("secret('JSON', full=true).value | length", "7"),
        ("kv('k') ~ kv('none', errorOnMissing=false)", "v"),
    ],
)
def test_a_function_gives(expression, result):
    world = GivenLookups({"secrets": {"JSON": '{"a":1}'}, "kv": {"k": "v"}}, {})
    assert render("{{ " + expression + " }}", LOOP_VARIABLES, world) == result


def test_an_earlier_iteration_is_found_by_its_place():
    seen = {**LOOP_VARIABLES, "parents": []}
    assert render("{{ iterationOutput().v }}{{ iterationOutput('fetch', 1).v }}", seen) == "12"
    assert render("{{ iterationOutput('other') ?? 'none' }}", seen) == "none"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("isPublicHoliday('2024-12-25', 'XX')", "holidays of this country"),
        ("isLastWorkingDay('2024-03-29', 'FUNDAY')", "does not know the day 'FUNDAY'"),
        ("subflow('a', 'b')", "answered where the inputs of a flow are worked out"),
        ("credential('a')", "enterprise edition"),
        ("appLink('a')", "enterprise edition"),
        ("secret('JSON', subkey='a', full=true)", "cannot be called with both"),
        ("kv('none')", "does not exist"),
    ],
)
def test_a_function_says_what_is_wrong(expression, message):
    world = GivenLookups({"secrets": {"JSON": '{"a":1}'}}, {})
    with pytest.raises(ExpressionError, match=message):
        render("{{ " + expression + " }}", {}, world)


def test_task_runs_of_a_state_are_listed_with_it():
    seen = {"tasks": {"a": {"state": "FAILED"}, "b": {"x": {"state": "FAILED"}, "y": {"state": "SUCCESS"}}}}
    found = '[{"taskId":"a","state":"FAILED"},{"taskId":"b","state":"FAILED","value":"x"}]'
    assert render("{{ tasksWithState('failed') }}", seen) == found
