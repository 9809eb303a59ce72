"""Parsing: values as JSON has them, exact places, and everything wrong at once."""

import time

import pytest

from builder.flows.document import parse, split_documents
from builder.flows.limits import Limits
from builder.flows.nodes import Shape, Style


def written(text: str, *path: str | int) -> str:
    span = parse(text).span(path)
    assert span is not None
    return text[span.start : span.end]


def test_booleans_are_only_true_and_false():
    assert parse("{a: true, b: FALSE, c: NO, d: on, e: yes, f: 'true'}").data == {
        "a": True,
        "b": False,
        "c": "NO",
        "d": "on",
        "e": "yes",
        "f": "true",
    }


def test_numbers_null_and_dates_are_read_as_json_style_yaml():
    text = "a: 12\nb: -1.5e3\nc: 0x1F\nd: 0o17\ne: ~\nf:\ng: 2024-01-02\nh: 1_000\ni: .inf\nj: 08:30\nk: 1e999\n"
    assert parse(text).data == {
        "a": 12,
        "b": -1500.0,
        "c": 31,
        "d": 15,
        "e": None,
        "f": None,
        "g": "2024-01-02",
        "h": "1_000",
        "i": ".inf",
        "j": "08:30",
        "k": "1e999",
    }


def test_keys_are_text_whatever_they_look_like():
    assert parse("1: a\ntrue: b\n2024-01-02: c\n? [x, y]\n: d\n").data == {
        "1": "a",
        "true": "b",
        "2024-01-02": "c",
        "[x, y]": "d",
    }


def test_offsets_hold_with_a_byte_order_mark_windows_line_ends_and_emoji():
    text = "\ufeffid: é🎉x\r\nb: |\r\n  line\r\n  two\r\n\r\n\r\nc: &q 'aa'\r\nlast: [1, 2]\r\n"
    document = parse(text)
    assert not document.problems
    assert written(text, "id") == "é🎉x"
    assert written(text, "b") == "|\r\n  line\r\n  two"
    assert written(text, "c") == "&q 'aa'"
    assert written(text, "last", 1) == "2"
    span = document.span(("c",))
    assert span is not None
    assert (span.line, span.column, text[span.content : span.end], span.style) == (7, 4, "'aa'", Style.SINGLE)
    key = document.key_span(("id",))
    assert key is not None and (key.line, key.column) == (1, 1)


def test_a_block_collection_ends_where_its_last_value_ends():
    text = "a:\n  - x: 1\n    y: two # note\n  # foot\n\nb: 2\n"
    assert written(text, "a") == "- x: 1\n    y: two"
    assert written(text, "a", 0) == "x: 1\n    y: two"


def test_an_empty_value_stands_right_after_its_colon():
    span = parse("a:\nb:   # none\n").span(("a",))
    assert span is not None and (span.start, span.end) == (2, 2)


def test_aliases_and_merge_keys_are_expanded_and_marked_as_shared():
    text = "base: &b {x: 1, y: 2}\nown:\n  <<: *b\n  y: 3\nsame: *b\n"
    document = parse(text)
    assert document.data == {"base": {"x": 1, "y": 2}, "own": {"y": 3, "x": 1}, "same": {"x": 1, "y": 2}}
    shared = [document.span(path) for path in (("own", "x"), ("same",), ("same", "x"))]
    assert all(span is not None and span.shared for span in shared)
    own = document.span(("own", "y"))
    assert own is not None and not own.shared
    assert shared[1] is not None and text[shared[1].start : shared[1].end] == "*b" and shared[1].shape is Shape.MAP


def test_a_duplicate_key_is_a_problem_at_the_second_one():
    document = parse("tasks:\n  - id: log\n    message: one\n    message: two\n")
    assert [(p.line, p.column, p.message) for p in document.problems] == [
        (4, 5, "Duplicate field 'message': it is written twice in \"log\"")
    ]
    assert document.data["tasks"][0]["message"] == "one"


