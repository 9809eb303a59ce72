"""Splicing: only what must change does, and comments, quotes and layout survive."""

import random
from pathlib import Path

import pytest

from builder.errors import InvalidInput
from builder.flows.document import parse
from builder.flows.edit import (
    Duplicate,
    Insert,
    Move,
    Remove,
    RenameKey,
    SetValue,
    Several,
    Unset,
    apply,
    edit_from_json,
)
from builder.flows.edit.intent import intended, same

FLOW = """\
id: triage   # the id
namespace: support
# owner: help desk
inputs:
  - id: ticket
    type: STRING

tasks:
  # first the model
  - id: classify          # cheap model is enough
    type: io.kestra.plugin.openai.ChatCompletion
    model:   gpt-4o-mini   # do not change
    prompt: |
      Classify this: {{ inputs.ticket }}

      Known products.
    # maxTokens: 5

  - id: store
    type: io.kestra.plugin.core.kv.Set
    key: 'last'
    # why we keep it
    value: "{{ outputs.classify }}"

  # floating remark

  - id: urgent
    type: io.kestra.plugin.core.flow.If
    condition: "{{ true }}"
    then:
      - id: page
        type: io.kestra.plugin.core.log.Log
        message: [a, "b"]
triggers:
  - {id: every, type: Schedule, cron: "* * * * *"}
"""


def edited(edit, text=FLOW):
    result = apply(text, edit)
    assert same(parse(result.text).data, intended(parse(text).data, edit))
    assert not result.rewritten
    return result.text


def lines_changed(before, after):
    """The lines only the old text has, and those only the new one has."""
    old, new = before.split("\n"), after.split("\n")
    return [line for line in old if line not in new], [line for line in new if line not in old]


def test_it_changes_one_value_and_nothing_else():
    text = edited(SetValue(("tasks", 0, "model"), "gpt-5"))
    assert text == FLOW.replace("gpt-4o-mini ", "gpt-5 ")


def test_it_tells_the_changed_span():
    result = apply(FLOW, SetValue(("tasks", 1, "key"), "next"))
    start, end = result.changed
    assert (
        FLOW[:start] + result.text[start:end] + FLOW[end:] == result.text or "next" in result.text[start - 4 : end + 4]
    )


def test_setting_the_same_value_changes_nothing():
    assert edited(SetValue(("tasks", 1, "key"), "last")) == FLOW


def test_it_keeps_the_kind_of_quote():
    assert "key: 'it''s'" in edited(SetValue(("tasks", 1, "key"), "it's"))
    assert 'value: "plain"' in edited(SetValue(("tasks", 1, "value"), "plain"))


@pytest.mark.parametrize(
    "value",
    [
        "yes",
        "no",
        "on",
        "null",
        "~",
        "1",
        "1.0",
        "1e5",
        "0x10",
        "0o7",
        "2024-01-01",
        "12:30",
        "",
        " lead",
        "trail ",
        "a: b",
        "a #b",
        "- a",
        "{a}",
        "[a]",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a",
        "'a",
        '"a',
        "a\tb",
        "\x07",
        "\u2028",
        "é",
        "😀",
        "=",
        "<<",
        "? a",
        "|",
        ">",
        "true",
    ],
)
def test_text_that_yaml_would_read_as_something_else_is_quoted(value):
    for path in [
        ("tasks", 0, "model"),
        ("tasks", 1, "key"),
        ("tasks", 1, "fresh"),
        ("triggers", 0, "cron"),
        ("description",),
    ]:
        text = edited(SetValue(path, value))
        assert "cheap model is enough" in text and "do not change" in text


@pytest.mark.parametrize(
    "value",
    [
        "a\nb",
        "a\nb\n",
        "a\n\n",
        "  indented\nb",
        "\n\nlate",
        "a\n  b\n c\n",
        "a \n b",
        "x" * 300,
        "tab\n\tb",
        "\n",
        "a\r\nb",
        "# no comment\nb",
        "\n  deep\nflat",
        "a\n\n\nb\n\n\n",
    ],
)
def test_long_and_multi_line_text_comes_back_as_it_was(value):
    for path in [
        ("tasks", 0, "model"),
        ("tasks", 0, "prompt"),
        ("tasks", 1, "value"),
        ("triggers", 0, "cron"),
        ("description",),
        ("tasks", 2, "then", 0, "message", 0),
        ("tasks", 2, "then", 0, "message"),
    ]:
        edited(SetValue(path, value))


