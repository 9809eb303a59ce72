"""What an expression may use is bounded, and every limit says its name."""

import pytest

from builder.expressions import ExpressionError, ExpressionLimit, Limits, render, render_value

LOOP = "{% for i in range(1, 60) %}"


@pytest.mark.parametrize(
    ("template", "limit"),
    [
        ("{{ range(1, 1000000000) }}", "items"),
        ("{% set s = 'ab' %}" + LOOP + "{% set s = s ~ s %}{% endfor %}", "output_bytes"),
        ("{% set s = 'ab' %}" + LOOP + "{% set s = s | replace({'a': 'aaaaaaaaaa'}) %}{% endfor %}", "output_bytes"),
        ("{% set n = 9999999999 %}" + LOOP + "{% set n = n * n %}{% endfor %}", "integer"),
        ("{{ 'x' | nindent(1000000000) }}", "output_bytes"),
        ("{{ '%1000000000d' | format(1) }}", "output_bytes"),
        ("{% macro r(n) %}{{ r(n + 1) }}{% endmacro %}{{ r(0) }}", "depth"),
        ("{% block b %}{{ block('b') }}{% endblock %}", "depth"),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "depth"),
        ("{{ 'a'" + " ~ 'a'" * 20000 + " }}", "depth"),
        ("{{ " + "a." * 5000 + "b }}", "depth"),
        ("{% if 1 %}" * 1500 + "{% endif %}" * 1500, "depth"),
        ("x{{ 1 }}" + "y" * 2_000_000, "template_bytes"),
    ],
)
def test_a_limit_is_named(template, limit):
    with pytest.raises(ExpressionLimit) as caught:
        render(template, {})
    assert caught.value.limit == limit


def test_a_list_that_holds_itself_many_times_is_not_written_out():
    limits = Limits(steps=10_000)
    for use in ("{{ l }}", "{{ l == m }}", "{{ l | toIon }}", "{{ [l] contains [m] }}"):
        doubled = LOOP + "{% set l = [l, l] %}{% set m = [m, m] %}{% endfor %}"
        template = "{% set l = [1] %}{% set m = [1] %}" + doubled + use
        with pytest.raises(ExpressionError):
            render(template, {}, limits=limits)


def test_endless_loops_stop_by_steps_and_by_time():
    template = "{% for a in range(1, 9999) %}{% for b in range(1, 9999) %}{{ b }}{% endfor %}{% endfor %}"
    for limits, name in ((Limits(steps=1000), "steps"), (Limits(seconds=0.02), "seconds")):
        with pytest.raises(ExpressionLimit) as caught:
            render(template, {}, limits=limits)
        assert caught.value.limit == name


def test_a_slow_regular_expression_is_stopped():
    with pytest.raises(ExpressionLimit, match="regular expression takes too long"):
        render("{{ t | regexMatch('(a|aa)+$') }}", {"t": "a" * 60 + "!"}, limits=Limits(seconds=0.05))


def test_all_texts_of_a_structure_share_one_budget():
    with pytest.raises(ExpressionLimit):
        render_value(["{{ range(1, 100) }}"] * 100, {}, limits=Limits(steps=2000))


def test_numbers_of_any_length_meet_no_limit_of_python():
    assert render("{{ n }}", {"n": 10**900}) == "1" + "0" * 900
    with pytest.raises(ExpressionLimit):
        render("{{ n }}", {"n": 10**5000})
    with pytest.raises(ExpressionError, match="990 digits"):
        render("{{ fromJson(t) }}", {"t": "9" * 5000})
    with pytest.raises(ExpressionError, match="nested too deep"):
        render("{{ fromJson(t) }}", {"t": "[" * 100_000})


def test_wrong_arguments_are_errors_of_the_expression():
    for use in ("1 | slice('a')", "'a' | format_", "[1] | chunk(0)", "[3, 'a'] | sort", "'x' | default", "upper()",
                "'x'.repeat(-1)",
                "range('a', 1)", "'a' | replace('b')", "1 | jq(1)", "now(timeZone=[])", "{[1]: 2}[[1]]",
                "'a' | abbreviate(null)", "[] | join([1]) | date(1)"):  # fmt: skip
        with pytest.raises(ExpressionError):
            render("{{ " + use + " }}", {})


@pytest.mark.parametrize(
    "use",
    [
        "'ab'.repeat(9999999)",
        "t.replace('', t)",
        "t | split('(a|aa)+$')",
        "t.matches('(a|aa)+$')",
        "t | date('iso', locale=t)",
        "'2024-01-01' | date('EEEE', locale=t ~ t)",
        "t | numberFormat(t)",
        "'1' | numberFormat('0' ~ t)",
        "[1, 2].get(99999999999)",
        "'x' | dateAdd(t, 'DAYS')",
        "isPublicHoliday('9999-12-31', t)",
        "isLastWorkingDay('2024-01-01', t)",
        "http(t)",
    ],
)
def test_newer_operations_are_bounded(use):
    with pytest.raises(ExpressionError):
        render("{{ " + use + " }}", {"t": "a" * 50_000 + "!"}, limits=Limits(seconds=0.2))
