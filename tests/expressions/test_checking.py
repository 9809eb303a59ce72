"""check, references and needs_lookups: what is known without rendering."""

import random
import sys

import pytest

from builder.expressions import check, needs_lookups, references


@pytest.mark.parametrize(
    ("template", "column", "message", "hint"),
    [
        ("{{ a | uper }}", 8, 'There is no filter "uper"', "did you mean upper?"),
        ("{{ nwo() }}", 4, 'There is no function "nwo"', "did you mean now?"),
        ("{{ a is evne }}", 9, 'There is no test "evne"', "did you mean even?"),
        ("{{ a | date(fromat='iso') }}", 8, "The filter `date` has no argument `fromat`", "did you mean format?"),
        ("{{ a | upper(1) }}", 8, "The filter `upper` takes 0 arguments, not 1", ""),
        ("{{ fromJson() }}", 4, "The 'fromJson' function expects an argument 'json'.", ""),
        ("{{ a", 1, "`{{` is never closed", "close it with }}"),
        ("{{ 'a }}", 4, "The text that starts here is never closed", "close it with '"),
        ("{{ a b }}", 6, "`}}` is missing before `b`", "two values need an operator between them, for example ~"),
        ("{{ 'x'.upper() }}", 8, "No value has the method `.upper()`", "did you mean toUpperCase?"),
        ("{{ a[1:2] }}", 7, "`[from:to]` is not possible", "use the filter slice(from, to)"),
        ("{% include 'x' %}", 4, "The tag `include` is not available here", ""),
        ("{% for x of y %}", 10, "`in` is missing before `of`", "{% for item in list %}"),
        ("{% if a %}", 11, "The tag `if` is never closed", "close it with {% endif %}"),
        ("{% if a %}{% endfor %}", 14, "The tag `endfor` stands where `endif` is expected", ""),
        ("{{ 99999999999999999999 }}", 4, "The number is too large: whole numbers have 64 bits", ""),
    ],
)
def test_a_fault_is_found_with_its_place(template, column, message, hint):
    (fault,) = check(template)
    assert (fault.line, fault.column, fault.message, fault.hint) == (1, column, message, hint)


def test_all_unknown_names_are_found_on_their_lines():
    faults = check("{{ a | x1y2z3 }}\n{% filter uppr %}{% endfilter %}\n{% macro m() %}{% endmacro %}{{ m() }}")
    assert [(fault.line, fault.message) for fault in faults] == [
        (1, 'There is no filter "x1y2z3"'),
        (2, 'There is no filter "uppr"'),
    ]


def test_references_name_what_a_template_reads():
    found = references("{% for x in outputs.a['b c'][0] %}{{ x.y ~ kv('key') }}{{ inputs[name].z }}{% endfor %}")
    assert [(each.path, each.function, each.key) for each in found] == [
        (("outputs", "a", "b c", 0), "", None),
        ((), "kv", "key"),
        (("inputs",), "", None),
        (("name",), "", None),
    ]


def test_only_what_may_wait_needs_lookups():
    assert needs_lookups({"a": ["{{ secret('x') }}"]})
    assert needs_lookups({"{{ read('x') }}": 1})
    assert needs_lookups("{{ x | jq('.') }}")
    assert needs_lookups("{{ kv('x').name }}") and needs_lookups("{{ secret('x').a[0].b }}")
    assert not needs_lookups(["kv(", "{{ inputs.kv }}", 3, None])


@pytest.mark.parametrize("seed", range(200))
def test_what_is_read_without_a_tree_is_read_as_with_one(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(seed)
    template = "".join(dice.choice(PIECES) for _ in range(dice.randint(1, 6)))
    quick = (references(template), check(template))
    for module in ("check", "references"):
        monkeypatch.setattr(sys.modules[f"builder.expressions.{module}"], "dotted_names", lambda source: None)
    assert quick == (references(template), check(template)), template


PIECES = (
    "{{ a }}", "{{a.b}}", "{{- a -}}", "{", "}}", "{{{ a }}}", "{{ not }}", "{{ a.in }}", "{{ a . b }}", "{{ 1 }}", "x",
    "{{ a b }}", "\n", " ", "{{ loop.index }}", "{{ true }}", "{{ é.ü }}", "{{}}", "{# c #}", "{% if a %}", "'{{ a }}'",
)  # fmt: skip