def test_multi_line_text_becomes_a_block_and_the_comment_stays():
    text = edited(SetValue(("tasks", 0, "model"), "a\nb"))
    assert "    model:   |-   # do not change\n      a\n      b\n    prompt: |\n" in text


def test_a_block_stays_a_block():
    text = edited(SetValue(("tasks", 0, "prompt"), "One line.\n"))
    assert "    prompt: |\n      One line.\n    # maxTokens: 5\n" in text


def test_a_new_key_goes_after_its_neighbours():
    text = edited(SetValue(("tasks", 0, "temperature"), 0.5))
    assert "      Known products.\n    # maxTokens: 5\n    temperature: 0.5\n\n  - id: store" in text


def test_a_new_key_goes_before_the_child_tasks():
    assert 'condition: "{{ true }}"\n    timeout: PT1M\n    then:' in edited(SetValue(("tasks", 2, "timeout"), "PT1M"))


def test_a_new_property_of_the_flow_goes_where_kestra_has_it():
    text = edited(SetValue(("description",), "Sorts tickets"))
    assert "namespace: support\ndescription: Sorts tickets\n# owner" in text
    text = edited(SetValue(("variables", "region"), "eu"))
    assert "    type: STRING\n\nvariables:\n  region: eu\n\ntasks:\n" in text


def test_missing_mappings_on_the_way_are_made():
    text = edited(SetValue(("tasks", 1, "retry", "type"), "constant"))
    assert '    value: "{{ outputs.classify }}"\n    retry:\n      type: constant\n' in text


def test_a_whole_mapping_is_set_by_its_differences():
    step = parse(FLOW).data["tasks"][0] | {"model": "gpt-5"}
    assert edited(SetValue(("tasks", 0), step)) == FLOW.replace("gpt-4o-mini ", "gpt-5 ")


def test_unsetting_takes_the_key_and_its_own_comment():
    assert lines_changed(FLOW, edited(Unset(("tasks", 1, "value")))) == (
        ["    # why we keep it", '    value: "{{ outputs.classify }}"'],
        [],
    )


def test_unsetting_the_first_key_of_an_item_keeps_its_dash():
    assert "  - type: STRING\n" in edited(Unset(("inputs", 0, "id")))


def test_unsetting_in_a_flow_mapping():
    assert '  - {id: every, cron: "* * * * *"}\n' in edited(Unset(("triggers", 0, "type")))
    assert "  - {id: every, type: Schedule}\n" in edited(Unset(("triggers", 0, "cron")))


def test_removing_the_last_item_leaves_an_empty_list():
    assert "namespace: support\n# owner: help desk\ninputs: []\n\ntasks:" in edited(Remove(("inputs", 0)))
    assert edited(Remove(("triggers", 0))).endswith("triggers: []\n")


def test_removing_a_step_takes_its_comments_along():
    text = edited(Remove(("tasks", 0)))
    assert "first the model" not in text and "maxTokens" not in text
    assert "\ntasks:\n  - id: store\n" in text


def test_removing_keeps_a_remark_that_floats_between_steps():
    assert "floating remark" in edited(Remove(("tasks", 1)))
    assert "floating remark" in edited(Remove(("tasks", 2)))


def test_comments_move_with_the_step_they_belong_to():
    text = edited(Move(("tasks", 0), ("tasks",), 1))
    order = [text.index(part) for part in ("id: store", "# first the model", "id: classify", "# maxTokens")]
    assert order == sorted(order)
    assert sorted(text.split("\n")) == sorted(FLOW.split("\n"))


def test_a_step_moves_into_a_branch_with_its_comments():
    text = edited(Move(("tasks", 0), ("tasks", 2, "then"), 1))
    assert "      # first the model\n      - id: classify          # cheap model is enough\n" in text
    assert "          Classify this: {{ inputs.ticket }}\n\n          Known products.\n        # maxTokens: 5\n" in text


def test_a_step_moves_out_of_a_branch_and_leaves_an_empty_list():
    text = edited(Move(("tasks", 2, "then", 0), ("tasks",), 0))
    assert "    then: []\ntriggers:" in text
    assert 'tasks:\n  - id: page\n    type: io.kestra.plugin.core.log.Log\n    message: [a, "b"]\n' in text


def test_a_step_moves_into_a_list_that_is_not_there_yet():
    text = edited(Move(("tasks", 1), ("tasks", 2, "else"), 0))
    assert "    else:\n      - id: store\n        type:" in text