def test_all_problems_are_found_at_once_in_the_order_of_lines():
    document = parse('a: "x\x07"\nb: !!binary eA==\nc: *nope\nd: "\\0"\na: 2\n')
    assert [p.line for p in document.problems] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "text, line, part",
    [
        ("a: b: c\n", 1, "colon"),
        ("a: [1, 2\nb: 3\n", 2, "not closed"),
        ("a: 'x\n", 1, "never closed"),
        ('a: 1\nb: "x\n\n', 2, "never closed"),
        ("id a\nnamespace: b\n", 1, "no colon"),
        ("tasks:\n  - id x\n    type: y\n", 2, "no colon"),
        ("\ta: 1\n", 1, "a tab is used for indentation"),
        ("a:\n\t- b: 1\n", 2, "a tab is used for indentation"),
        ('a: "\\ud83d\\ude00"\n', 1, "is no character"),
        ("%YAML 9.9\n---\na: 1\n", 1, "%YAML"),
        ("a: @x\n", 1, "begin"),
    ],
)
def test_a_syntax_error_says_what_is_meant_and_where(text: str, line: int, part: str):
    document = parse(text)
    assert document.data is None
    assert document.problems[0].line == line and part in document.problems[0].message
    assert document.problems[0].hint


def test_an_expression_without_quotes_is_told_to_take_some():
    problem = parse("a: 1\nb: {{ inputs.x }}\n").problems[0]
    assert (problem.line, problem.column, problem.hint) == (2, 4, 'Write "{{ inputs.x }}".')


def test_a_value_that_contains_itself_is_refused():
    assert "contains itself" in parse("a: &x\n  b: *x\n").problems[0].message


def test_nesting_is_limited_also_through_aliases():
    for row in ("a: " + "[" * 100_000, "a: " + "{b: " * 5_000, "- " * 5_000 + "a"):
        problems = parse(row).problems
        assert [problem.message for problem in problems] == [
            "nested too deeply: the limit is 200 levels (MILLSTREAM_FLOW_DEPTH)"
        ]
    tower = "\n".join(f"k{n}: &k{n} [{'*k' + str(n - 1) if n else 1}]" for n in range(250))
    assert "nested too deeply" in parse(tower).problems[0].message


def test_a_bomb_of_aliases_is_refused_at_once():
    rows = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    rows += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    began = time.process_time()
    document = parse("\n".join(rows))
    assert document.data is None and "MILLSTREAM_FLOW_VALUES" in document.problems[0].message
    assert time.process_time() - began < 5


def test_a_number_of_too_many_digits_is_refused_with_its_limit():
    assert "MILLSTREAM_FLOW_DIGITS" in parse("n: " + "9" * 5000).problems[0].message


def test_a_text_over_the_limit_is_refused():
    assert "MILLSTREAM_FLOW_BYTES" in parse("a: é\n" * 10, Limits(bytes_=40)).problems[0].message


def test_lone_surrogates_are_reported_and_not_raised():
    assert "U+D800" in parse("a: \ud800\n").problems[0].message


def test_several_flows_are_split_at_separator_lines():
    assert split_documents("---\nid: a\n---\r\nid: b\ntext: |\n  --- not one\n--- # c\nid: c") == [
        "id: a\n",
        "id: b\ntext: |\n  --- not one\n",
        "id: c",
    ]
    assert split_documents("id: a") == ["id: a"]


def test_a_second_flow_in_one_text_is_a_problem():
    assert parse("id: a\n---\nid: b\n").problems[0].line == 2


def test_five_hundred_tasks_are_read_in_well_under_two_hundred_milliseconds():
    text = "id: a\ntasks:\n" + "".join(
        f"  - id: t{n}\n    type: io.kestra.plugin.core.log.Log\n    message: |\n      hello {n}\n" for n in range(500)
    )
    best = min(_timed(text) for _ in range(3))
    assert best < 0.2


def _timed(text: str) -> float:
    began = time.process_time()
    assert not parse(text).problems
    return time.process_time() - began
