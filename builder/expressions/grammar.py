"""The operators and tags of the language as the reference tells them, each with an example that the tests play."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Written:
    """One operator or tag, or several that belong together. `word` names it in addresses; `example` gives `result`."""

    kind: str
    name: str
    word: str
    summary: str
    example: str
    result: str


def _operator(name: str, word: str, summary: str, example: str, result: str) -> Written:
    return Written("operator", name, word, summary, example, result)


def _tag(name: str, word: str, summary: str, example: str, result: str) -> Written:
    return Written("tag", name, word, summary, example, result)


OPERATORS = (
    _operator("+ -", "plus", "Adds and subtracts numbers; + puts lists and maps together.", "{{ 7 + 2 - 4 }}", "5"),
    _operator("* / %", "times", "Multiplies, divides, and gives the rest of a division.",
              "{{ 7 * 2 }} {{ 7 % 2 }}", "14 1"),
    _operator("~", "join", "Puts texts together; numbers become text.", "{{ 'No. ' ~ 5 }}", "No. 5"),
    _operator("== equals", "equals", "Whether two values are the same.",
              "{{ 1 == 1 }} {{ 'a' equals 'b' }}", "true false"),
    _operator("!=", "differs", "Whether two values differ.", "{{ 'a' != 'b' }}", "true"),
    _operator("> < >= <=", "compare", "Compares numbers, dates and texts.", "{{ 3 > 2 }} {{ 3 <= 2 }}", "true false"),
    _operator("and or", "both", "Whether both hold, or at least one.", "{{ 3 > 2 and 1 > 2 }} {{ 3 > 2 or 1 > 2 }}",
              "false true"),
    _operator("not", "not", "The opposite; it holds for all that follows it.", "{{ not (3 > 2) }}", "false"),
    _operator("is, is not", "is", "Asks a test about a value.", "{{ [] is empty }} {{ 3 is not even }}", "true true"),
    _operator("contains", "contains", "Whether a list, map or text holds a value.",
              "{{ ['a', 'b'] contains 'a' }}", "true"),
    _operator("in, not in", "in", "Whether a value is in a list, map or text.", "{{ 'a' in ['a', 'b'] }}", "true"),
    _operator("isIn", "is-in", "Whether an item of a list, or a key or value of a map, has the same text.",
              "{{ 1 isIn ['1', '2'] }}", "true"),
    _operator("|", "pipe", "Gives a value to a filter, whose result may go to the next.",
              "{{ 'ada' | upper | reverse }}",
              "ADA"),
    _operator("..", "range", "The whole numbers from one to another.", "{{ 1..4 }}", "[1,2,3,4]"),
    _operator("??", "otherwise", "The first value that is there and not null; nothing missing is an error on its left.",
              "{{ inputs.nobody ?? 'somebody' }}", "somebody"),
    _operator("???", "undefined", "The first value that is there at all, null included.",
              "{{ inputs.nobody ??? 'somebody' }}", "somebody"),
    _operator("? :", "choose", "One of two values, by a condition.", "{{ 3 > 2 ? 'more' : 'less' }}", "more"),
    _operator(". []", "inside", "What is inside a map or list: by name, by a name that is computed, by place from 0.",
              "{{ {'a': [5, 6]}.a[1] }}", "6"),
)  # fmt: skip
"""In the order of their reading, from arithmetic to access."""

TAGS = (
    _tag("{{ }}", "output", "Writes the value of an expression; around it stands text.",
         "Hello {{ 'Ada' }}!", "Hello Ada!"),
    _tag("{# #}", "comment", "A note that is not written.", "a{# for people #}b", "ab"),
    _tag("{{- -}}", "trim", "A dash takes away the space on that side; tags have it too.", "a {{- 1 -}} b", "a1b"),
    _tag("if", "if", "Writes one of several texts, by conditions.",
         "{% if 1 > 2 %}more{% elseif 1 == 2 %}same{% else %}less{% endif %}", "less"),
    _tag("for", "for", "Writes a text for each item; `loop` has index, length, first and last.",
         "{% for one in ['a', 'b'] %}{{ loop.index }}{{ one }} {% else %}none{% endfor %}", "0a 1b "),
    _tag("set", "set", "Gives a value a name, for what follows.", "{% set n = 2 %}{{ n * 2 }}", "4"),
    _tag("macro", "macro", "A text of one's own with parameters, called like a function.",
         "{% macro hi(who) %}Hi {{ who }}{% endmacro %}{{ hi('Ada') }}", "Hi Ada"),
    _tag("block", "block", "A named part of a text; block('name') writes it again.",
         "{% block a %}x{% endblock %}{{ block('a') }}", "xx"),
    _tag("filter", "filter", "Gives a whole text to a filter.", "{% filter upper %}hello{% endfilter %}", "HELLO"),
    _tag("raw", "raw", "Text that is not read as a template.", "{% raw %}{{ as it is }}{% endraw %}", "{{ as it is }}"),
    _tag("verbatim", "verbatim", "Another name of raw.", "{% verbatim %}{{ x }}{% endverbatim %}", "{{ x }}"),
)  # fmt: skip
"""What stands around expressions."""