def test_a_step_cannot_move_into_itself():
    with pytest.raises(InvalidInput, match="into itself"):
        apply(FLOW, Move(("tasks", 2), ("tasks", 2, "then"), 0))


def test_a_key_is_renamed_where_it_stands_with_its_comments():
    text = "id: a\nvariables:\n  # why\n  one: 1   # first\n  two: 2\n"
    assert edited(RenameKey(("variables", "one"), "uno"), text) == text.replace("one:", "uno:")
    assert 'variables:\n  # why\n  "true": 1 ' in edited(RenameKey(("variables", "one"), "true"), text)
    assert edited(RenameKey(("a", "b"), "c, d"), "a: {b: 1, e: 2}\n") == 'a: {"c, d": 1, e: 2}\n'
    with pytest.raises(InvalidInput, match="has two already"):
        apply(text, RenameKey(("variables", "one"), "two"))
    with pytest.raises(InvalidInput, match="needs a name"):
        apply(text, RenameKey(("variables", "one"), ""))


def test_several_edits_are_one_change_and_tell_their_span():
    edit = Several(Remove(("tasks", 1)), (SetValue(("tasks", 0, "model"), "gpt-5"),), (Unset(("namespace",)),))
    result = apply(FLOW, edit)
    assert same(parse(result.text).data, intended(parse(FLOW).data, edit)) and not result.rewritten
    start, end = result.changed
    assert result.text[:start] == FLOW[:start] and FLOW.endswith(result.text[end:])


def test_inserting_follows_the_spacing_of_the_list():
    text = edited(Insert(("tasks",), 1, {"id": "log", "type": "Log", "message": "a: b"}))
    assert '    # maxTokens: 5\n\n  - id: log\n    type: Log\n    message: "a: b"\n\n  - id: store\n' in text
    text = edited(Insert(("tasks",), 0, {"id": "log"}))
    assert "tasks:\n  - id: log\n\n  # first the model\n" in text


def test_inserting_makes_the_list_when_it_is_missing():
    assert edited(Insert(("errors",), 0, {"id": "oops"})).count("\nerrors:\n  - id: oops\n") == 1
    assert "[x, a, " in edited(Insert(("tasks", 2, "then", 0, "message"), 0, "x"))


def test_a_duplicate_stands_below_under_its_new_id():
    text = edited(Duplicate(("tasks", 2), "urgent_2"))
    data = parse(text).data
    assert [task["id"] for task in data["tasks"]] == ["classify", "store", "urgent", "urgent_2"]
    assert data["tasks"][3]["then"][0]["id"] == "page_2"
    assert text.startswith(FLOW.split("triggers:")[0])


def test_lists_that_are_not_indented_stay_so():
    text = "id: a\ntasks:\n- id: x\n  type: Log\n# tail\n- id: y\n  type: If\n  then:\n  - id: z\n"
    assert edited(Insert(("tasks",), 2, {"id": "new"}), text).endswith("  - id: z\n- id: new\n")
    assert edited(SetValue(("tasks", 0, "errors"), [{"id": "e"}]), text) == text.replace(
        "type: Log\n", "type: Log\n  errors:\n  - id: e\n"
    )
    assert edited(Move(("tasks", 1, "then", 0), ("tasks",), 0), text).startswith("id: a\ntasks:\n- id: z\n- id: x\n")


def test_windows_line_breaks_and_the_byte_order_mark_stay():
    text = "\ufeff" + FLOW.replace("\n", "\r\n")
    for edit in [
        SetValue(("tasks", 0, "prompt"), "a\nb\n"),
        Remove(("tasks", 0)),
        Move(("tasks", 2), ("tasks",), 0),
        SetValue(("id",), "x"),
        SetValue(("labels",), {"a": "b"}),
    ]:
        result = apply(text, edit).text
        assert result.startswith("\ufeff") and result.count("\n") == result.count("\r\n")


def test_a_text_without_a_last_line_break_keeps_so():
    assert edited(SetValue(("tasks",), [{"id": "x"}]), "id: a") == "id: a\ntasks:\n  - id: x"


def test_an_empty_text_becomes_a_flow():
    assert edited(SetValue(("id",), "a"), "# hello\n") == "# hello\nid: a\n"
    assert edited(SetValue(("id",), "a"), "") == "id: a\n"


SHARED = """\
id: a
base: &base
  retries: 3
tasks:
  - id: x
    retry: *base
  - id: y
    <<: *base
    retry: &own {a: 1}
"""


