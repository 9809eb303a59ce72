"""`manage.py expression`: lines of JSON in, lines of JSON out."""

import io
import json

from django.core.management import call_command

from builder.management.commands.expression import answer_line


def answers(monkeypatch, *lines):
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines)))
    out = io.StringIO()
    call_command("expression", stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_each_line_gets_one_answer(monkeypatch):
    given = answers(
        monkeypatch,
        '{"template": "{{ a + 1 }}", "vars": {"a": 1}}',
        '{"template": "{{ d }}", "vars": {"d": {"$type": "duration", "value": "PT5S"}}, "render": "typed"}',
        '{"template": {"{{ k }}": ["{{ k }}", 1]}, "vars": {"k": "x"}, "render": "map"}',
        "",
        "{{ no json }}",
    )
    assert given[:3] == [{"result": "2"}, {"result": "PT5S"}, {"result": {"x": ["x", 1]}}]
    assert given[3:] == [{"error": "The line is not JSON"}]


def test_an_error_is_an_answer():
    assert "Unable to find `missing`" in answer_line('{"template": "{{ missing }}"}')["error"]
    assert "There is no type `x`" in answer_line('{"template": "", "vars": {"a": {"$type": "x", "value": 1}}}')["error"]
    wrong = '{"template": "", "vars": {"a": {"$type": "epoch_date_ms", "value": "x"}}}'
    assert answer_line(wrong) == {"error": "The value of the epoch_date_ms cannot be read"}
    assert answer_line('{"template": "", "vars": [1]}') == {"error": '"vars", "setup" and "settings" are maps'}
    assert answer_line("[1]") == {"error": 'The line needs a "template"'}


def test_no_line_ends_the_command(monkeypatch):
    lines = [
        "[" * 100_000,
        '{"template": "{{ a }}", "vars": {"a": ' + "[" * 700 + "]" * 700 + "}}",
        '{"template": "{{ a }}", "vars": {"a": ' + "9" * 5000 + "}}",
        '{"template": "\\ud800{{ 1 }}"}',
        '{"template": "{{ errorLogs() }}{{ kv(1) }}", "setup": {"logs": [5], "kv": 5}}',
        '{"template": 5, "render": 5}',
        "\x00",
        '{"template": "{{ 1 }}"}',
    ]
    given = answers(monkeypatch, *lines)
    assert len(given) == len(lines)
    assert given[3] == {"result": "\ud8001"} and given[-1] == {"result": "1"}
    assert [sorted(each) for each in given[:3]] == [["error"]] * 3


def test_the_world_of_a_line_is_what_it_gives():
    line = {"template": "{{ kv('a') }}{{ secret('b') }}{{ decrypt('k', encrypt('k', 'c')) }}",
            "setup": {"kv": {"a": 1}, "secrets": {"B": "2"}}}  # fmt: skip
    assert answer_line(json.dumps(line)) == {"result": "12c"}


def test_one_template_can_be_given_as_an_argument():
    out = io.StringIO()
    call_command("expression", "{{ 1 + 1 }}", stdout=out)
    assert json.loads(out.getvalue()) == {"result": "2"}
