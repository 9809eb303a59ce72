"""What a real Kestra (0.21 and 2.0) answers to the same templates, measured, where one could doubt it."""

from datetime import UTC, datetime

import pytest

from builder.expressions import ExpressionError, check, render

VALUES = {
    "i": 7, "d": 1.5, "s": "Hello World", "n": None, "t": True, "f": False, "l": [3, 1, 2], "m": {"a": 1, "b": "x"},
    "csv": "a,b,,c,,", "day": "2024-02-29", "at": datetime(2013, 9, 8, 16, 19, tzinfo=UTC),
}  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("not t and f", "false"),
        ("not f or t", "true"),
        ("not (s contains 'H')", "false"),
        ("t ? 1 : 2 + 3", "1"),
        ("missing ?? 'a' | upper", "A"),
        ("1 + 2 ~ 'a'", "12a"),
        ("'a' + n", "anull"),
        ("s contains n", "false"),
        ("1..3 | join('-')", "1-2-3"),
        ("1.5..3", "[1,2,3]"),
        ("'a' isIn m ~ '' ~ ('x' isIn m)", "truetrue"),
        ("('1' isIn l) ~ (9 isIn l) ~ ('a' isIn 'abc')", "truefalsefalse"),
        ("TRUE and not FALSE", "true"),
        ("l['0']", "3"),
        ("s.length", "11"),
        ("l.size", "3"),
        ("at.year", "2013"),
        ("csv | split(',')", '["a","b","","c"]'),
        ("csv | split(',', 2)", '["a","b,,c,,"]'),
        ("'a.b' | split('.')", "[]"),
        ("'abc' | split('')", '["a","b","c"]'),
        ("'' | split(',')", '[""]'),
        ("'a.b.c' | abbreviate(5)", "a...."),
        ("'  a b' | capitalize", "  A b"),
        ("'stra\u00dfe \u00df' | title", "Stra\u00dfe \u00df"),
        ("['', null, 'x'] | join(',')", ",null,x"),
        ("n | merge({'q': 1})", '{"q":1}'),
        ("[1] | merge({'q': 1})", '[1,{"q":1}]'),
        ("i | length", "0"),
        ("n | yaml", "null"),
        ("m is iterable", "false"),
        ("max(n, 1) ~ max()", "1"),
        ("'0x1F' | number", "31"),
        ("'1L' | number", "1"),
        ("-12 | numberFormat('0.0;(0.0)')", "(12.0)"),
        ("12345 | numberFormat('0.###E0')", "1.234E4"),
        ("0.5 | numberFormat('#')", "0"),
        ("1700000000123 | date('iso_milli')", "2023-11-14T22:13:20.123Z"),
        ("day | date('EEE d MMM', locale='fr')", "jeu. 29 f\u00e9vr."),
        ("day | date('EEEE MMMM', locale='de_DE')", "Donnerstag Februar"),
        ("day | date('medium', locale='en_GB')", "29 Feb 2024, 00:00:00"),
        ("day | dateAdd('2', 'HOURS', 'iso_sec')", "2024-02-29T02:00:00Z"),
        ("uuid() | length", "36"),
        ("block('none')", ""),
    ],
)
def test_an_expression_gives_what_kestra_gives(expression, result):
    assert render("{{ " + expression + " }}", VALUES) == result


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("{% for v in n %}x{% else %}e{% endfor %}|{% for v in [] %}x{% else %}e{% endfor %}", "|e"),
        ("{% verbatim %} {{ i }} {% endverbatim %}x", "{{ i }} x"),
        ("{{ v | yaml }}", 'k:\n - 1\n -\n  z: null\n  t: |-\n    a\n    b\n"n": x\n'),
        ("{{ [[1, [2]], 'x: y', '', 'yes', '12'] | yaml }}",
         ' -\n   - 1\n   -\n     - 2\n - "x: y"\n - ""\n - "yes"\n - 12\n'),
    ],
)  # fmt: skip
def test_a_template_gives_what_kestra_gives(template, result):
    assert render(template, {**VALUES, "v": {"k": [1, {"z": None, "t": "a\nb"}], "n": "x"}}) == result


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("s.toUpperCase()", "HELLO WORLD"),
        ("s.substring(0, 5).toLowerCase()", "hello"),
        ("s.replace('l', 'L').contains('LL')", "true"),
        ("s.split(' ').size()", "2"),
        ("m.get('a') + m.getOrDefault('z', 1)", "2"),
        ("m.keySet()", '["a","b"]'),
        ("l.contains(2) ~ l.indexOf(2)", "true2"),
        ("at.plusDays(1).getDayOfWeek()", "MONDAY"),
        ("at.isBefore(at.plusHours(1))", "true"),
        ("missing.size() ?? 'none'", "none"),
    ],
)
def test_the_methods_that_flows_call_are_there(call, result):
    assert render("{{ " + call + " }}", VALUES) == result


@pytest.mark.parametrize(
    "walk",
    ["s.getClass()", "s.class", "''.getClass().forName('x')", "l.clear()", "m.put('a', 2)", "l.add(1)", "s.__class__",
     "s.getBytes()", "m.remove('a')", "at.getZone().getRules()", "l.stream()", "s.format('%s', 1)", "l.sort"],
)  # fmt: skip
def test_no_other_method_is_reached(walk):
    with pytest.raises(ExpressionError):
        render("{{ " + walk + " }}", VALUES)


def test_a_method_that_no_value_has_is_warned_of():
    (fault,) = check("{{ inputs.a.getClass() }}")
    assert fault.at_run and "No value has the method `.getClass()`" in fault.message
    assert check("{{ inputs.a.toUpperCase() }}") == []


def test_methods_are_bounded_too():
    for call in ("s.repeat(999999999)", "s.replaceAll('(a|aa)+$', 'x')", "s.split('(a|aa)+$')"):
        with pytest.raises(ExpressionError):
            render("{{ " + call + " }}", {"s": "a" * 5000 + "!"})