def test_a_value_behind_an_alias_is_refused():
    with pytest.raises(InvalidInput, match="alias"):
        apply(SHARED, SetValue(("tasks", 0, "retry", "retries"), 4))
    with pytest.raises(InvalidInput, match="anchors and aliases"):
        apply(SHARED, SetValue(("base", "retries"), 4))
    with pytest.raises(InvalidInput, match="merge"):
        apply(SHARED, Unset(("tasks", 1, "retries")))


def test_an_alias_itself_may_be_replaced_and_a_merged_key_overridden():
    assert "    retry: PT1S\n" in edited(SetValue(("tasks", 0, "retry"), "PT1S"), SHARED)
    assert "    retries: 9\n" in edited(SetValue(("tasks", 1, "retries"), 9), SHARED)
    assert "retry: &own {a: 2}" in edited(SetValue(("tasks", 1, "retry", "a"), 2), SHARED)


def test_a_layout_that_cannot_be_spliced_is_rewritten_and_says_so():
    text = "id: a\n# kept\nmatrix:\n  - - 1\n    - 2\n  - [3]\n"
    result = apply(text, Remove(("matrix", 0, 0)))
    assert result.rewritten and "# kept" in result.text
    assert parse(result.text).data["matrix"] == [[2], [3]]


def test_unreadable_yaml_is_refused_with_its_line():
    with pytest.raises(InvalidInput, match="line 2"):
        apply("id: a\n b: [\n", SetValue(("id",), "b"))


def test_edits_come_from_json():
    assert edit_from_json({"do": "set", "path": ["tasks", 0, "id"], "value": 1}) == SetValue(("tasks", 0, "id"), 1)
    assert edit_from_json({"do": "move", "path": ["tasks", 0], "to": ["tasks"], "index": 1}) == Move(
        ("tasks", 0), ("tasks",), 1
    )
    for bad in [{}, {"do": "jump", "path": []}, {"do": "set", "path": "a", "value": 1}, {"do": "insert", "path": []}]:
        with pytest.raises(InvalidInput):
            edit_from_json(bad)


def corpus():
    root = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
    if not root.exists():
        pytest.skip("the corpus of flows is not here")
    return [*sorted(root.glob("flows/**/*.y*ml")), *sorted(root.glob("seed_flows/*.yaml"))]


def leaves(data, path=()):
    if isinstance(data, dict):
        for name, value in data.items():
            yield from leaves(value, (*path, name))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from leaves(value, (*path, index))
    if path:
        yield path, data


def random_edit(random_, data):
    path, _ = random_.choice(list(leaves(data)))
    lists = [found for found, kind in leaves(data) if isinstance(kind, list) and kind]
    fresh = random_.choice(["x", "no", "a: b", "two\nlines\n", 7, True, {"k": ["v"]}, ["a", {"b": 1}]])
    where = random_.choice(lists) if lists else ()
    choices = [SetValue(path, fresh)]
    choices += [SetValue((*path[:-1], "fresh"), fresh), Unset(path)] if isinstance(path[-1], str) else [Remove(path)]
    if where:
        items = dict(leaves(data))[where]
        choices += [
            Insert(where, random_.randint(0, len(items)), fresh),
            Remove((*where, 0)),
            Move((*where, random_.randrange(len(items))), where, random_.randrange(len(items))),
        ]
    return random_.choice(choices)


def comments(text):
    return {line.strip() for line in text.splitlines() if line.strip().startswith("#")}


@pytest.mark.parametrize("seed", range(3))
def test_random_edits_of_real_flows_keep_all_other_bytes(seed):
    random_, tried, rewritten = random.Random(seed), 0, 0
    for file in corpus():
        text = file.read_bytes().decode()
        data = parse(text).data
        if not isinstance(data, dict):
            continue
        for _ in range(6):
            edit = random_edit(random_, data)
            try:
                result = apply(text, edit)
            except InvalidInput:
                assert "*" in text
                continue
            tried, rewritten = tried + 1, rewritten + result.rewritten
            assert same(parse(result.text).data, intended(data, edit)), (file.name, edit)
            if (
                isinstance(edit, SetValue | Insert | Move)
                and not result.rewritten
                and not isinstance(dict(leaves(data)).get(edit.path), dict | list)
            ):
                assert comments(text) <= comments(result.text), (file.name, edit)
            start, end = result.changed
            assert text.startswith(result.text[:start]) and text.endswith(result.text[end:])
    assert tried > 500 and rewritten <= tried * 0.01, (tried, rewritten)
